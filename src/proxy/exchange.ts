/**
 * The record of one exchange: written by the gateway while it happens, read once when it is over by whoever listens
 * (access log, statistics). It is the only thing that leaves the hot path.
 */
import type { CacheWord } from './cache/cache-status.js';
import type { FaultCode } from './fault.js';

export interface ExchangeRecord {
  /** Request id: 16 hexadecimal digits, or the one a trusted proxy sent; stands in log, error page and `X-Request-Id`. */
  readonly id: string;
  /** Real time at which the head was complete. */
  readonly startedMs: number;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  /** The client's address: the connection's, or the one that a trusted proxy named. */
  readonly client: string;
  readonly upgrade: string | undefined;
  /** Status sent to the client; 499 when it left before one was sent, 0 never. */
  status: number;
  /** Name of the origin of the last attempt. */
  origin: string | undefined;
  attempts: number;
  /** What the cache did with it, where there is one. */
  cache: CacheWord | undefined;
  /** Why it failed, or why it was cut after a good head; undefined for a complete exchange. */
  fault: FaultCode | undefined;
  /** For people: `ECONNREFUSED`. */
  detail: string;
  /** Timers in ms, as HAProxy has them: waiting for a place, then (last attempt) to connect, to the response head, and in all. */
  queueMs: number;
  connectMs: number;
  firstByteMs: number;
  totalMs: number;
  requestBodyBytes: number;
  responseBodyBytes: number;
}

export type ExchangeListener = (record: Readonly<ExchangeRecord>) => void;

/** The first reason is the reason; what comes of it adds nothing. */
export function recordFault(record: ExchangeRecord, code: FaultCode, detail: string): void {
  if (record.fault !== undefined) return;
  record.fault = code;
  record.detail = detail;
}
