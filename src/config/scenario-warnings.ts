/**
 * What is allowed in a scenario and yet seldom meant: told beside the result, never instead of it.
 */
import type { Scenario } from '../sim/scenario.js';

export function scenarioWarnings(scenario: Scenario): string[] {
  return [...overload(scenario), ...lateEvents(scenario)];
}

/** Hits a second that would be asked for if nobody waited; undefined where the load follows the service (closed arrivals). */
function offeredLoad({ clients }: Scenario): number | undefined {
  const { arrivals, count, think, ratePerS, hits } = clients;
  const hitsMean = (hits.min + hits.max) / 2;
  if (arrivals === 'closed') return undefined;
  return (arrivals === 'stream' ? ratePerS : count / think.meanS) * hitsMean;
}

/** Hits a second of the workers that are there at the start. */
function capacityAtStart({ workers }: Scenario): number {
  const { capacities, relative, count, capacity, absent } = workers;
  const listed = capacities.length > 0 ? capacities : Array.from({ length: count }, (_, index) => relative[index % relative.length] ?? 1);
  const sum = (list: readonly number[]): number => list.reduce((total, value) => total + value, 0);
  const present = sum(listed.slice(0, listed.length - absent));
  return capacities.length > 0 ? present : (capacity * present) / sum(listed);
}

function overload(scenario: Scenario): string[] {
  const offered = offeredLoad(scenario);
  const capacity = capacityAtStart(scenario);
  if (offered === undefined || offered < capacity) return [];
  const figures = `${offered.toPrecision(4)} hits a second are offered to workers that can serve ${capacity.toPrecision(4)}`;
  return [`${figures}: queues grow without end, and response times say only how long was simulated`];
}

/** Those that would happen after the end. */
export function lateEvents({ events, durationS }: Scenario): string[] {
  const late = events.filter(({ atS }) => atS >= durationS);
  if (late.length === 0) return [];
  const kinds = late.map(({ kind, atS }) => `${kind} at ${atS} s`).join(', ');
  return [`durationS is ${durationS}, so there will be no ${kinds}`];
}
