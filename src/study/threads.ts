/**
 * How many threads a study takes when nobody says: one a core, unless so many worlds would not fit into half of the memory.
 */
import { availableParallelism, totalmem } from 'node:os';
import { clientsMax, type Scenario } from '../sim/scenario.js';

/** Generous: a million clients behind 100,000 resolvers take 200 MB (measured). */
function bytesOf(scenario: Scenario): number {
  const { resolvers, durationS, intervalS, workers } = scenario;
  const cells = (durationS / intervalS) * (workers.capacities.length || workers.count);
  return 1e8 + 200 * clientsMax(scenario) + 1000 * resolvers.population.count + 16 * cells;
}

export function defaultThreads(points: readonly Scenario[], cores = availableParallelism(), memoryBytes = totalmem()): number {
  const largest = Math.max(...points.map(bytesOf));
  return Math.max(1, Math.min(cores, Math.floor(memoryBytes / 2 / largest)));
}
