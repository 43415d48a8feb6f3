/**
 * Whose turn it is after a member, in a set that changes.
 *
 * A cursor that counts positions (`cursor % n`) jumps when a member goes or comes: somebody is skipped, somebody gets two
 * turns. A cursor that remembers the *member* does not: the next one in configured order goes on, whoever is left.
 */
import type { PoolMember } from '../pool.js';

/** Position in `eligible` (ascending by index, not empty) of the first member behind `index`, or of the head. */
export function successorOf(index: number, eligible: readonly PoolMember[]): number {
  let low = 0;
  let high = eligible.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const member = eligible[middle];
    if (member !== undefined && member.index <= index) low = middle + 1;
    else high = middle;
  }
  return low === eligible.length ? 0 : low;
}
