/**
 * Drawing without repetition: Fisher–Yates, as far as it is needed.
 *
 * The deck is kept between calls. Shuffling whatever permutation the last call left is as uniform as shuffling a sorted
 * one, so nothing is dealt out again, and nothing is allocated until the number of cards changes.
 */
import type { Random } from '../../random.js';

/** Returns a deck whose first `count` cards are a uniform draw from 0 … n−1; it is valid until the next call. */
export type Draw = (n: number, count: number) => Uint16Array;

export function createDraw(random: Random): Draw {
  let deck = new Uint16Array(0);
  return (n, count) => {
    if (deck.length !== n) deck = Uint16Array.from({ length: n }, (_, card) => card);
    for (let place = 0; place < count; place += 1) {
      const from = place + random.below(n - place);
      const card = deck[from] ?? 0; // from < n
      deck[from] = deck[place] ?? 0; // place < n
      deck[place] = card;
    }
    return deck;
  };
}
