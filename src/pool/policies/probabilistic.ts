/**
 * `probabilistic-round-robin` (PRR) and, in two tiers, PRR2: round-robin for unequal members. Whose turn it is takes it with
 * probability weight ÷ the largest weight of the eligible, else the turn goes on to the next.
 *
 * The heaviest accept always, so a round of proposals is enough. `weighted` gives the same shares without chance.
 */
import type { Random } from '../../random.js';
import type { PoolMember } from '../pool.js';
import { successorOf } from './successor.js';

/** Whose turn it is after the member of that index, as `successorOf`. */
export function createProbabilisticTurn(random: Random): typeof successorOf {
  return (last, eligible) => {
    let most = 0;
    for (let position = 0; position < eligible.length; position += 1) most = Math.max(most, weightAt(eligible, position));
    let position = successorOf(last, eligible);
    while (random.next() * most >= weightAt(eligible, position)) position = position + 1 === eligible.length ? 0 : position + 1;
    return position;
  };
}

const weightAt = (eligible: readonly PoolMember[], position: number): number => (eligible[position] as PoolMember).weight; // in range
