/** Quantiles against sorting; recording, undoing and merging against each other. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHistogram, cumulative, merge, quantile, record, type Histogram } from '../../src/sim/histogram.js';

const from = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const times = fc.oneof(from(1e-6, 1e6), from(1e-4, 2), fc.constantFrom(0.25, 1, 1024));
const lists = fc.array(times, { minLength: 1, maxLength: 200 });

function of(values: readonly number[]): Histogram {
  const histogram = createHistogram();
  for (const value of values) record(histogram, value);
  return histogram;
}

describe('quantiles', () => {
  it('are within the width of a bin of the sorted values', () => {
    fc.assert(
      fc.property(lists, from(0.001, 1), (values, p) => {
        const right = values.sort((a, b) => a - b)[Math.ceil(p * values.length - 1e-9) - 1]!;
        expect(Math.abs(quantile(of(values), p) / right - 1)).toBeLessThanOrEqual(1 / 128);
      }),
    );
  });

  it('of many exponential times are within half a per cent', () => {
    const count = 100_000;
    const histogram = of(Array.from({ length: count }, (_, index) => -Math.log(1 - (index + 0.5) / count)));
    for (const p of [0.01, 0.5, 0.95, 0.99, 0.999]) expect(quantile(histogram, p) / -Math.log(1 - p)).toBeCloseTo(1, 2.3);
    expect(histogram.sum / histogram.count).toBeCloseTo(1, 3);
  });

  it('of nothing are 0', () => {
    expect(quantile(createHistogram(), 0.5)).toBe(0);
  });

  it.each([
    [0, 0, 1e-6],
    [1e-9, 0, 1e-6],
    [5e-324, 0, 1e-6],
    [1e6, 0.99e6, 1.01e6],
    [1e7, 1e6, 1.1e6],
    [Number.MAX_VALUE, 1e6, 1.1e6],
  ])('%d s is counted from %d to %d', (seconds, least, most) => {
    const found = quantile(of([seconds]), 1);
    expect(found).toBeGreaterThanOrEqual(least);
    expect(found).toBeLessThanOrEqual(most);
  });

  it('put equal times into one bin and different powers of two into different ones', () => {
    const histogram = of(Array.from({ length: 41 }, (_, power) => 2 ** (power - 20)));
    expect([...histogram.counts].filter((count) => count > 0)).toEqual(Array.from({ length: 41 }, () => 1));
  });
});

describe('a histogram', () => {
  it('merges into what recording all would have made', () => {
    fc.assert(
      fc.property(lists, lists, (some, others) => {
        const merged = of(some);
        merge(merged, of(others));
        const all = of([...others, ...some]);
        expect(merged).toEqual({ ...all, sum: merged.sum });
        expect(Math.abs(merged.sum - all.sum)).toBeLessThanOrEqual(1e-9 * all.sum); // floating point knows the order
      }),
      { numRuns: 20 },
    );
  });
});

describe('the cumulative curve', () => {
  it('rises from 0 to 1, and passes through the quantiles', () => {
    fc.assert(
      fc.property(lists, (values) => {
        const curve = cumulative(of(values));
        expect([curve[0]![1], curve.at(-1)![1]]).toEqual([0, 1]);
        for (const [index, [seconds, part]] of curve.slice(1).entries()) {
          const [before, partBefore] = curve[index]!;
          expect(seconds).toBeGreaterThan(before);
          expect(part).toBeGreaterThanOrEqual(partBefore);
          if (seconds < 2 ** 20) expect(part).toBe(values.filter((value) => value < seconds).length / values.length);
        }
      }),
    );
  });

  it('of nothing is nothing', () => {
    expect(cumulative(createHistogram())).toEqual([]);
  });
});
