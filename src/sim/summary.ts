/**
 * What several repetitions tell together. `--json` prints this, the table and the page are drawn from it; `docs/SIMULATOR.md` has
 * the keys. Halves of intervals are for 95 % confidence over the repetitions (Student's t), NaN-free: null for one repetition.
 */
import type { Scenario } from './scenario.js';

export interface Estimate {
  readonly mean: number;
  /** Half the width of the 95 % confidence interval; null where there is but one repetition. */
  readonly halfWidth: number | null;
}

export interface WorkerSummary {
  readonly name: string;
  readonly capacity: number;
  /** Its part of all requests, 0 to 1, and of the requests that its weight entitles it to. */
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
