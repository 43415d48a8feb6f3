/**
 * What decides one answer of one RRset: a rotation, a TTL policy, and what is learnt of demand by answering.
 *
 * The DNS server writes what comes out of `answer` into packets, the simulator into the caches of its resolvers: both call
 * this and nothing below it, so that what is simulated is what serves. One for each RRset: A and AAAA share no state.
 */
import type { Demand } from './demand.js';
import type { PoolMember, PoolSnapshot } from './pool.js';
import type { Requestor, Rotation } from './rotation.js';
import type { TtlPolicy } from './ttl.js';

export interface Authority {
  /**
   * Decides one answer: fills `order[0..count)` as `Rotation.order` does and leaves its TTL in `ttlS`. `eligible` are those
   * of the snapshot's that can stand in this RRset. Allocates nothing.
   */
  answer(snapshot: PoolSnapshot, eligible: readonly PoolMember[], requestor: Requestor, maxAnswers: number, order: Uint16Array): number;
  /** Of the last answer, whole seconds. */
  readonly ttlS: number;
  /** Rows that bounded tables forgot. */
  readonly evictionsTotal: number;
}

export interface AuthorityOptions {
  readonly rotation: Rotation;
  readonly ttl: TtlPolicy;
  /** Where requests come from, for those policies that weigh it. */
  readonly demand?: Demand | undefined;
}

export function createAuthority({ rotation, ttl, demand }: AuthorityOptions): Authority {
  let ttlS = 0;
  return {
    answer(snapshot, eligible, requestor, maxAnswers, order) {
      const count = rotation.order(eligible, requestor, maxAnswers, order);
      if (count === 0) return 0;
      const first = eligible[order[0] as number] as PoolMember; // a rotation writes indices into `eligible`
      ttlS = ttl.ttlS(snapshot, requestor, first);
      rotation.answered?.(requestor, first, ttlS);
      demand?.answered(requestor, ttlS);
      return count;
    },
    get ttlS() {
      return ttlS;
    },
    get evictionsTotal() {
      return (rotation.evictionsTotal ?? 0) + (demand?.evictionsTotal ?? 0);
    },
  };
}
