/**
 * `affinity`: weighted rendezvous hashing on the requestor's prefix. One network always gets the same order.
 *
 * Each member draws a lot from (prefix, its name); the highest score −w/ln(u) stands first, which makes the chance to be
 * first exactly proportional to the weight. There is no state and no ring: all processes agree, a member that goes moves
 * only its own networks (to their second choices), and one that comes takes only what is now its share.
 */
import type { Rotation } from '../rotation.js';
import { hashText, mix, prefixHash } from './prefix.js';
import { grown, rank } from './ranking.js';

export function createAffinity(): Rotation {
  let scores: Float64Array = new Float64Array(16);
  return {
    order(eligible, { address }, maxAnswers, order) {
      const n = eligible.length;
      const count = Math.min(maxAnswers, n);
      const prefix = prefixHash(address);
      scores = grown(scores, n);
      for (let position = 0; position < n; position += 1) {
        const { name = '', weight = 0 } = eligible[position] ?? {};
        const lot = (mix(prefix ^ hashText(name)) + 0.5) / 2 ** 32; // in (0, 1), both ends excluded
        scores[position] = -weight / Math.log(lot);
      }
      rank(scores, n, count, order);
      return count;
    },
  };
}
