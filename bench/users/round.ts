/**
 * One round of virtual users: the simulator's clients on a real clock.
 *
 * Their events come from the simulator's queue; a tick every millisecond lets those happen that are due. Open arrivals stay
 * open: the next request of a user is planned from when the last one was due, whatever became of it.
 */
import { performance } from 'node:perf_hooks';
import { sleep, type Clock } from '../../src/clock.js';
import { followed } from '../../src/sim/changes.js';
import type { FollowedChange } from '../../src/sim/recorder.js';
import { membersOf } from '../../src/sim/members.js';
import type { ScenarioEvent } from '../../src/sim/scenario.js';
import { capacitiesOf } from '../../src/sim/worker-layer.js';
import type { GeneratorLoad, Order, Tick, UsersResult } from './protocol.js';
import { createWorld, type World } from './world.js';

export interface UsersRound {
  /** Settles when all is over. */
  readonly result: Promise<UsersResult>;
  /** The scenario's event of that number has been made to happen. */
  happened(event: number): void;
  /** Answers show its effect from now on. */
  noticed(event: number): void;
  tick(): Tick;
  stop(): void;
}

const tickMs = 1;
/** What is under way at the end may take so long; then it counts as unfinished. */
const finishMs = 2000;

export function startRound(order: Order, clock: Clock): UsersRound {
  const world = createWorld(order, clock);
  const { scenario } = order;
  const { time, events, clients, requests, recorder, measurements } = world;
  const endS = scenario.warmupS + scenario.durationS;
  const changes = new Map<number, FollowedChange>();
  const load = createLoadMeter();
  let count = 0;
  let stopped = false;

  function actUntil(untilS: number): void {
    for (let id = events.next(untilS); id >= 0; id = events.next(untilS), count += 1) clients.act(id, events.timeS());
  }

  async function run(): Promise<UsersResult> {
    await sleep(clock, -time.nowS() / time.speed * 1000);
    recorder.begin();
    clients.begin();
    scenario.events.forEach((event) => planCrowd(world, event));
    while (!stopped && time.nowS() < endS) {
      if (time.nowS() >= scenario.warmupS) load.begin();
      measurements.connectionsMax = Math.max(measurements.connectionsMax, requests.open());
      actUntil(Math.min(time.nowS(), endS));
      await sleep(clock, tickMs);
    }
    if (!stopped) actUntil(endS); // what this process did not get round to is begun late, not left out
    const generator = load.end(world);
    await finish(world, clock);
    return { run: runOf(world, Math.min(endS, time.nowS()), stopped, count), measurements, generator };
  }

  return {
    result: run(),
    happened(number) {
      const event = scenario.events[number];
      if (event === undefined) return;
      const change = followed(scenario, event);
      changes.set(number, change);
      recorder.follow(change);
      if (event.kind === 'worker-dies' && event.how === 'black-hole') hang(world, event.worker, true);
      if (event.kind === 'worker-returns') hang(world, event.worker, false);
    },
    noticed(number) {
      const change = changes.get(number);
      if (change === undefined || change.epoch < Infinity) return;
      world.epoch += 1;
      change.epoch = world.epoch;
      change.noticedAfterS = Math.max(0, time.nowS() - scenario.warmupS - change.atS);
    },
    tick: () => tickOf(world),
    stop: () => void (stopped = true),
  };
}

function planCrowd({ time, clients, recorder, order: { scenario } }: World, event: ScenarioEvent): void {
  if (event.kind !== 'flash-crowd') return;
  const resolver = event.resolver === undefined ? undefined : event.resolver - 1;
  time.after(scenario.warmupS + event.atS - time.nowS(), () => {
    recorder.follow(followed(scenario, event));
    clients.crowd(event.clients, event.factor, resolver, time.nowS(), time.nowS() + event.durationS);
    time.after(event.durationS, () => clients.crowdGoes(event.factor, time.nowS()));
  });
}

/** `w3` is the third; the scenario has been checked. */
function hang({ silent, requests }: World, worker: string, hangs: boolean): void {
  const index = Number(worker.slice(1)) - 1;
  silent[index] = hangs;
  if (hangs) requests.hang(index);
}

function tickOf({ requests }: World): Tick {
  return { requests: requests.total.made, failed: requests.total.failed, pending: requests.pending(), connections: requests.open() };
}

/** Waits for what is under way, and lets go of everything. */
async function finish({ requests, askers }: World, clock: Clock): Promise<void> {
  const untilMs = clock.monotonicMs() + finishMs;
  while (requests.pending() > 0 && clock.monotonicMs() < untilMs) await sleep(clock, 10 * tickMs);
  requests.close();
  askers.close();
}

/** As far as clients can tell; utilisation is read off the workers by whoever can. */
function runOf({ recorder, order, measurements }: World, atS: number, stopped: boolean, events: number): UsersResult['run'] {
  const { scenario, seed } = order;
  const ending = {
    ...{ seed, atS, stopped, events },
    addressRequests: measurements.answersOf.reduce((sum, answers) => sum + answers, 0),
    names: membersOf(scenario.workers).map(({ name }) => name),
    capacities: capacitiesOf(scenario.workers),
  };
  const run = recorder.finish({ ...ending, unfinishedRequests: 0 });
  return { ...run, unfinishedRequests: run.requests - run.completedRequests - run.failedRequests };
}

interface LoadMeter {
  begin(): void;
  end(world: World): GeneratorLoad;
}

/** What this process itself spends in the measured time. */
function createLoadMeter(): LoadMeter {
  let began: { readonly loop: ReturnType<typeof performance.eventLoopUtilization>; readonly cpu: NodeJS.CpuUsage } | undefined;
  return {
    begin: () => void (began ??= { loop: performance.eventLoopUtilization(), cpu: process.cpuUsage() }),
    end({ reader }) {
      const { user, system } = process.cpuUsage(began?.cpu);
      return {
        utilisation: performance.eventLoopUtilization(began?.loop).utilization,
        cpuS: (user + system) / 1e6,
        memoryBytes: process.resourceUsage().maxRSS * 1024, // `memoryUsage` opens a file, and there may be none to be had
        strangers: reader.strangers(),
      };
    },
  };
}
