/**
 * Response times in bins whose bounds grow by a constant factor: quantiles within a per cent of their value, at a few
 * nanoseconds a time and whatever the number of responses.
 */

export interface Histogram {
  readonly counts: Float64Array;
  count: number;
  sum: number;
}
