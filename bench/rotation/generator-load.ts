/**
 * Is it the tier that was measured, or the load generator? What the generator offered and how late it was, and a sentence when
 * the numbers say more about it, or about a machine without time to spare, than about the tier.
 */
import type { Scenario } from '../../src/sim/scenario.js';
import { mean } from '../../src/sim/statistics.js';
import { grouped, time } from '../../src/text/numbers.js';
import { latencyOf } from './latency.js';
import type { Round } from './live-round.js';
import type { GeneratorResult } from './result.js';

export function generatorOf(rounds: readonly Round[], scenario: Scenario, speed: number): GeneratorResult {
  const realS = scenario.durationS / speed;
  const offered = rounds.map(({ run, measurements }) => run.requests / Math.max(realS, measurements.lastBegunS));
  const requests = rounds.reduce((sum, { run }) => sum + run.requests, 0);
  return {
    offeredPerS: mean(offered),
    intendedPerS: intendedPerS(scenario, speed),
    lateness: latencyOf(rounds.map(({ measurements }) => measurements.lateness)),
    utilisation: mean(rounds.map(({ generator }) => generator.utilisation)),
    cpuPerRequestS: requests === 0 ? 0 : rounds.reduce((sum, { generator }) => sum + generator.cpuS, 0) / requests,
    connectionsMax: Math.max(0, ...rounds.map(({ measurements }) => measurements.connectionsMax)),
    memoryBytes: Math.max(0, ...rounds.map(({ generator }) => generator.memoryBytes)),
    machineBusy: mean(rounds.map(({ machineBusy }) => machineBusy)),
  };
}

/** Without crowds, which come and go. */
function intendedPerS({ clients, events }: Scenario, speed: number): number | null {
  if (clients.arrivals === 'closed' || events.some(({ kind }) => kind === 'flash-crowd')) return null;
  return speed * (clients.arrivals === 'stream' ? clients.ratePerS : clients.count / clients.think.meanS);
}

/** Beyond these nobody should believe latencies. */
const utilisationMax = 0.9;
const latenessMaxS = 0.02;
const machineBusyMax = 0.95;

/** What stood in the way, if anything did. */
export function bottleneckOf(name: string, { utilisation, lateness, machineBusy }: GeneratorResult): string | undefined {
  const late = `its requests began ${time(lateness.p99)} late (99 %)`;
  if (utilisation > utilisationMax) {
    const busy = `it was busy ${percent(utilisation)} of the time, and ${late}`;
    return `${name}: the load generator was the bottleneck: ${busy}; lower the rate, or take its latencies as no property of the tier`;
  }
  if (machineBusy > machineBusyMax) {
    const busy = `all processors ${percent(machineBusy)} busy`;
    return `${name}: the machine had no time to spare (${busy}), and ${late}; latencies are those of a crowded machine`;
  }
  if (lateness.p99 > latenessMaxS) return `${name}: the load generator was held up: ${late}, which is part of all response times`;
  return undefined;
}

/** Sockets that it could not have. */
export function exhaustedOf(name: string, rounds: readonly Round[]): string | undefined {
  const exhausted = rounds.reduce((sum, { measurements }) => sum + measurements.exhausted, 0);
  if (exhausted === 0) return undefined;
  const advice = 'raise the limit of open files (`ulimit -n`), or have fewer users';
  return `${name}: the load generator was the bottleneck: ${grouped(exhausted)} sockets could not be opened for want of them; ${advice}`;
}

/** Requests that went to nobody who was measured. */
export function strangersOf(name: string, rounds: readonly Round[]): string | undefined {
  const strangers = Math.max(0, ...rounds.map(({ generator }) => generator.strangers));
  if (strangers === 0) return undefined;
  return `${name}: ${grouped(strangers)} addresses in answers belonged to no worker that is known here, and were passed over`;
}

const percent = (part: number): string => `${(100 * part).toFixed(0)} %`;
