/**
 * What the virtual users measure beside what a simulation counts, too: latencies of each worker, look-ups, how late requests
 * began, why some failed, and how many requests each answer of the authority was good for.
 */
import { createHistogram, type Histogram } from '../../src/sim/histogram.js';
import type { ConnectFailure } from './connection.js';

/** Why a request failed. `dns`: no answer; `no-address`: an empty one; `no-worker`: none of the addresses took a connection. */
export const failureReasons = ['dns', 'no-address', 'no-worker', 'cut', 'timeout', 'malformed', 'status'] as const;
export type FailureReason = (typeof failureReasons)[number];

/** Seconds of real time, of the measured time alone. */
export interface Measurements {
  /** From when a request was due to the end of its response, by worker. */
  readonly responseOf: readonly Histogram[];
  /** From when a request was due to when it began: how late the load generator was. */
  readonly lateness: Histogram;
  readonly lookup: Histogram;
  readonly connect: Histogram;
  readonly failures: Record<FailureReason, number>;
  /** Attempts to connect that failed, and were followed by the next address. */
  readonly connectFailures: Record<ConnectFailure, number>;
  /** By resolver. */
  readonly requestsOf: Float64Array;
  readonly answersOf: Float64Array;
  /** How often each member stood first in an answer, as the users saw it. */
  readonly firstPlaces: Float64Array;
  /** When the last request began, in real seconds since the measured time did. */
  lastBegunS: number;
  connectionsOpened: number;
  /** Open at the same time, idle ones too. */
  connectionsMax: number;
  bodyBytes: number;
  /** Sockets that could not be opened for want of them, the warm-up's too. */
  exhausted: number;
}

export function createMeasurements(workers: number, resolvers: number): Measurements {
  return {
    responseOf: Array.from({ length: workers }, createHistogram),
    lateness: createHistogram(),
    lookup: createHistogram(),
    connect: createHistogram(),
    failures: { dns: 0, 'no-address': 0, 'no-worker': 0, cut: 0, timeout: 0, malformed: 0, status: 0 },
    connectFailures: { refused: 0, silent: 0, unreachable: 0 },
    requestsOf: new Float64Array(resolvers),
    answersOf: new Float64Array(resolvers),
    firstPlaces: new Float64Array(workers),
    lastBegunS: 0,
    connectionsOpened: 0,
    connectionsMax: 0,
    bodyBytes: 0,
    exhausted: 0,
  };
}
