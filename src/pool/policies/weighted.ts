/**
 * `weighted`: smooth weighted round-robin (nginx). In each answer every eligible member earns its weight, the richest
 * stands first and pays what all have earned together: with weights 5, 1, 1 the order is a a b a c a a, never five in a row.
 *
 * Exact: over as many answers as the weights add up to, each member is first as often as its weight says. Behind the
 * first the others stand by the credit they have left. Credit belongs to the member, not to its position: who is away
 * neither earns nor pays and goes on where it stopped.
 */
import type { PoolMember } from '../pool.js';
import type { Rotation } from '../rotation.js';
import { grown, rank } from './ranking.js';

export function createWeighted(): Rotation {
  return createSmoothRoundRobin(({ weight }) => weight);
}

/** @param weightOf above 0; it may change from answer to answer. */
export function createSmoothRoundRobin(weightOf: (member: PoolMember) => number): Rotation {
  let credits: Float64Array = new Float64Array(16); // by member index
  let scores: Float64Array = new Float64Array(16); // by position
  return {
    order(eligible, _requestor, maxAnswers, order) {
      const n = eligible.length;
      const count = Math.min(maxAnswers, n);
      if (count === 0) return 0;
      scores = grown(scores, n);
      let earned = 0;
      let richest = 0;
      for (let position = 0; position < n; position += 1) {
        const member = eligible[position] as PoolMember; // position < length
        const { index } = member;
        const weight = weightOf(member);
        credits = grown(credits, index + 1);
        const credit = (credits[index] ?? 0) + weight;
        credits[index] = credit;
        scores[position] = credit;
        earned += weight;
        if (credit > (scores[richest] ?? 0)) richest = position;
      }
      const payer = eligible[richest]?.index ?? 0;
      credits[payer] = (credits[payer] ?? 0) - earned;
      rank(scores, n, count, order); // before paying, so that the richest stands first
      return count;
    },
  };
}
