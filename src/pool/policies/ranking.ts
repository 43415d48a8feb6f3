/**
 * The best few of many by score, without allocating: insertion into the caller's order.
 *
 * For the sizes of a DNS answer this beats a heap: of n members in random order only about k·ln(n/k) + k enter the best k.
 */

/**
 * Writes the positions of the `count` (≤ n) highest of `scores[0..n)` to `order`, highest first; of equals the one that
 * comes first when positions are gone through from `from` on and round to it.
 */
export function rank(scores: Float64Array, n: number, count: number, order: Uint16Array, from = 0): void {
  if (count === 0) return;
  for (let step = 0, position = from; step < n; step += 1, position += 1) {
    if (position === n) position = 0;
    const score = scores[position] ?? 0; // position < n ≤ length, as all indices below
    let place = Math.min(step, count);
    while (place > 0 && score > (scores[order[place - 1] ?? 0] ?? 0)) {
      if (place < count) order[place] = order[place - 1] ?? 0;
      place -= 1;
    }
    if (place < count) order[place] = position;
  }
}

/** An array of at least `length`, keeping the contents; the same one while it is long enough. */
export function grown(scores: Float64Array, length: number): Float64Array {
  if (scores.length >= length) return scores;
  const longer = new Float64Array(Math.max(length, 2 * scores.length));
  longer.set(scores);
  return longer;
}
