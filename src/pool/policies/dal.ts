/**
 * `dal` (dynamically accumulated load, Colajanni, Yu and Dias 1998): each answer adds the share of the network that asked,
 * divided by the member's weight, to the bin of the member that stands first; that is the one whose bin stays the smallest.
 *
 * Bins only say who had more than others, so the smallest is taken off all now and then, and they keep their digits over
 * any number of answers. A member that was away comes back with no less than the smallest bin of those who stayed: else
 * it would get everything until it had caught up.
 */
import type { Demand } from '../demand.js';
import type { PoolMember } from '../pool.js';
import type { Rotation } from '../rotation.js';
import { grown, rank } from './ranking.js';

export function createDal(demand: Demand): Rotation {
  let bins: Float64Array = new Float64Array(16); // by member index, as the next
  let seen: Float64Array = new Float64Array(16); // the call in which it was last eligible
  let scores: Float64Array = new Float64Array(16); // by position
  let call = 0;

  /** The smallest bin of the members that were eligible in the last call too; Infinity when there are none. */
  function smallestStaying(eligible: readonly PoolMember[]): number {
    let smallest = Infinity;
    for (let position = 0; position < eligible.length; position += 1) {
      const { index } = eligible[position] as PoolMember; // position < length, as below
      bins = grown(bins, index + 1);
      seen = grown(seen, index + 1);
      if (seen[index] === call) smallest = Math.min(smallest, bins[index] as number);
    }
    return smallest;
  }

  function settle(eligible: readonly PoolMember[]): void {
    const smallest = smallestStaying(eligible);
    const known = smallest < Infinity;
    for (let position = 0; position < eligible.length; position += 1) {
      const { index } = eligible[position] as PoolMember;
      if (known && seen[index] !== call) bins[index] = Math.max(smallest, bins[index] as number);
      seen[index] = call + 1;
    }
    call += 1;
    if (known && smallest > 1) for (let index = 0; index < bins.length; index += 1) bins[index] = (bins[index] as number) - smallest;
  }

  return {
    order(eligible, requestor, maxAnswers, order) {
      const n = eligible.length;
      const count = Math.min(maxAnswers, n);
      if (count === 0) return 0;
      settle(eligible);
      scores = grown(scores, n);
      const share = demand.share(requestor);
      for (let position = 0; position < n; position += 1) {
        const { index, weight } = eligible[position] as PoolMember;
        scores[position] = -((bins[index] as number) + share / weight);
      }
      rank(scores, n, count, order);
      const first = order[0] as number; // count > 0
      bins[(eligible[first] as PoolMember).index] = -(scores[first] as number);
      return count;
    },
  };
}
