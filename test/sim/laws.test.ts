/** Means, variances and tails of the laws, from a fixed seed: near the closed forms by a few standard errors. */
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../src/random.js';
import { createSampler, createSessionLengths, createWorkSampler, exponential } from '../../src/sim/laws.js';
import type { Law } from '../../src/sim/scenario.js';

const draws = 100_000;

function moments(sample: () => number): { mean: number; cv2: number; values: Float64Array } {
  const values = Float64Array.from({ length: draws }, sample);
  const mean = values.reduce((sum, value) => sum + value, 0) / draws;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws;
  return { mean, cv2: variance / mean ** 2, values };
}

const partAbove = (values: Float64Array, bound: number): number => values.filter((value) => value > bound).length / values.length;

const law = (name: Law['law'], cv2 = 1): Law => ({ law: name, cv2 });

describe('samplers have mean 1 and the squared coefficient of variation asked for', () => {
  it.each<[Law, number, number]>([
    [law('deterministic'), 0, 0],
    [law('exponential'), 1, 0.03],
    [law('lognormal', 0.25), 0.25, 0.02],
    [law('lognormal', 2), 2, 0.3],
    [law('hyper-exponential', 1.5), 1.5, 0.05],
    [law('hyper-exponential', 10), 10, 0.6],
  ])('%j', (some, cv2, tolerance) => {
    const found = moments(createSampler(some, createRandom(11)));
    expect(Math.abs(found.mean - 1)).toBeLessThanOrEqual(5 * Math.sqrt(cv2 / draws));
    expect(Math.abs(found.cv2 - cv2)).toBeLessThanOrEqual(tolerance);
    expect(found.values.every((value) => value >= 0)).toBe(true);
  });
});

describe('shapes', () => {
  it('exponential: e^-x is above x', () => {
    const random = createRandom(5);
    const { values } = moments(() => exponential(random));
    for (const bound of [0.1, 1, 3]) expect(partAbove(values, bound)).toBeCloseTo(Math.exp(-bound), 2.3);
  });

  it('lognormal: half is above the median 1/√(1 + cv²)', () => {
    expect(partAbove(moments(createSampler(law('lognormal', 3), createRandom(6))).values, 0.5)).toBeCloseTo(0.5, 2.3);
  });

  it('hyper-exponential: two phases, each with half of the mean', () => {
    // cv² = 3: √½ under the root, so the phases have parts (1 ± √½)/2 and rates twice those.
    const often = (1 + Math.SQRT1_2) / 2;
    const above = (bound: number): number => often * Math.exp(-2 * often * bound) + (1 - often) * Math.exp(-2 * (1 - often) * bound);
    const { values } = moments(createSampler(law('hyper-exponential', 3), createRandom(7)));
    for (const bound of [0.2, 1, 5]) expect(partAbove(values, bound)).toBeCloseTo(above(bound), 2.3);
  });

  it('are finite at the ends of the generator', () => {
    for (const u of [0, 1 - 2 ** -32]) {
      const random: Random = { next: () => u, below: () => 0, fill: (to) => void to.fill(u) };
      expect(exponential(random)).toBeCloseTo(u === 0 ? 0 : 22.18, 2);
      const work = createWorkSampler({ min: 500, max: 500 }, law('exponential'), random);
      expect(work()).toBeCloseTo(u === 0 ? 0 : 500 * 22.1807, 1);
    }
  });
});

describe('work of a request', () => {
  it('deterministic hits: their number, each as often as the others', () => {
    const { values } = moments(createWorkSampler({ min: 5, max: 15 }, law('deterministic'), createRandom(8)));
    expect(new Set(values)).toEqual(new Set([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]));
    for (const count of [5, 10, 15]) expect(values.filter((value) => value === count).length / draws).toBeCloseTo(1 / 11, 2.3);
  });

  it.each<[Law, { min: number; max: number }]>([
    [law('exponential'), { min: 5, max: 15 }],
    [law('exponential'), { min: 1, max: 1 }],
    [law('exponential'), { min: 100, max: 100 }],
    [law('lognormal', 2), { min: 2, max: 4 }],
    [law('hyper-exponential', 4), { min: 3, max: 3 }],
  ])('%j, hits %j: a sum of independent draws', (some, hits) => {
    const { mean, cv2 } = moments(createWorkSampler(hits, some, createRandom(9)));
    const hitsMean = (hits.min + hits.max) / 2;
    const hitsVariance = ((hits.max - hits.min + 1) ** 2 - 1) / 12;
    const variance = hitsMean * some.cv2 + hitsVariance; // of a random sum, each term with mean 1
    expect(Math.abs(mean - hitsMean)).toBeLessThan(5 * Math.sqrt(variance / draws));
    expect(cv2 / (variance / hitsMean ** 2)).toBeCloseTo(1, 1);
  });
});

describe('lengths of sessions', () => {
  it('geometric on 1, 2, 3, …: mean 20, variance 20·19', () => {
    const { mean, cv2, values } = moments(createSessionLengths({ law: 'geometric', requestsMean: 20 }, createRandom(10)));
    expect(mean).toBeCloseTo(20, 0);
    expect(cv2).toBeCloseTo(19 / 20, 1.5);
    expect(values.every((value) => Number.isInteger(value) && value >= 1)).toBe(true);
    expect(partAbove(values, 1)).toBeCloseTo(0.95, 2.3);
  });

  it.each([
    [{ law: 'geometric', requestsMean: 1 } as const, 1],
    [{ law: 'fixed', requestsMean: 20 } as const, 20],
  ])('%j: always %d', (session, expected) => {
    const length = createSessionLengths(session, createRandom(1));
    expect(new Set(Array.from({ length: 100 }, () => length()))).toEqual(new Set([expected]));
  });
});
