/**
 * Verdicts beside one contender: each of the others is compared with it, and with nobody else. Of seven contenders that is 6
 * comparisons and not 21, so that fewer rounds are enough (8 and not 10) and the intervals are narrower.
 */
import type { Comparison, Measure, Measured } from './comparison.js';
import { compareAll, comparisonSentence, tooFewRounds, type VerdictOptions } from './verdict.js';

export interface VerdictAgainst {
  readonly measure: Measure;
  /** Of all comparisons together. */
  readonly confidence: number;
  readonly rounds: number;
  readonly reference: string;
  /** Of the reference (`a`) with each of the others (`b`). */
  readonly comparisons: readonly Comparison[];
  /** One a comparison, or one that says why there is none. */
  readonly sentences: readonly string[];
}

/** @param reference and `others`: all with as many rounds. */
export function judgeAgainst(reference: Measured, others: readonly Measured[], options: VerdictOptions): VerdictAgainst {
  const { measure, confidence } = options;
  const rounds = reference.values.length;
  const comparisons = compareAll(others.map((other) => [reference, other]), options);
  const tooFew = comparisons.some(({ outcome }) => outcome === 'too-few-rounds');
  const sentences = tooFew ? [tooFewRounds(rounds, comparisons.length, confidence)] : comparisons.map(comparisonSentence);
  return { measure, confidence, rounds, reference: reference.name, comparisons, sentences };
}
