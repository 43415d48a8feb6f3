/**
 * `random`: a uniform shuffle for each answer; every permutation of the eligible members is equally likely.
 */
import type { Random } from '../../random.js';
import type { Rotation } from '../rotation.js';
import { createDraw } from './draw.js';

export function createRandomOrder(random: Random): Rotation {
  const draw = createDraw(random);
  return {
    order(eligible, _requestor, maxAnswers, order) {
      const n = eligible.length;
      const count = Math.min(maxAnswers, n);
      const drawn = draw(n, count);
      for (let place = 0; place < count; place += 1) order[place] = drawn[place] ?? 0; // place < n
      return count;
    },
  };
}
