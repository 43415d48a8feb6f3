/**
 * `round-robin`: strict rotation, one step per answer, one cursor for everybody (BIND calls it `cyclic`).
 *
 * Exactly even while the eligible set stands: of 4000 answers over four members each is first 1000 times, over three of
 * them 1333, 1333 and 1334. The tail behind the first place matters when that one fails: `cyclic` sends all its retries
 * to one neighbour, `shuffled` spreads them over all others.
 */
import type { Random } from '../../random.js';
import type { Rotation } from '../rotation.js';
import { createDraw } from './draw.js';
import { successorOf } from './successor.js';

export type Tail = 'cyclic' | 'shuffled';

/** @param turn whose turn it is after the last one. */
export function createRoundRobin(tail: Tail, random: Random, turn = successorOf): Rotation {
  const draw = createDraw(random);
  let last = -1; // index of the member that stood first in the last answer
  return {
    order(eligible, _requestor, maxAnswers, order) {
      const n = eligible.length;
      const count = Math.min(maxAnswers, n);
      if (count === 0) return 0;
      const first = turn(last, eligible);
      last = eligible[first]?.index ?? -1;
      order[0] = first;
      // The others as distances from the first, 1 … n−1: in a row, or drawn.
      const drawn = tail === 'shuffled' ? draw(n - 1, count - 1) : undefined;
      for (let place = 1; place < count; place += 1) {
        const distance = drawn === undefined ? place : 1 + (drawn[place - 1] ?? 0); // place − 1 < n − 1
        order[place] = (first + distance) % n;
      }
      return count;
    },
  };
}
