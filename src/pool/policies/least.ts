/**
 * The least loaded first, for policies that put a number on each member: what they share.
 *
 * Of equals the one whose turn it is by round-robin comes first, so that before anything is known, and wherever loads tie,
 * members take turns. A member of unknown load (NaN) counts as the mean of the known ones: neither shunned nor a magnet.
 */
import type { PoolMember } from '../pool.js';
import type { Rotation } from '../rotation.js';
import { grown, rank } from './ranking.js';
import { successorOf } from './successor.js';

export function createLeast(loadOf: (member: PoolMember) => number): Rotation {
  let scores: Float64Array = new Float64Array(16); // by position: the load, negative because the highest rank first
  let last = -1; // index of the member that stood first in the last answer

  function score(eligible: readonly PoolMember[]): void {
    let sum = 0;
    let known = 0;
    for (let position = 0; position < eligible.length; position += 1) {
      const load = loadOf(eligible[position] as PoolMember); // position < length
      scores[position] = -load;
      if (Number.isNaN(load)) continue;
      sum += load;
      known += 1;
    }
    if (known === eligible.length) return;
    const mean = known === 0 ? 0 : sum / known;
    for (let position = 0; position < eligible.length; position += 1) {
      if (Number.isNaN(scores[position])) scores[position] = -mean;
    }
  }

  return {
    order(eligible, _requestor, maxAnswers, order) {
      const n = eligible.length;
      const count = Math.min(maxAnswers, n);
      if (count === 0) return 0;
      scores = grown(scores, n);
      score(eligible);
      rank(scores, n, count, order, successorOf(last, eligible));
      last = eligible[order[0] ?? 0]?.index ?? -1;
      return count;
    },
  };
}
