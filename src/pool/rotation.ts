/**
 * The contract of a rotation; policies.ts has the table of those that ship.
 *
 * A policy sees only *eligible* members and returns a whole order, not one choice: DNS writes it into the answer, the
 * proxy walks it for retries. A policy that skipped dead members itself would hand a dead one's share to its neighbour
 * (2000 of 4000 queries against 1333, measured). There is one rotation per RRset: a cursor shared by A and AAAA pins two
 * members for ever when a stub asks for both.
 */
import type { PoolMember } from './pool.js';

/** Who asks. The caller may reuse one object for all calls: a policy copies what it wants to keep. */
export interface Requestor {
  /** IP literal, IPv4 or IPv6: for DNS the resolver's, for a proxy the client's. */
  readonly address: string;
  /** Index of the location of those it asks for, −1 for none, when it told their network; otherwise its address says it. */
  readonly location?: number | undefined;
}

export interface Rotation {
  /**
   * Writes indices into `eligible` to `order[0..count)`, first choice first, without repetition; returns the count
   * (≤ maxAnswers, ≤ eligible.length). Allocates nothing per call.
   */
  order(eligible: readonly PoolMember[], requestor: Requestor, maxAnswers: number, order: Uint16Array): number;
  /**
   * Told after each answer which TTL it got, by policies of load: how long caches will send clients to `first` is part of
   * what was given away. Allocates nothing.
   */
  answered?(requestor: Requestor, first: PoolMember, ttlS: number): void;
  /** Rows forgotten because a bounded table was full; only policies that keep one have it. */
  readonly evictionsTotal?: number;
}
