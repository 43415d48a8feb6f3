/**
 * What several measurements of the same thing say: the median, and how far apart they are.
 */

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Null when nothing was measured. */
export function spreadOf(values: readonly number[]): Spread | null {
  const median = medianOf(values);
  return median === null ? null : { median, least: Math.min(...values), most: Math.max(...values) };
}

/** Of an even number of values the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** `12.3 (11.9–14.0)`. */
export function spreadText(spread: Spread | null, digits: (value: number) => string): string {
  return spread === null ? 'unknown' : `${digits(spread.median)} (${digits(spread.least)}–${digits(spread.most)})`;
}
