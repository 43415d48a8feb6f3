/**
 * Latencies of several rounds together, by a histogram of high dynamic range (`sim/histogram.ts`): each within 0.8 %.
 */
import { createHistogram, merge, quantile, type Histogram } from '../../src/sim/histogram.js';
import type { Latency } from './result.js';

export function latencyOf(histograms: readonly Histogram[]): Latency {
  const all = createHistogram();
  for (const each of histograms) merge(all, each);
  const { count, sum } = all;
  const [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1].map((part) => quantile(all, part)) as [number, number, number, number]; // as many
  return { count, mean: count === 0 ? 0 : sum / count, p50, p95, p99, max };
}
