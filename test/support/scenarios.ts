/**
 * Scenarios for tests: one plain world, and what differs from it.
 */
import { simulate, type SimulateOptions } from '../../src/sim/simulate.js';
import type { Run } from '../../src/sim/run.js';
import type { AuthorityLayer, ClientKind, ClientLayer, ResolverKind, ResolverLayer, Scenario, WorkerLayer } from '../../src/sim/scenario.js';

export const plainResolver: ResolverKind = { share: 1, order: 'keep', ttlFloorS: 0, ttlCeilingS: 86_400, staleS: 0 };

export const pinnedClient: ClientKind = { share: 1, choice: 'first', cache: 'session', cacheFloorS: 0, cacheCeilingS: 0, reuseS: 0 };

interface Differences extends Partial<Omit<Scenario, 'authority' | 'resolvers' | 'clients' | 'workers'>> {
  readonly authority?: Partial<AuthorityLayer>;
  readonly resolvers?: Partial<ResolverLayer>;
  readonly clients?: Partial<ClientLayer>;
  readonly workers?: Partial<WorkerLayer>;
}

/** Requests come as one Poisson stream, one hit each, to equal workers of one hit a second; nobody caches. */
export function scenarioOf(differences: Differences = {}): Scenario {
  const { authority, resolvers, clients, workers, ...top } = differences;
  return {
    description: 'for tests',
    durationS: 1000,
    warmupS: 100,
    intervalS: 10,
    thresholds: [0.9, 0.98],
    repetitions: 1,
    events: [],
    ...top,
    authority: {
      policy: 'round-robin',
      tail: 'cyclic',
      ttl: 0,
      answersMax: 100,
      upThresh: 0,
      demand: { source: 'given', errorPercent: 0 },
      probe: { interMs: 2000, fastinterMs: 1000, downinterMs: 2000, timeoutMs: 1000, rise: 2, fall: 3 },
      ...authority,
    },
    resolvers: {
      population: { law: 'uniform', count: 1, exponent: 1, weights: [] },
      kinds: [plainResolver],
      perClient: [1],
      ...resolvers,
    },
    clients: {
      count: 1,
      arrivals: 'stream',
      ratePerS: 1,
      session: { law: 'fixed', requestsMean: 1 },
      think: { law: 'exponential', cv2: 1, meanS: 10 },
      hits: { min: 1, max: 1 },
      kinds: [pinnedClient],
      connect: { refusedS: 0, blackHoledS: 0.25 },
      ...clients,
    },
    workers: {
      count: 1,
      capacity: workers?.count ?? 1,
      relative: [],
      capacities: [],
      weights: [],
      slots: 1,
      discipline: 'fcfs',
      service: { law: 'exponential', cv2: 1 },
      absent: 0,
      ...workers,
    },
  };
}

/** The model of Colajanni, Yu and Dias; SIMULATION.md section 2. */
export function gatewaysOf(differences: Differences = {}): Scenario {
  const { authority, resolvers, clients, workers, ...top } = differences;
  return scenarioOf({
    durationS: 18_000,
    warmupS: 1800,
    intervalS: 16,
    repetitions: 20,
    ...top,
    authority: { ttl: 240, alarm: 0.9, ...authority },
    resolvers: { population: { law: 'zipf', count: 20, exponent: 1, weights: [] }, ...resolvers },
    clients: {
      count: 500,
      arrivals: 'open',
      session: { law: 'geometric', requestsMean: 20 },
      think: { law: 'exponential', cv2: 1, meanS: 15 },
      hits: { min: 5, max: 15 },
      ...clients,
    },
    workers: { count: 7, capacity: 500, ...workers },
  });
}

export function runs(scenario: Scenario, count: number, options: Omit<SimulateOptions, 'seed'> = {}): Run[] {
  return Array.from({ length: count }, (_, repetition) => simulate(scenario, { ...options, seed: 1000 + repetition }));
}
