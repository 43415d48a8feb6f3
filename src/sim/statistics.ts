/**
 * What repetitions tell: means with 95 % confidence by Student's t, quantiles of samples. Of nothing the mean is 0.
 */

export interface Estimate {
  readonly mean: number;
  /** Half the width of the 95 % confidence interval; null where there is but one repetition. */
  readonly halfWidth: number | null;
}

/** From independent values, one a repetition. */
export function estimate(values: readonly number[]): Estimate {
  const average = mean(values);
  if (values.length < 2) return { mean: average, halfWidth: null };
  const variance = values.reduce((sum, value) => sum + (value - average) * (value - average), 0) / (values.length - 1);
  return { mean: average, halfWidth: studentT(values.length - 1) * Math.sqrt(variance / values.length) };
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at] as number; // below the length
  return values.length === 0 ? 0 : sum / values.length;
}

/** @param sorted ascending. Between two values in proportion. */
export function quantileOf(sorted: Float64Array, p: number): number {
  const place = p * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  return below + ((sorted[Math.ceil(place)] ?? 0) - below) * (place - Math.floor(place));
}

/** Two-sided, for 1, 2, … degrees of freedom. */
const few = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];

/** The 97.5 % quantile of Student's t; from 11 degrees on by the first terms of its expansion around the normal one, to 4 digits. */
export function studentT(degrees: number): number {
  const known = few[degrees - 1];
  if (known !== undefined) return known;
  const z = 1.959963984540054;
  const z2 = z * z;
  const first = (z * (z2 + 1)) / 4;
  const second = (z * (5 * z2 * z2 + 16 * z2 + 3)) / 96;
  const third = (z * (3 * z2 * z2 * z2 + 19 * z2 * z2 + 17 * z2 - 15)) / 384;
  return z + (first + (second + third / degrees) / degrees) / degrees;
}
