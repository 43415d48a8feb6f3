/**
 * What one repetition leaves behind. Everything in it can be sent between threads, and several add up to a `Summary`.
 *
 * Counts are of the measured time alone, the warm-up left out. A request belongs to the moment at which it was made.
 */
import type { Histogram } from './histogram.js';

export interface WorkerRun {
  readonly name: string;
  /** Hits a second. */
  readonly capacity: number;
  /** Requests that it took. */
  readonly requests: number;
  /** Busy part of the measured time, 0 to 1. */
  readonly utilisation: number;
  /** Connection attempts that it refused or left without an answer. */
  readonly failedAttempts: number;
}

/** One event of the scenario, and how long its effect took. */
export interface ChangeRun {
  readonly atS: number;
  readonly kind: string;
  /** For people: `w2 dies (refuse)`. */
  readonly what: string;
  /** From the event until answers took it into account: what probes needed. Undefined: never in the measured time. */
  readonly noticedAfterS: number | undefined;
  /** By second since the event: requests, and those of them that acted on an answer given after the change. */
  readonly requests: Float64Array;
  readonly moved: Float64Array;
}

export interface Run {
  readonly seed: number;
  /** Measured seconds; fewer than asked for when the run was stopped. */
  readonly measuredS: number;
  readonly stopped: boolean;
  /** Made in the measured time = completed + failed + unfinished. */
  readonly requests: number;
  readonly completedRequests: number;
  /** No address worked, or the worker died with the request in hand. */
  readonly failedRequests: number;
  /** Still in service at the end. */
  readonly unfinishedRequests: number;
  readonly sessions: number;
  /** Questions that reached the authority. */
  readonly addressRequests: number;
  readonly workers: readonly WorkerRun[];
  /** The largest utilisation of a worker, by interval. */
  readonly maxUtilisation: Float64Array;
  /** Utilisation by interval, one array a worker. */
  readonly utilisation: readonly Float64Array[];
  /** Requests that each took, by interval, one array a worker. */
  readonly requestsByInterval: readonly Float64Array[];
  /** Seconds from the first attempt to connect to the response, of completed requests. */
  readonly response: Histogram;
  /** Seconds that failed attempts added to connecting, all requests together. */
  readonly extraConnectS: number;
  readonly changes: readonly ChangeRun[];
  /** Simulated events, warm-up included. */
  readonly events: number;
}
