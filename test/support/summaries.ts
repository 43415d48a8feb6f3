/**
 * Summaries of simulations that nobody ran: plausible numbers by default, and the extremes that a page must survive. The same
 * numbers each time.
 */
import type { PageInput, PagePoint } from '../../src/sim/report/page.js';
import type { Estimate, Summary, WorkerSummary } from '../../src/sim/summary.js';
import { createRandom } from '../../src/random.js';

export interface SummaryNeeds {
  readonly policy?: string;
  readonly ttl?: string;
  readonly workers?: number;
  readonly intervals?: number;
  readonly intervalS?: number;
  /** Mean utilisation of the tier. */
  readonly load?: number;
  /** How far the busiest worker is from the others: 0 even, 1 saturated most of the time. */
  readonly skew?: number;
  readonly repetitions?: number;
  readonly seed?: number;
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

export function summaryOf(needs: SummaryNeeds = {}, changed: Partial<Summary> = {}): Summary {
  const { policy = 'round-robin', ttl = '240', workers = 7, intervals = 1125, intervalS = 16 } = needs;
  const { load = 0.667, skew = 0.5, repetitions = 20, seed = 1 } = needs;
  const utilisation = utilisations(workers, intervals, load, skew, seed);
  const maxUtilisation = Array.from({ length: intervals }, (_, at) => Math.max(0, ...utilisation.map((values) => values[at] ?? 0)));
  const half = (value: number): number | null => (repetitions === 1 ? null : value);
  const below = (threshold: number): Estimate => ({ mean: partOf(maxUtilisation, (value) => value < threshold), halfWidth: half(0.018) });
  const sorted = maxUtilisation.toSorted((one, other) => one - other);
  const meanS = 0.14 + skew;
  return {
    scenario: 'gateways-1998', policy, ttl, seed, repetitions, partial: false,
    measuredS: intervals * intervalS, intervalS, alarm: 0.9, arrivals: 'open', choices: 'first 1',
    maxUtilisation: {
      mean: average(maxUtilisation),
      halfWidth: half(0.004),
      p50: sorted[Math.floor(intervals / 2)] ?? 0,
      p95: sorted[Math.floor(intervals * 0.95)] ?? 0,
      below: { '0.90': below(0.9), '0.98': below(0.98) },
    },
    workers: utilisation.map((values, index) => workerOf(index, workers, average(values))),
    fairness: { jain: 0.9991 - 0.01 * skew, maxOverMean: 1.02 + 0.1 * skew, cv: 0.01 + 0.05 * skew },
    peakOverMean: { mean: 1.1 + skew, halfWidth: half(0.02) },
    addressRequestsPerSession: 11 / (11 + Number.parseInt(ttl, 10)), controlledShare: 0.5 / (11 + Number.parseInt(ttl, 10)),
    response: { mean: meanS, p50: meanS * 0.69, p95: meanS * 3, p99: meanS * 4.6 },
    requests: 6_000_000, completedRequests: 5_999_100, failedRequests: 0, unfinishedRequests: 900,
    sessions: 300_000, addressRequests: 13_740, extraConnectS: 0, movedAfter: null, changes: [],
    series: {
      maxUtilisation, utilisation,
      cumulative: intervals === 0 ? [] : Array.from({ length: 101 }, (_, at) => partOf(maxUtilisation, (value) => value <= at / 100)),
      response: intervals === 0 ? [] : exponential(meanS),
    },
    events: 20_000_000, wallSeconds: 9.7,
    ...changed,
  };
}

/** A hot spot that wanders: each worker in turn gets what a large resolver sends. */
function utilisations(workers: number, intervals: number, load: number, skew: number, seed: number): number[][] {
  const random = createRandom(seed);
  return Array.from({ length: workers }, (_, worker) =>
    Array.from({ length: intervals }, (__, at) => {
      const hot = Math.floor(at / 15) % workers === worker ? skew * 0.6 : -skew * 0.1;
      return clamp(load + hot + (random.next() + random.next() - 1) * 0.2);
    }),
  );
}

const workerOf = (index: number, workers: number, utilisation: number): WorkerSummary => ({
  name: `w${index + 1}`,
  capacity: 500 / workers,
  share: (1 + 0.04 * ((index % 3) - 1)) / workers,
  utilisation,
  failedAttempts: 0,
});

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const partOf = (values: readonly number[], test: (value: number) => boolean): number =>
  values.filter(test).length / Math.max(1, values.length);

const exponential = (meanS: number): (readonly [number, number])[] =>
  Array.from({ length: 200 }, (_, at) => 0.001 * 1.06 ** at).map((bound) => [bound, 1 - Math.exp(-bound / meanS)] as const);

export const pointOf = (label: string, summary: Summary, settings: PagePoint['settings'] = {}): PagePoint => ({ label, settings, summary });

export function pageOf(points: readonly PagePoint[], changed: Partial<PageInput> = {}): PageInput {
  return {
    scenario: 'gateways-1998',
    description: 'Twenty domains, one resolver each, and seven web servers: the model of Colajanni, Yu and Dias.',
    points,
    scenarioYaml: 'durationS: 18000\nauthority:\n  policy: round-robin\n  ttl: 240\n',
    command: 'roundhouse simulate gateways-1998 --html page.html',
    version: '0.1.0',
    seed: 1,
    ...changed,
  };
}

const crowd = 'flash crowd: 5000 clients for 60 s behind resolver 1';
const death = { p50: 12.5, p90: 71, p99: null };
const never = { p50: null, p90: null, p99: null };

/** One worker dies and returns, the TTL changes, a crowd comes. */
export const eventful = (needs: SummaryNeeds = {}): Summary =>
  summaryOf({ intervals: 120, intervalS: 5, ...needs }, {
    failedRequests: 1234,
    movedAfter: death,
    changes: [
      { atS: 120, kind: 'worker-dies', what: 'w2 dies (refuse)', noticedAfterS: 6, movedAfter: death },
      { atS: 130, kind: 'ttl', what: 'TTL 240 → 30', noticedAfterS: 0, movedAfter: { p50: 61, p90: 190, p99: 244 } },
      { atS: 300, kind: 'worker-returns', what: 'w2 returns', noticedAfterS: 9.5, movedAfter: { p50: 20, p90: 40, p99: 60 } },
      { atS: 560, kind: 'flash-crowd', what: crowd, noticedAfterS: null, movedAfter: never },
    ],
  });

/** Points of a sweep over policies and TTLs. */
export function sweepOf(policies: readonly string[], ttls: readonly string[], needs: SummaryNeeds = {}): readonly PagePoint[] {
  return policies.flatMap((policy, row) =>
    ttls.map((ttl, column) => {
      const skew = (0.15 + 0.7 * row / Math.max(1, policies.length - 1)) * (0.4 + 0.6 * (column + 1) / ttls.length);
      const settings = { 'authority.policy': policy, 'authority.ttl': ttl };
      return pointOf(`policy ${policy}, ttl ${ttl}`, summaryOf({ policy, ttl, skew, seed: row * 10 + column, ...needs }), settings);
    }),
  );
}
