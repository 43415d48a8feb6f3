/**
 * TTL policies: how long an answer may be kept by caches.
 */
import type { PoolMember, PoolSnapshot } from './pool.js';
import type { Requestor } from './rotation.js';

export interface TtlPolicy {
  /** Whole seconds, for the answer to this requestor whose first address is `first`. Allocates nothing. */
  ttlS(snapshot: PoolSnapshot, requestor: Requestor, first: PoolMember): number;
}
