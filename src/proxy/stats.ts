/**
 * What a worker counts. The gateway bumps it, metrics read it at scrape time; all labels come from closed lists.
 */
import { createDistribution, createTally, observe, type Distribution, type Tally } from '../tally.js';
import type { ExchangeRecord } from './exchange.js';
import { faultCodes, type FaultCode } from './fault.js';

/** Methods get a label of their own when RFC 9110 knows them; the wire's inventions are `other`. */
export const methodClasses = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'other'] as const;
export const statusClasses = ['1xx', '2xx', '3xx', '4xx', '5xx', 'aborted'] as const;
export const attemptOutcomes = ['answered', 'fault', 'aborted'] as const;

/** Upper bounds in seconds: 0.5 ms to 60 s, about 2.5 buckets an octave where requests usually are. */
export const durationBoundsS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

export interface GatewayStats {
  /** Finished exchanges by method class and status class. */
  readonly requests: Tally;
  /** Duration in seconds, one distribution for each status class. */
  readonly durationS: readonly Distribution[];
  /** Finished exchanges with a fault, and broken requests, by fault code. */
  readonly faults: Tally;
  /** Attempts by origin name and outcome. */
  readonly attempts: Tally;
  inFlight: number;
  queued: number;
  retriesTotal: number;
  /** Retries that the table allowed and the budget did not. */
  retriesDeniedTotal: number;
  requestBodyBytesTotal: number;
  responseBodyBytesTotal: number;
  /** Upgraded connections open now. */
  tunnels: number;
}

/** @param originNames the closed list of origins. */
export function createGatewayStats(originNames: readonly string[]): GatewayStats {
  return {
    requests: createTally(methodClasses, statusClasses),
    durationS: statusClasses.map(() => createDistribution(durationBoundsS)),
    faults: createTally(faultCodes),
    attempts: createTally(originNames, attemptOutcomes),
    inFlight: 0,
    queued: 0,
    retriesTotal: 0,
    retriesDeniedTotal: 0,
    requestBodyBytesTotal: 0,
    responseBodyBytesTotal: 0,
    tunnels: 0,
  };
}

const methodIndex: ReadonlyMap<string, number> = new Map(methodClasses.map((method, index) => [method, index]));
const otherMethods = methodClasses.indexOf('other');
const aborted = statusClasses.indexOf('aborted');
const faultIndex: ReadonlyMap<FaultCode, number> = new Map(faultCodes.map((code, index) => [code, index]));

/** Counts an exchange that is over. Bodies are counted as they flow. */
export function countExchange(stats: GatewayStats, record: Readonly<ExchangeRecord>): void {
  const status = record.status === 499 ? aborted : Math.min(4, Math.max(0, Math.floor(record.status / 100) - 1));
  stats.requests.add(methodIndex.get(record.method) ?? otherMethods, status);
  observe(stats.durationS[status] as Distribution, record.totalMs / 1000); // one for each status class
  if (record.fault !== undefined) countFault(stats, record.fault);
}

export function countFault(stats: GatewayStats, code: FaultCode): void {
  stats.faults.add(faultIndex.get(code));
}
