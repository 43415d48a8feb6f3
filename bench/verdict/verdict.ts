/**
 * The verdict over all contenders by one measure, and the sentence that says it. Every pair is compared, at a confidence that holds
 * for all of them together (Bonferroni), so that many contenders do not make a winner by chance.
 */
import type { Random } from '../../src/random.js';
import { counted, time } from '../../src/text/numbers.js';
import { confidenceOfEach, drawsDefault, resample, roundsMin, type Resamples } from './bootstrap.js';
import { compare, type Comparison, type Measure, type Measured } from './comparison.js';

export interface Verdict {
  readonly measure: Measure;
  /** Of all comparisons together. */
  readonly confidence: number;
  readonly rounds: number;
  readonly comparisons: readonly Comparison[];
  /** Better than each of the others; null when there is none. */
  readonly winner: string | null;
  readonly sentence: string;
  /** Of more than two: a sentence for each two that could be told apart. */
  readonly details: readonly string[];
}

export interface VerdictOptions {
  readonly measure: Measure;
  readonly confidence: number;
  readonly random: Random;
  /** By default as many rounds as all contenders have. */
  readonly resamples?: Resamples;
}

/** @param contenders at least one; all with as many rounds, at least one. */
export function judge(contenders: readonly Measured[], options: VerdictOptions): Verdict {
  const { measure, confidence } = options;
  const rounds = contenders[0]?.values.length ?? 0;
  const comparisons = compareAll(contenders.flatMap((a, place) => contenders.slice(place + 1).map((b) => [a, b] as const)), options);
  const winsOf = (name: string): number => comparisons.filter((pair) => winnerOf(pair) === name).length;
  const winner = contenders.length < 2 ? undefined : contenders.find(({ name }) => winsOf(name) === contenders.length - 1);
  const verdict = { measure, confidence, rounds, comparisons, winner: winner?.name ?? null };
  const sure = contenders.length > 2 ? comparisons.filter((pair) => winnerOf(pair) !== undefined) : [];
  return { ...verdict, sentence: sentenceOf(verdict, contenders), details: sure.map(comparisonSentence) };
}

export type Pair = readonly [a: Measured, b: Measured];

/** Each pair, at a confidence that holds for all of them together. */
export function compareAll(pairs: readonly Pair[], { measure, confidence, random, resamples }: VerdictOptions): Comparison[] {
  const drawn = resamples ?? resample(pairs[0]?.[0].values.length ?? 0, random, drawsDefault);
  const each = confidenceOfEach(confidence, pairs.length);
  return pairs.map(([a, b]) => compare(a, b, { measure, resamples: drawn, confidence: each, random }));
}

/** How few rounds of each of so many contenders make a verdict possible. */
export function roundsNeeded(contenders: number, confidence: number): number {
  return roundsFor((contenders * (contenders - 1)) / 2, confidence);
}

/** The same for so many comparisons. */
export function roundsFor(comparisons: number, confidence: number): number {
  return comparisons < 1 ? 1 : roundsMin(confidenceOfEach(confidence, comparisons));
}

export function winnerOf({ outcome, a, b }: Comparison): string | undefined {
  return outcome === 'a' ? a : outcome === 'b' ? b : undefined;
}

function sentenceOf(verdict: Omit<Verdict, 'sentence' | 'details'>, contenders: readonly Measured[]): string {
  const { measure, confidence, rounds, comparisons, winner } = verdict;
  const [first] = comparisons;
  if (first === undefined) return `One contender alone: there is nothing to compare ${contenders[0]?.name ?? ''} with.`;
  if (first.outcome === 'too-few-rounds') return tooFewRounds(rounds, comparisons.length, confidence);
  if (comparisons.length === 1) return comparisonSentence(first);
  if (winner !== null) return `${winner} is the best of ${contenders.length} by ${measure.label}.`;
  const apart = comparisons.some((pair) => winnerOf(pair) !== undefined);
  return `None of the ${contenders.length} is better than all others by ${measure.label}${apart ? '' : ': no two could be told apart'}.`;
}

export function tooFewRounds(rounds: number, comparisons: number, confidence: number): string {
  const enough = `${roundsFor(comparisons, confidence)} are the least for ${percent(confidence, 0)} confidence`;
  return `No verdict: ${counted(rounds, 'round')} of each ${rounds === 1 ? 'is' : 'are'} too few, ${enough}.`;
}

const loserOf = ({ outcome, a, b }: Comparison): string => (outcome === 'a' ? b : a);

/** What one comparison says, as a sentence. */
export function comparisonSentence(comparison: Comparison): string {
  const { measure, a, b, detectable, outcome } = comparison;
  const winner = winnerOf(comparison);
  if (winner !== undefined) return `${winner} is better than ${loserOf(comparison)}: ${measure.label} ${sizeOf(comparison, winner)}.`;
  const limit = amount(measure, detectable);
  if (outcome === 'same') return `${a} and ${b} are the same by ${measure.label}: a difference of more than ${limit} is excluded.`;
  return `No difference between ${a} and ${b} is detectable by ${measure.label}; one of more than ${limit} would have shown.`;
}

/** `1.003 against 3.41, 70.6 % lower (70.1 % to 71.0 % at 95 %)`, from the winner's side. */
function sizeOf({ measure, a, meanA, meanB, difference, interval: { low, high }, confidence }: Comparison, winner: string): string {
  const own = winner === a;
  const [mine, other] = own ? [meanA, meanB] : [meanB, meanA];
  const turned = (part: number): number => (own ? part : measure.by === 'ratio' ? 1 / (1 + part) - 1 : -part);
  const word = turned(difference) < 0 ? 'lower' : 'higher';
  const bounds = [low, high].map((bound) => Math.abs(turned(bound))).sort((one, two) => one - two);
  const range = bounds.map((bound) => amount(measure, bound)).join(' to ');
  const size = amount(measure, Math.abs(turned(difference)));
  return `${value(measure, mine)} against ${value(measure, other)}, ${size} ${word} (${range} at ${percent(confidence, 1)})`;
}

const amount = (measure: Measure, size: number): string => (measure.by === 'ratio' ? percent(size, 1) : value(measure, size));
const value = ({ unit }: Measure, of: number): string => (unit === 's' ? time(of) : digits(of));
const percent = (part: number, places: number): string => `${Number((100 * part).toFixed(places))} %`;

/** Three digits, four around one; never an exponent. */
function digits(given: number): string {
  if (given === 0) return '0';
  const text = given.toPrecision(given >= 1 && given < 2 ? 4 : 3);
  return text.includes('e') ? String(Number(text)) : text;
}
