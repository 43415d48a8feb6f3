/**
 * What several repetitions tell together. `--json` prints this, the table and the page are drawn from it; `docs/SIMULATOR.md` has
 * the keys. Halves of intervals are for 95 % confidence over the repetitions (Student's t), NaN-free: null for one repetition.
 */
import { fairness } from '../pool/fairness.js';
import { createHistogram, cumulative, merge, quantile } from './histogram.js';
import type { ChangeRun, Run, WorkerRun } from './run.js';
import type { Scenario } from './scenario.js';
import { estimate, mean, quantileOf, type Estimate } from './statistics.js';

export type { Estimate };

export interface WorkerSummary {
  readonly name: string;
  readonly capacity: number;
  /** Its part of all requests that a worker took, 0 to 1. */
  readonly share: number;
  readonly utilisation: number;
  readonly failedAttempts: number;
}

export interface MovedAfter {
  /** Seconds until this part of the requests acted on an answer given after the change; null: not in the time simulated. */
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

export interface ChangeSummary {
  readonly atS: number;
  readonly kind: string;
  readonly what: string;
  readonly noticedAfterS: number | null;
  readonly movedAfter: MovedAfter;
}

export interface Summary {
  /** Name or path of the scenario. */
  readonly scenario: string;
  readonly policy: string;
  readonly ttl: string;
  readonly seed: number;
  readonly repetitions: number;
  /** Fewer repetitions, or shorter ones, than asked for. */
  readonly partial: boolean;
  readonly measuredS: number;
  readonly intervalS: number;
  readonly alarm: number | null;
  readonly arrivals: string;
  /** Which address clients take, relative shares: `first 0.7, shuffle 0.3`. */
  readonly choices: string;
  readonly maxUtilisation: Estimate & {
    readonly p50: number;
    readonly p95: number;
    /** P(maximum utilisation < threshold), by threshold as written with two digits or more: `0.90`. */
    readonly below: Readonly<Record<string, Estimate>>;
  };
  readonly workers: readonly WorkerSummary[];
  /** Of requests by worker, relative to capacity: a worker of twice the capacity should get twice the requests. */
  readonly fairness: { readonly jain: number; readonly maxOverMean: number; readonly cv: number };
  /**
   * The same maximum over mean, but by interval, and its mean over those in which there were requests: what the long run averages
   * away. Few requests an interval raise it by chance alone.
   */
  readonly peakOverMean: Estimate;
  readonly addressRequestsPerSession: number;
  /** Part of the requests whose worker the authority chose afresh: address requests ÷ requests. */
  readonly controlledShare: number;
  /** Seconds. */
  readonly response: { readonly mean: number; readonly p50: number; readonly p95: number; readonly p99: number };
  readonly requests: number;
  readonly completedRequests: number;
  readonly failedRequests: number;
  readonly unfinishedRequests: number;
  readonly sessions: number;
  readonly addressRequests: number;
  readonly extraConnectS: number;
  /** Of the first change; all are in `changes`. Null when the scenario has no events. */
  readonly movedAfter: MovedAfter | null;
  readonly changes: readonly ChangeSummary[];
  /** What is drawn. */
  readonly series: {
    /** Maximum utilisation by interval, of the first repetition. */
    readonly maxUtilisation: readonly number[];
    /** Utilisation of each worker by interval, of the first repetition. */
    readonly utilisation: readonly (readonly number[])[];
    /** Of all intervals of all repetitions: P(maximum utilisation ≤ x) at x = 0, 0.01, … 1. */
    readonly cumulative: readonly number[];
    /** Response times: upper bounds in seconds and the part of the responses up to each. */
    readonly response: readonly (readonly [seconds: number, part: number])[];
  };
  /** Simulated events, all repetitions. */
  readonly events: number;
  /** Of the wall clock; the only number here that differs from run to run. */
  readonly wallSeconds: number;
}

/** What `summarise` is told beside the runs. */
export interface SummaryContext {
  readonly scenario: string;
  readonly definition: Scenario;
  readonly seed: number;
  readonly wallSeconds: number;
}

/** @param runs at least one; in the order of their repetitions, so that the digits do not depend on who finished first. */
export function summarise(runs: readonly Run[], { scenario, definition, seed, wallSeconds }: SummaryContext): Summary {
  const requests = total(runs, (run) => run.requests);
  const sessions = total(runs, (run) => run.sessions);
  const addressRequests = total(runs, (run) => run.addressRequests);
  const workers = workersOf(runs);
  const changes = changesOf(runs);
  return {
    scenario,
    policy: definition.authority.policy,
    ttl: String(definition.authority.ttl),
    seed,
    repetitions: runs.length,
    partial: runs.length < definition.repetitions || runs.some(({ stopped }) => stopped),
    measuredS: mean(runs.map(({ measuredS }) => measuredS)),
    intervalS: definition.intervalS,
    alarm: definition.authority.alarm ?? null,
    arrivals: definition.clients.arrivals,
    choices: choicesOf(definition),
    maxUtilisation: maxUtilisationOf(runs, definition.thresholds),
    workers: workers.map(({ requests: own, ...worker }) => ({ ...worker, share: ratio(own, total(workers, (each) => each.requests)) })),
    fairness: fairnessOf(workers),
    peakOverMean: estimate(runs.flatMap((run) => peakOverMeanOf(run) ?? [])),
    addressRequestsPerSession: ratio(addressRequests, sessions),
    controlledShare: ratio(addressRequests, requests),
    response: responseOf(runs).summary,
    requests,
    completedRequests: total(runs, (run) => run.completedRequests),
    failedRequests: total(runs, (run) => run.failedRequests),
    unfinishedRequests: total(runs, (run) => run.unfinishedRequests),
    sessions,
    addressRequests,
    extraConnectS: total(runs, (run) => run.extraConnectS),
    movedAfter: changes[0]?.movedAfter ?? null,
    changes,
    series: seriesOf(runs),
    events: total(runs, (run) => run.events),
    wallSeconds,
  };
}

function total<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((sum, each) => sum + of(each), 0);
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

export function choicesOf({ clients: { kinds } }: Scenario): string {
  const whole = total(kinds, ({ share }) => share);
  const shares = new Map<string, number>();
  for (const { choice, share } of kinds) shares.set(choice, (shares.get(choice) ?? 0) + ratio(share, whole));
  return [...shares].map(([choice, share]) => `${choice} ${Number(share.toFixed(3))}`).join(', ');
}

function maxUtilisationOf(runs: readonly Run[], thresholds: readonly number[]): Summary['maxUtilisation'] {
  const measured = runs.map(({ maxUtilisation }) => maxUtilisation).filter(({ length }) => length > 0);
  const sorted = allIntervals(runs).sort();
  const below = thresholds.map((threshold) => {
    const parts = measured.map((values) => values.filter((value) => value < threshold).length / values.length);
    return [threshold.toFixed(Math.max(2, String(threshold).length - 2)), estimate(parts)] as const;
  });
  return { ...estimate(measured.map(mean)), p50: quantileOf(sorted, 0.5), p95: quantileOf(sorted, 0.95), below: Object.fromEntries(below) };
}

function allIntervals(runs: readonly Run[]): Float64Array {
  return Float64Array.from(runs.flatMap(({ maxUtilisation }) => [...maxUtilisation]));
}

/** The same worker of all repetitions as one. */
function workersOf(runs: readonly Run[]): WorkerRun[] {
  const measuredS = total(runs, (run) => run.measuredS);
  return (runs[0]?.workers ?? []).map(({ name, capacity }, index) => {
    const sum = (of: (worker: WorkerRun, run: Run) => number): number =>
      total(runs, (run) => of(run.workers[index] as WorkerRun, run)); // all repetitions have the same workers
    return {
      name,
      capacity,
      requests: sum((worker) => worker.requests),
      utilisation: ratio(sum((worker, run) => worker.utilisation * run.measuredS), measuredS),
      failedAttempts: sum((worker) => worker.failedAttempts),
    };
  });
}

/** Of requests, relative to capacity. */
export function fairnessOf(workers: readonly WorkerRun[]): Summary['fairness'] {
  const { jain, maxOverMean, cv } = fairness(workers.map(({ requests, capacity }) => requests / capacity));
  return { jain, maxOverMean, cv };
}

/** Of one run; undefined where no interval had requests. */
export function peakOverMeanOf({ workers, requestsByInterval }: Run): number | undefined {
  const intervals = requestsByInterval[0]?.length ?? 0;
  const loads = Array.from({ length: intervals }, (_, at) => {
    return workers.map(({ capacity }, worker) => (requestsByInterval[worker]?.[at] ?? 0) / capacity);
  });
  const peaks = loads.map(fairness).flatMap(({ total: requests, maxOverMean }) => (requests === 0 ? [] : [maxOverMean]));
  return peaks.length === 0 ? undefined : mean(peaks);
}

function responseOf(runs: readonly Run[]): { summary: Summary['response']; points: Summary['series']['response'] } {
  const all = createHistogram();
  for (const { response } of runs) merge(all, response);
  const summary = { mean: ratio(all.sum, all.count), p50: quantile(all, 0.5), p95: quantile(all, 0.95), p99: quantile(all, 0.99) };
  return { summary, points: cumulative(all) };
}

function changesOf(runs: readonly Run[]): ChangeSummary[] {
  return (runs[0]?.changes ?? []).map(({ atS, kind, what }, index) => {
    const all = runs.flatMap(({ changes }) => changes[index] ?? []);
    const noticed = all.flatMap(({ noticedAfterS }) => noticedAfterS ?? []);
    return { atS, kind, what, noticedAfterS: noticed.length === 0 ? null : mean(noticed), movedAfter: movedAfterOf(all) };
  });
}

function movedAfterOf(all: readonly ChangeRun[]): MovedAfter {
  const seconds = all.reduce((most, { requests }) => Math.max(most, requests.length), 0);
  const parts = Array.from({ length: seconds }, (_, second) => {
    const requests = total(all, (change) => change.requests[second] ?? 0);
    return requests === 0 ? undefined : total(all, (change) => change.moved[second] ?? 0) / requests;
  });
  return { p50: stayedFrom(parts, 0.5), p90: stayedFrom(parts, 0.9), p99: stayedFrom(parts, 0.99) };
}

/** The end of the last second in which the part was below `p`: from then on it stayed there. Seconds without requests tell nothing. */
function stayedFrom(parts: readonly (number | undefined)[], p: number): number | null {
  const lastBelow = parts.findLastIndex((part) => part !== undefined && part < p);
  const lastKnown = parts.findLastIndex((part) => part !== undefined);
  return lastBelow === lastKnown ? null : lastBelow + 1;
}

function seriesOf(runs: readonly Run[]): Summary['series'] {
  const intervals = allIntervals(runs).sort();
  let counted = 0;
  const upTo = (bound: number): number => {
    while (counted < intervals.length && (intervals[counted] as number) <= bound) counted += 1; // below the length
    return ratio(counted, intervals.length);
  };
  return {
    maxUtilisation: [...(runs[0]?.maxUtilisation ?? [])],
    utilisation: (runs[0]?.utilisation ?? []).map((values) => [...values]),
    cumulative: Array.from({ length: 101 }, (_, percent) => upTo(percent / 100)),
    response: responseOf(runs).points,
  };
}
