/**
 * Two contenders by one measure: which is better, by how much, how sure that is, and how small a difference would have shown.
 *
 * Told apart are two only when three things hold: the bootstrap interval of the difference leaves out zero, exchanging the two
 * explains it too seldom, and it is larger than what anybody would care for (`margin`). The first says how large, the second
 * keeps the rate of false alarms exact for few rounds, the third keeps thousandths from winning.
 */
import type { Random } from '../../src/random.js';
import { distribution, interval, roundsMin, type Interval, type Resamples } from './bootstrap.js';
import { exchangeProbability } from './exchange.js';

export interface Measure {
  /** As in expectations: `maxOverMean`. */
  readonly name: string;
  /** For people: `max/mean`. */
  readonly label: string;
  readonly better: 'lower' | 'higher';
  /** How two are compared: as a ratio, or, where zero is usual, as a difference. */
  readonly by: 'ratio' | 'difference';
  /** The smallest difference that matters, in the unit of `by`. */
  readonly margin: number;
  /** Of the values: seconds are told in the unit that suits. */
  readonly unit?: 's';
}

/** `a`, `b`: that one is better. `same`: no difference that would matter is possible. `open`: the rounds cannot tell. */
export type Outcome = 'a' | 'b' | 'same' | 'open' | 'too-few-rounds';

export interface Comparison {
  readonly measure: Measure;
  readonly a: string;
  readonly b: string;
  readonly meanA: number;
  readonly meanB: number;
  /** Of a to b: −0.2 is a fifth less than b (`ratio`), or 0.2 less (`difference`). */
  readonly difference: number;
  readonly interval: Interval;
  readonly confidence: number;
  /** How often exchanging the two gives a difference as large. */
  readonly probability: number;
  /** Effect size: in which part of all pairs of a round of a with a round of b that of a is better; a tie is half a win. */
  readonly superiority: number;
  /** A difference larger than this is excluded, whichever way. */
  readonly detectable: number;
  readonly outcome: Outcome;
}

export interface Measured {
  readonly name: string;
  /** One a round; the n-th of all contenders were measured side by side. */
  readonly values: readonly number[];
}

export interface ComparisonOptions {
  readonly measure: Measure;
  readonly resamples: Resamples;
  readonly confidence: number;
  readonly random: Random;
}

export function compare(a: Measured, b: Measured, { measure, resamples, confidence, random }: ComparisonOptions): Comparison {
  const rounds = a.values.length;
  const all = Uint16Array.from(a.values.keys());
  const between = (drawn: Uint16Array): number => differenceOf(measure, meanOf(a.values, drawn), meanOf(b.values, drawn));
  const difference = between(all);
  const range = interval(distribution(resamples, between), rounds, confidence);
  const probability = exchangeProbability(a.values, b.values, random);
  const detectable = Math.max(Math.abs(range.low), Math.abs(range.high));
  const sure = (range.low > 0 || range.high < 0) && probability <= 1 - confidence && Math.abs(difference) >= measure.margin;
  const winner = difference < 0 === (measure.better === 'lower') ? 'a' : 'b';
  const enough = rounds >= roundsMin(confidence);
  return {
    measure,
    a: a.name,
    b: b.name,
    meanA: meanOf(a.values, all),
    meanB: meanOf(b.values, all),
    difference,
    interval: range,
    confidence,
    probability,
    superiority: superiorityOf(measure, a.values, b.values),
    detectable,
    outcome: !enough ? 'too-few-rounds' : sure ? winner : detectable < measure.margin ? 'same' : 'open',
  };
}

function differenceOf({ by }: Measure, a: number, b: number): number {
  if (by === 'difference') return a - b;
  return a === b ? 0 : a / b - 1; // of nothing and nothing too
}

export function meanOf(values: readonly number[], drawn: Uint16Array): number {
  let sum = 0;
  for (const round of drawn) sum += values[round] ?? NaN;
  return sum / drawn.length;
}

/** Vargha and Delaney's A. */
function superiorityOf({ better }: Measure, a: readonly number[], b: readonly number[]): number {
  const win = (own: number, other: number): number => (own === other ? 0.5 : own < other === (better === 'lower') ? 1 : 0);
  const wins = a.flatMap((own) => b.map((other) => win(own, other)));
  return wins.reduce((sum, one) => sum + one, 0) / wins.length;
}
