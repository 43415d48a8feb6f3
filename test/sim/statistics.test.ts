/** Means, their confidence, quantiles. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.js';
import { estimate, mean, quantileOf, studentT } from '../../src/sim/statistics.js';

describe('the estimate of repetitions', () => {
  it('has the half-width of the tables', () => {
    // Mean 3, standard deviation √2.5, five values: 2.7764 · √(2.5/5).
    expect(estimate([1, 2, 3, 4, 5])).toEqual({ mean: 3, halfWidth: expect.closeTo(1.96321, 4) });
  });

  it('has none for one, and nothing is 0', () => {
    expect(estimate([7])).toEqual({ mean: 7, halfWidth: null });
    expect(estimate([])).toEqual({ mean: 0, halfWidth: null });
    expect(mean(new Float64Array(0))).toBe(0);
  });

  it('covers the truth 95 times of 100', () => {
    const random = createRandom(3);
    let covered = 0;
    for (let experiment = 0; experiment < 4000; experiment += 1) {
      // Sums of twelve uniform numbers are as good as normal; their mean is 6.
      const values = Array.from({ length: 4 }, () => Array.from({ length: 12 }, () => random.next()).reduce((a, b) => a + b));
      const { mean: found, halfWidth } = estimate(values);
      if (Math.abs(found - 6) <= halfWidth!) covered += 1;
    }
    expect(covered / 4000).toBeCloseTo(0.95, 1.7); // within 0.01
  });
});

it.each([
  [1, 12.706],
  [4, 2.776],
  [10, 2.228],
  [11, 2.201],
  [15, 2.131],
  [19, 2.093],
  [30, 2.042],
  [120, 1.98],
  [1e9, 1.96],
])("Student's t of %d degrees is %d", (degrees, expected) => {
  expect(studentT(degrees)).toBeCloseTo(expected, 3);
});

it.each([
  [0, 1],
  [0.5, 3],
  [0.9, 4.6],
  [1, 5],
])('quantile %d of 1 to 5 is %d', (p, expected) => {
  expect(quantileOf(Float64Array.of(1, 2, 3, 4, 5), p)).toBeCloseTo(expected, 12);
});

it('the quantile of nothing is 0', () => {
  expect(quantileOf(new Float64Array(0), 0.5)).toBe(0);
});
