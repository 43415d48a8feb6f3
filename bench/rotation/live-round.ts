/**
 * One round: a contender answers, virtual users come, the tier's counters are read at the end of each interval, and the
 * scenario's events are made to happen at their time.
 */
import { cpus } from 'node:os';
import type { Clock, Timer } from '../../src/clock.js';
import type { Scenario } from '../../src/sim/scenario.js';
import type { Run } from '../../src/sim/run.js';
import { createScenarioClock, type ScenarioClock } from '../users/scenario-clock.js';
import type { GeneratorLoad, Order } from '../users/protocol.js';
import type { Measurements } from '../users/measurements.js';
import type { Contender } from './contender.js';
import { loadSeries, type LoadSeries } from './load-series.js';
import { shows, until } from './pool-watch.js';
import { readAll, type Reading } from './readings.js';
import type { ServedDns, TierUnderTest, WorkerEvent } from './tier-under-test.js';
import type { UsersProcess } from './users-process.js';

export interface Round {
  readonly contender: string;
  /** Of this contender, from 0; rounds of the same number have the same users. */
  readonly number: number;
  /** As the simulator makes them: what clients saw, and the load that was read off the workers. */
  readonly run: Run;
  readonly load: LoadSeries;
  readonly measurements: Measurements;
  readonly generator: GeneratorLoad;
  /** Busy part of all processors of the machine in the measured time. */
  readonly machineBusy: number;
}

export interface LiveRoundOptions {
  readonly tier: TierUnderTest;
  readonly users: UsersProcess;
  readonly contender: Contender;
  readonly number: number;
  /** What a round is, but for whom to ask and when. */
  readonly order: Omit<Order, 'beginsMs' | 'dns' | 'workers' | 'name' | 'host'>;
  /** Asked instead of the contender, which it asks in turn. */
  readonly resolver: ServedDns['at'] | undefined;
  readonly clock: Clock;
  /** Each reading of the measured time, as it comes in. */
  readonly onReading: (reading: Reading) => void;
  readonly onWarning: (text: string) => void;
}

/** Until then the process of the users has built its world. */
const beginInMs = 300;

export async function liveRound(options: LiveRoundOptions): Promise<Round> {
  const { tier, users, contender, number, order, clock } = options;
  const { scenario, speed } = order;
  const dns = await tier.serve(contender);
  const timers: Timer[] = [];
  try {
    const beginsMs = clock.realtimeMs() + beginInMs;
    const time = createScenarioClock(clock, clock.monotonicMs() + beginInMs, speed);
    const told = users.round({
      ...{ ...order, beginsMs, name: tier.service, host: tier.service },
      dns: options.resolver ?? dns.at,
      workers: tier.members.map(({ address, address6 = '', port }) => ({ address: address ?? address6, port })),
    });
    scenario.events.forEach((_, event) => planEvent(options, time, event, timers));
    const watched = watchLoad(options, time, dns, timers);
    const { run, measurements, generator } = await told;
    const { readings, machineBusy } = await watched.finish(run.stopped);
    const load = loadSeries(readings);
    const answers = options.resolver === undefined ? run.addressRequests : answersOf(load);
    const measured = withLoad({ ...run, addressRequests: answers }, load);
    return { contender: contender.name, number, run: measured, load, measurements, generator, machineBusy };
  } finally {
    for (const timer of timers) timer.cancel();
    await dns.stop();
    if (scenario.events.length > 0) await tier.mend();
  }
}

/** Makes an event of the scenario happen, and tells the users when it did and when the answers show it. */
function planEvent({ tier, users, order, clock, onWarning }: LiveRoundOptions, time: ScenarioClock, number: number, timers: Timer[]): void {
  const { scenario } = order;
  const event = scenario.events[number];
  if (event === undefined || !('worker' in event)) return;
  const happen = async (worked: WorkerEvent): Promise<void> => {
    users.tell({ kind: 'happened', event: number });
    await tier.happen(worked);
    const leftMs = ((scenario.warmupS + scenario.durationS - time.nowS()) / time.speed) * 1000;
    if (await until(tier.pool, (snapshot) => shows(snapshot, worked), leftMs, clock)) users.tell({ kind: 'noticed', event: number });
  };
  const failed = (error: unknown): void => onWarning(`${event.kind} of ${event.worker}: ${error instanceof Error ? error.message : String(error)}`);
  timers.push(time.after(scenario.warmupS + event.atS - time.nowS(), () => void happen(event).catch(failed)));
}

interface Watched {
  /** Settles when the last reading is in; of a round that was stopped, the last one until now. */
  finish(stopped: boolean): Promise<{ readonly readings: readonly Reading[]; readonly machineBusy: number }>;
}

/** A reading at the beginning of the measured time and at the end of each interval. */
function watchLoad(options: LiveRoundOptions, time: ScenarioClock, dns: ServedDns, timers: Timer[]): Watched {
  const { tier, order, clock, onReading } = options;
  const { warmupS, durationS, intervalS } = order.scenario;
  const intervals = Math.floor(durationS / intervalS + 1e-9);
  const readings: Promise<Reading>[] = [];
  let busyBefore = processorTimes();
  let busy = 0;
  const complete = new Promise<void>((resolve) => {
    const read = (place: number): void => {
      if (place === 0) busyBefore = processorTimes();
      busy = busyPart(busyBefore, processorTimes());
      const msMax = (intervalS / time.speed) * 1000;
      const reading = readAll({ members: tier.members, metrics: tier.metrics, dns: dns.metrics, msMax, clock });
      void reading.then(onReading);
      readings.push(reading);
      if (place < intervals) plan(place + 1);
      else resolve();
    };
    const plan = (place: number): void => void timers.push(time.after(warmupS + place * intervalS - time.nowS(), () => read(place)));
    plan(0);
  });
  return {
    async finish(stopped) {
      if (!stopped) await complete;
      return { readings: await Promise.all(readings), machineBusy: busy };
    },
  };
}

/** What a resolver asked is its secret, unless DNS tells. */
const answersOf = ({ firstPlaces }: LoadSeries): number => firstPlaces?.reduce((sum, places) => sum + places, 0) ?? 0;

/** Load as the workers tell it. */
function withLoad(run: Run, { requests, utilisation }: LoadSeries): Run {
  const intervals = requests[0]?.length ?? 0;
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
  return {
    ...run,
    requestsByInterval: requests,
    utilisation,
    maxUtilisation: Float64Array.from({ length: intervals }, (_, at) => Math.max(...utilisation.map((series) => series[at] ?? 0))),
    workers: run.workers.map((worker, index) => ({
      ...worker,
      requests: total(requests[index] ?? new Float64Array(0)),
      utilisation: mean(utilisation[index] ?? new Float64Array(0)),
    })),
  };
}

interface ProcessorTimes {
  readonly idleMs: number;
  readonly totalMs: number;
}

function processorTimes(): ProcessorTimes {
  const times = cpus().map((processor) => processor.times);
  const idleMs = times.reduce((sum, { idle }) => sum + idle, 0);
  return { idleMs, totalMs: idleMs + times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0) };
}

function busyPart(from: ProcessorTimes, to: ProcessorTimes): number {
  const totalMs = to.totalMs - from.totalMs;
  return totalMs > 0 ? 1 - (to.idleMs - from.idleMs) / totalMs : 0;
}

/** How long one round takes, in real seconds, with what is around it. */
export function roundSeconds({ warmupS, durationS }: Scenario, speed: number): number {
  return (warmupS + durationS) / speed + aroundS;
}

/** A DNS process starts, the users build their world, what is under way ends. */
const aroundS = 0.7;
