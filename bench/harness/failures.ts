/**
 * What went wrong, by what it was. Kinds come from closed lists or few codes of the system, so a tally does not grow.
 */
import { grouped } from '../../src/text/numbers.js';

export interface Tally {
  add(what: string): void;
  counts(): Readonly<Record<string, number>>;
}

export function createTally(): Tally {
  const counts: Record<string, number> = {};
  return { add: (what) => void (counts[what] = (counts[what] ?? 0) + 1), counts: () => ({ ...counts }) };
}

/** Without those that never happened. */
export function happened(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, times]) => times > 0));
}

/** All of several turns together. */
export function sumOf(each: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [what, times] of each.flatMap((counts) => Object.entries(counts))) sum[what] = (sum[what] ?? 0) + times;
  return sum;
}

/** `12 lost, 3 SERVFAIL`; empty when nothing went wrong. */
export function failuresText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([what, times]) => `${grouped(times)} ${what}`).join(', ');
}
