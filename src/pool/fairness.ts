/**
 * How even a list of counts is, in the numbers that people compare: shares, Jain's index, max/mean and the coefficient
 * of variation. Pure; used by `resolve -n`, `status`, the benches and the simulator, so that all speak of the same thing.
 *
 * Nothing counted yet is even: of an empty or all-zero list Jain's index and max/mean are 1, the variation is 0.
 */

export interface Fairness {
  readonly total: number;
  /** Part of the total, each from 0 to 1. */
  readonly shares: readonly number[];
  /** Jain's index (Σx)² / (n·Σx²): 1 is perfectly even, 1/n all on one. */
  readonly jain: number;
  /** The busiest one's load relative to the average; 1 is even, n all on one. */
  readonly maxOverMean: number;
  /** Standard deviation (of the whole population) relative to the average; 0 is even. */
  readonly cv: number;
}

/** @param counts finite and not negative. */
export function fairness(counts: readonly number[]): Fairness {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return { total, shares: counts.map(() => 0), jain: 1, maxOverMean: 1, cv: 0 };
  // Relative to the mean, so that squares of large counts keep their digits.
  const loads = counts.map((count) => (count * counts.length) / total);
  const meanSquare = loads.reduce((sum, load) => sum + load * load, 0) / loads.length;
  const variance = loads.reduce((sum, load) => sum + (load - 1) * (load - 1), 0) / loads.length;
  return {
    total,
    shares: counts.map((count) => count / total),
    jain: 1 / meanSquare,
    maxOverMean: loads.reduce((most, load) => Math.max(most, load), 0),
    cv: Math.sqrt(variance),
  };
}
