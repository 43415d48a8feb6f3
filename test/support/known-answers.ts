/**
 * The known answers of the simulator: closed forms and reference figures, each with the scenario that must show it.
 *
 * `effort` 1 is what the system tests run; a short form runs a part of it and allows for the wider noise, which goes with
 * the root of the effort. `reach` is how far off a right simulator may be at effort 1.
 */
import { fairness } from '../../src/pool/fairness.js';
import type { RotationOptions } from '../../src/pool/policies.js';
import type { Rotation } from '../../src/pool/rotation.js';
import { quantile } from '../../src/sim/histogram.js';
import type { Run } from '../../src/sim/run.js';
import type { Population } from '../../src/sim/scenario.js';
import { simulate, type SimulateOptions } from '../../src/sim/simulate.js';
import { gatewaysOf, plainResolver, runs, scenarioOf } from './scenarios.js';

export interface KnownAnswer {
  readonly name: string;
  readonly expected: number;
  /** Absolute, at effort 1. */
  readonly reach: number;
  /** @param effort part of the full number of requests or repetitions, above 0. */
  readonly found: (effort: number) => number;
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const total = (list: readonly Run[], of: (run: Run) => number): number => list.reduce((sum, run) => sum + of(run), 0);
const pooledMean = (list: readonly Run[]): number => total(list, (run) => run.response.sum) / total(list, (run) => run.response.count);

// --- Colajanni, Yu and Dias: section 2 -----------------------------------------------------------------------------

const below = (list: readonly Run[], threshold: number): number =>
  average(list.map(({ maxUtilisation }) => maxUtilisation.filter((most) => most < threshold).length / maxUtilisation.length));

type GatewayDifferences = Parameters<typeof gatewaysOf>[0];

const papers: readonly (readonly [name: string, below90: number, below98: number, differences: GatewayDifferences])[] = [
  ['RR, TTL 0', 0.949, 0.997, { authority: { ttl: 0 } }],
  ['Ideal: RR, equal domains', 0.914, 0.991, { resolvers: { population: { law: 'uniform', count: 20, exponent: 1, weights: [] } } }],
  ['RR2-TTL/K', 0.805, 0.962, { authority: { policy: 'two-tier', ttl: '240/per-domain' } }],
  ['RR2', 0.162, 0.324, { authority: { policy: 'two-tier' } }],
  ['RR', 0.061, 0.155, {}],
  ['fixed', 0, 0, { authority: { policy: 'fixed' } }],
];

const gatewayAnswers: readonly KnownAnswer[] = papers.flatMap(([name, below90, below98, differences]) => {
  const kept = new Map<number, Run[]>(); // both thresholds look at the same runs
  const runsOf = (effort: number): Run[] => {
    const list = kept.get(effort) ?? runs(gatewaysOf(differences), Math.ceil(20 * effort));
    kept.set(effort, list);
    return list;
  };
  const found = (threshold: number) => (effort: number) => below(runsOf(effort), threshold);
  return [
    { name: `1998: ${name}: P(max < 0.90)`, expected: below90, reach: 0.02, found: found(0.9) },
    { name: `1998: ${name}: P(max < 0.98)`, expected: below98, reach: 0.02, found: found(0.98) },
  ];
});

const addressRequests = ([[15, 0.363], [30, 0.242], [60, 0.149], [120, 0.085], [240, 0.0458], [480, 0.0239]] as const).map(
  ([ttl, expected]): KnownAnswer => ({
    name: `1998: address requests a session at TTL ${ttl} s`,
    expected,
    reach: 0.02 * expected,
    found: (effort) => {
      const list = runs(gatewaysOf({ authority: { ttl } }), Math.ceil(8 * effort));
      return total(list, (run) => run.addressRequests) / total(list, (run) => run.sessions);
    },
  }),
);

// --- Rotation without caches ---------------------------------------------------------------------------------------

type MakeRotation = (policy: string) => (options: RotationOptions) => Rotation;

/** How much the busiest of eight members has beyond its eighth after exactly `n` answers, averaged over `repetitions`. */
function excess(n: number, repetitions: number, makeRotation?: () => MakeRotation): number {
  const scenario = scenarioOf({
    warmupS: 0,
    durationS: (1.1 * n) / 8, // at 8 a second; who comes after the first n is not counted
    authority: { policy: 'random' },
    clients: { ratePerS: 8 },
    workers: { count: 8, capacity: 80 },
  });
  const excesses = Array.from({ length: repetitions }, (_, seed) => {
    const counts = new Float64Array(8);
    let answers = 0;
    const onAnswer: SimulateOptions['onAnswer'] = ({ members }) => {
      answers += 1;
      if (answers <= n) counts[members[0] as number] = (counts[members[0] as number] as number) + 1; // one answer has one member
    };
    simulate(scenario, { seed, onAnswer, makeRotation: makeRotation?.() });
    return answers < n ? Number.NaN : Math.max(...counts) - n / 8;
  });
  return average(excesses);
}

/** The power of d choices: of d drawn members the one with the least load stands first. */
function choices(d: number, loadOf: (index: number, options: RotationOptions) => number, chosen: (index: number) => void): MakeRotation {
  return () => (options) => ({
    order(eligible, _requestor, _maxAnswers, order) {
      let best = -1;
      let least = Infinity;
      for (let draw = 0; draw < d; draw += 1) {
        const position = options.random.below(eligible.length);
        const load = loadOf(position, options);
        if (load < least) [best, least] = [position, load];
      }
      chosen(best);
      order[0] = best;
      return 1;
    },
  });
}

function twoChoices(): MakeRotation {
  const balls = new Float64Array(8);
  return choices(
    2,
    (index) => balls[index] as number,
    (index) => void (balls[index] = (balls[index] as number) + 1),
  );
}

const rotationAnswers: readonly KnownAnswer[] = [
  {
    name: 'round-robin: n sessions over m workers, max − ⌈n/m⌉',
    expected: 0,
    reach: 0,
    found: () => {
      const [run] = runs(scenarioOf({ workers: { count: 7, capacity: 70 }, clients: { ratePerS: 20 } }), 1) as [Run];
      return Math.max(...run.workers.map(({ requests }) => requests)) - Math.ceil(run.requests / 7);
    },
  },
  { name: 'random: 8000 over 8, max − mean', expected: 45.2, reach: 4, found: (effort) => excess(8000, Math.ceil(200 * effort)) },
  { name: 'two choices: 8000 over 8, max − mean', expected: 1.18, reach: 0.15, found: (effort) => excess(8000, Math.ceil(100 * effort), twoChoices) },
];

// --- Queues: service mean 1, time in system -------------------------------------------------------------------------

type Differences = NonNullable<Parameters<typeof scenarioOf>[0]>;

/** One Poisson stream of load ρ on workers that serve one a second each. */
function queue(
  name: string,
  rho: number,
  expected: number,
  reach: number,
  differences: Differences,
  requests: number,
  makeRotation?: MakeRotation,
): KnownAnswer {
  const workers = differences.workers?.capacity ?? differences.workers?.count ?? 1;
  const ratePerS = rho * workers;
  return {
    name: `queue: ${name}, ρ ${rho}`,
    expected,
    reach: reach * expected,
    found: (effort) => {
      const durationS = (effort * requests) / ratePerS;
      return pooledMean(runs(scenarioOf({ ...differences, durationS, warmupS: 2000, clients: { ratePerS } }), 1, { makeRotation }));
    },
  };
}

const pollaczek = (rho: number, cv2: number): number => 1 + (rho * (1 + cv2)) / (2 * (1 - rho));

/** σ = (Nρ/(Nρ+1−σ))^N by iteration. */
function everyNth(n: number, rho: number): number {
  let sigma = 0.5;
  for (let round = 0; round < 10_000; round += 1) sigma = ((n * rho) / (n * rho + 1 - sigma)) ** n;
  return 1 / (1 - sigma);
}

/** Time in system of M/M/c with one queue: 1 + C/(c(1−ρ)). */
function erlangC(servers: number, rho: number): number {
  const offered = servers * rho;
  let term = 1;
  let sum = 0;
  for (let k = 0; k < servers; k += 1) {
    sum += term;
    term *= offered / (k + 1);
  }
  const waiting = term / (1 - rho) / (sum + term / (1 - rho));
  return 1 + waiting / (servers * (1 - rho));
}

const jsqOf = (d: number, rho: number): number =>
  Array.from({ length: 12 }, (_, i) => rho ** ((d ** (i + 1) - d) / (d - 1))).reduce((sum, term) => sum + term, 0);

const sharing = { discipline: 'processor-sharing' } as const;
const queueAnswers: readonly KnownAnswer[] = [
  queue('M/M/1', 0.8, 5, 0.02, {}, 4e6),
  queue('M/D/1', 0.8, pollaczek(0.8, 0), 0.02, { workers: { service: { law: 'deterministic', cv2: 0 } } }, 3e6),
  queue('M/G/1 lognormal cv² 4', 0.7, pollaczek(0.7, 4), 0.03, { workers: { service: { law: 'lognormal', cv2: 4 } } }, 4e6),
  queue('M/G/1 hyper-exponential cv² 4', 0.7, pollaczek(0.7, 4), 0.03, { workers: { service: { law: 'hyper-exponential', cv2: 4 } } }, 4e6),
  queue('processor sharing, exponential', 0.8, 5, 0.02, { workers: { ...sharing } }, 3e6),
  queue('processor sharing, deterministic', 0.8, 5, 0.02, { workers: { ...sharing, service: { law: 'deterministic', cv2: 0 } } }, 3e6),
  queue('processor sharing, cv² 4', 0.8, 5, 0.03, { workers: { ...sharing, service: { law: 'hyper-exponential', cv2: 4 } } }, 3e6),
  queue('Poisson split round-robin over 8', 0.9, everyNth(8, 0.9), 0.02, { workers: { count: 8 } }, 6e6),
  queue('Poisson split at random over 8', 0.9, 10, 0.04, { authority: { policy: 'random' }, workers: { count: 8 } }, 6e6),
  queue('central queue of 8', 0.9, erlangC(8, 0.9), 0.02, { workers: { count: 1, capacity: 8, slots: 8 } }, 4e6),
  queue('shorter of two, 200 workers', 0.9, jsqOf(2, 0.9), 0.04, { workers: { count: 200 } }, 4e6, shorterOf(2)),
  {
    name: 'queue: M/M/1, ρ 0.8: 95th percentile of Exp(1/5)',
    expected: -5 * Math.log(0.05),
    reach: 0.3,
    found: (effort) => {
      const [run] = runs(scenarioOf({ durationS: 4e6 * effort, warmupS: 2000, clients: { ratePerS: 0.8 } }), 1) as [Run];
      return quantile(run.response, 0.95);
    },
  },
];

function shorterOf(d: number): MakeRotation {
  return choices(d, (index, { loads }) => loads?.backlog(index) ?? Number.NaN, () => undefined);
}

// --- Caches, skew, TTL, death ---------------------------------------------------------------------------------------

const manyResolvers: Population = { law: 'zipf', count: 100_000, exponent: 1, weights: [] };

/** CV² of the load of 8 workers when each of 100,000 resolvers holds k addresses and spreads evenly: HHI·(N/k − 1). */
function skew(k: number, cv: number): KnownAnswer {
  const requests = 300_000;
  return {
    name: `skew: Zipf(1), 100,000 resolvers, ${k} of 8 addresses each: CV²`,
    expected: cv ** 2,
    reach: Math.max(0.25 * cv ** 2, 0.0001),
    found(effort) {
      const scenario = scenarioOf({
        durationS: requests / 8,
        authority: { policy: 'random', ttl: 86_400, answersMax: k },
        resolvers: { population: manyResolvers, kinds: [{ ...plainResolver, order: 'rotate' }] },
        clients: { count: 1_000_000, ratePerS: 8 },
        workers: { count: 8, capacity: 80 },
      });
      const list = runs(scenario, Math.ceil(30 * effort));
      // What chance alone puts on top of an even split, (N − 1)/n, is not skew.
      return average(list.map((run) => fairness(run.workers.map((worker) => worker.requests)).cv ** 2 - 7 / run.requests));
    },
  };
}

/** Shares of three workers whose TTLs are as 1 : 2 : 4, against (T_i + 1/λ) ÷ their sum; the largest difference. */
function ttlWeighting(effort: number): number {
  const ttls = new Float64Array(3);
  const ratePerS = 0.05;
  const scenario = scenarioOf({
    durationS: 4e7 * effort,
    authority: { ttl: '60/per-domain-and-server' },
    clients: { ratePerS },
    workers: { count: 3, capacity: 3, weights: [1, 2, 4] },
  });
  const onAnswer: SimulateOptions['onAnswer'] = ({ members, ttlS }) => void (ttls[members[0] as number] = ttlS);
  const { requests, workers } = simulate(scenario, { seed: 1, onAnswer });
  const lives = [...ttls].map((ttlS) => ttlS + 1 / ratePerS);
  const sum = lives.reduce((all, life) => all + life, 0);
  return Math.max(...workers.map((worker, index) => Math.abs(worker.requests / requests - (lives[index] as number) / sum)));
}

/** The largest share of a survivor's requests when the first of eight is dead and nobody notices. */
function afterDeath(tail: 'cyclic' | 'shuffled'): (effort: number) => number {
  return (effort) => {
    const [run] = runs(
      scenarioOf({
        durationS: 50_000 * effort,
        warmupS: 0,
        authority: { tail, probe: { interMs: 1e9, fastinterMs: 1e9, downinterMs: 1e9, timeoutMs: 1000, rise: 2, fall: 100 } },
        clients: { ratePerS: 8 },
        workers: { count: 8, capacity: 80 },
        events: [{ atS: 0, kind: 'worker-dies', worker: 'w3', how: 'refuse' }],
      }),
      1,
    ) as [Run];
    return Math.max(...run.workers.map(({ requests }) => requests)) / run.requests;
  };
}

const cacheAnswers: readonly KnownAnswer[] = [
  {
    name: 'cache: Poisson 0.1/s behind a TTL of 30 s, questions a second',
    expected: 1 / (30 + 10),
    reach: 0.0002,
    found: (effort) => {
      const [run] = runs(scenarioOf({ durationS: 4e6 * effort, authority: { ttl: 30 }, clients: { ratePerS: 0.1 } }), 1) as [Run];
      return run.addressRequests / run.measuredS;
    },
  },
  skew(1, 0.281),
  skew(2, 0.184),
  skew(4, 0.106),
  skew(8, 0),
  { name: 'TTL weighting: shares against (T + 1/λ)/Σ', expected: 0, reach: 0.005, found: ttlWeighting },
  { name: 'dead worker, cyclic tail: one neighbour has', expected: 0.25, reach: 0.003, found: afterDeath('cyclic') },
  { name: 'dead worker, shuffled tail: each has', expected: 1 / 7, reach: 0.003, found: afterDeath('shuffled') },
];

export const knownAnswers: readonly KnownAnswer[] = [
  ...gatewayAnswers,
  ...addressRequests,
  ...rotationAnswers,
  ...queueAnswers,
  ...cacheAnswers,
];
