/**
 * Long series for narrow drawings. The peaks are what a reader looks for, so a stretch of intervals keeps its smallest and its
 * largest value beside its mean, which alone would hide the saturated minute.
 */

/** What several neighbours become: [from, to) and what is between. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly least: number;
  readonly most: number;
  readonly mean: number;
}

export function stretches(values: readonly number[], count: number): readonly Stretch[] {
  return buckets(values.length, count).map(([from, to]) => {
    const own = values.slice(from, to);
    return { from, to, least: Math.min(...own), most: Math.max(...own), mean: own.reduce((sum, value) => sum + value, 0) / own.length };
  });
}

/** The largest of each bucket; at most `bucketsMax` values. */
export function peaks(values: readonly number[], bucketsMax: number): readonly number[] {
  if (values.length <= bucketsMax) return values;
  return stretches(values, bucketsMax).map(({ most }) => most);
}

/** [from, to) of each; none is empty, for there are never more buckets than values. */
export function buckets(length: number, count: number): readonly (readonly [from: number, to: number])[] {
  const used = Math.min(length, count);
  const edge = (index: number): number => Math.floor((index * length) / used);
  return Array.from({ length: used }, (_, index) => [edge(index), edge(index + 1)]);
}
