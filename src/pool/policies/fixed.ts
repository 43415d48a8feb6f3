/**
 * `fixed`: the list in configured order, always. The first member takes everything until it is gone: a primary and its
 * spares.
 */
import type { Rotation } from '../rotation.js';

export function createFixed(): Rotation {
  return {
    order(eligible, _requestor, maxAnswers, order) {
      const count = Math.min(maxAnswers, eligible.length);
      for (let place = 0; place < count; place += 1) order[place] = place;
      return count;
    },
  };
}
