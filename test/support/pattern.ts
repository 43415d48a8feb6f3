/**
 * Bodies of any length in which each byte depends on its position: whatever was lost, doubled or swapped on the way shows.
 *
 * The pattern repeats after a prime number of bytes, so that no size in which anybody reads or writes falls together with it.
 */
import { createRandom } from '../../src/random.js';

const period = 1_048_573;
/** Twice, so that any piece of one period's length is one view. */
const repeated = Buffer.concat([makePeriod(), makePeriod()]);

function makePeriod(): Buffer {
  const random = createRandom(7);
  return Buffer.from(Uint8Array.from({ length: period }, () => random.below(256)));
}

/** @param length at most 1 MiB − 3 */
export function patternAt(position: number, length: number): Buffer {
  const from = position % period;
  return repeated.subarray(from, from + length);
}

/** Follows a body, piece by piece. */
export class PatternCheck {
  /** Bytes seen so far. */
  position = 0;
  /** No byte was wrong so far. */
  isRight = true;

  constructor(start = 0) {
    this.position = start;
  }

  push(chunk: Buffer): void {
    for (let from = 0; from < chunk.length; from += period) {
      const piece = chunk.subarray(from, from + period);
      if (!piece.equals(patternAt(this.position, piece.length))) this.isRight = false;
      this.position += piece.length;
    }
  }
}
