/**
 * Intervals from a handful of rounds, without assuming a law for what was measured: the bootstrap.
 *
 * Rounds are drawn with replacement, all contenders' rounds of the same number together, because they were measured one after
 * the other and share what the machine did meanwhile. Plain percentiles are too narrow for few rounds (at six, 95 % covers 88):
 * they are taken further out by as much as Student's t exceeds the normal law (Hesterberg, "What Teachers Should Know about
 * the Bootstrap", The American Statistician 69:4, 2015, section 5).
 */
import type { Random } from '../../src/random.js';
import { normalCdf, studentQuantile } from './student.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Numbers of rounds, as drawn: `draws` lists of `rounds` each, one behind the other. */
export interface Resamples {
  readonly rounds: number;
  readonly draws: number;
  readonly indices: Uint16Array;
}

export const drawsDefault = 10_000;

/** The same resamples serve all statistics, so that what is told of one fits what is told of another. */
export function resample(rounds: number, random: Random, draws = drawsDefault): Resamples {
  const indices = Uint16Array.from({ length: rounds * draws }, () => random.below(rounds));
  return { rounds, draws, indices };
}

/** A statistic of each resample, ascending. @param statistic of the rounds with these numbers */
export function distribution({ rounds, draws, indices }: Resamples, statistic: (drawn: Uint16Array) => number): Float64Array {
  const values = Float64Array.from({ length: draws }, (_, draw) => statistic(indices.subarray(draw * rounds, (draw + 1) * rounds)));
  return values.sort();
}

/** @param sorted a statistic's distribution. @param confidence between 0 and 1 */
export function interval(sorted: Float64Array, rounds: number, confidence: number): Interval {
  if (rounds < 2) return { low: -Infinity, high: Infinity };
  const tail = expandedTail(rounds, confidence);
  const place = Math.floor(tail * (sorted.length - 1));
  return { low: sorted[place] ?? NaN, high: sorted[sorted.length - 1 - place] ?? NaN };
}

/** The part to cut off at each end. */
function expandedTail(rounds: number, confidence: number): number {
  const t = studentQuantile((1 + confidence) / 2, rounds - 1);
  return normalCdf(-Math.sqrt(rounds / (rounds - 1)) * t);
}

/** Of each of so many comparisons, so that it is `confidence` of all together (Bonferroni). */
export const confidenceOfEach = (confidence: number, comparisons: number): number => 1 - (1 - confidence) / Math.max(1, comparisons);

/**
 * How few rounds can carry an interval: no resample reaches beyond the extremes of what was measured, and by chance alone all
 * rounds lie on one side of the truth once in 2^(rounds−1).
 */
export function roundsMin(confidence: number): number {
  return Math.ceil(Math.log2(2 / (1 - confidence)));
}
