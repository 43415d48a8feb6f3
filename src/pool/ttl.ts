/**
 * TTL policies: how long an answer may be kept by caches.
 *
 * `constantTtl` promises predictable load on the servers, `healthBoundedTtl` that caches drop an answer about when the
 * verdicts behind it could change: long in quiet times, short while a member is in doubt.
 */
import { ServiceError } from '../service.js';
import type { PoolMember, PoolSnapshot } from './pool.js';
import type { Requestor } from './rotation.js';

export interface TtlPolicy {
  /** Whole seconds, for the answer to this requestor whose first address is `first`. Allocates nothing. */
  ttlS(snapshot: PoolSnapshot, requestor: Requestor, first: PoolMember): number;
}

/** RFC 2181 §8: 31 bits; a larger one is to be read as 0. */
const ttlMaxS = 2 ** 31 - 1;

export function constantTtl(ttlS: number): TtlPolicy {
  checkTtl(ttlS, ttlS);
  return { ttlS: () => ttlS };
}

/** At most the time for which the pool's verdicts stand (`stableForMs`), rounded down, and within [minS, maxS]. */
export function healthBoundedTtl(maxS: number, minS: number): TtlPolicy {
  checkTtl(maxS, maxS);
  checkTtl(minS, minS);
  if (minS > maxS) throw new ServiceError(`ttl: in MAX/MIN the first must not be below the second, got "${maxS}/${minS}"; write ${minS}/${maxS}`);
  return { ttlS: ({ stableForMs }) => Math.max(minS, Math.min(maxS, Math.floor(stableForMs / 1000))) };
}

/** `30` or `"30"`: constant. `"30/5"`: health-bounded, from 5 to 30. @throws ServiceError */
export function parseTtl(spec: number | string): TtlPolicy {
  const [, max, min] = /^(\d{1,10})(?:\/(\d{1,10}))?$/.exec(String(spec)) ?? [];
  if (max === undefined) throw wrongTtl(spec);
  return min === undefined ? constantTtl(Number(max)) : healthBoundedTtl(Number(max), Number(min));
}

function checkTtl(ttlS: number, given: number | string): void {
  if (!Number.isInteger(ttlS) || ttlS < 0 || ttlS > ttlMaxS) throw wrongTtl(given);
}

function wrongTtl(given: number | string): ServiceError {
  return new ServiceError(`ttl: expected whole seconds from 0 to ${ttlMaxS}, or MAX/MIN such as 30/5, got ${JSON.stringify(given)}`);
}
