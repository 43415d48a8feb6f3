/** The numbers of evenness. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairness } from '../../src/pool/fairness.js';

describe('fairness', () => {
  it.each([
    [[1000, 1000, 1000, 1000], { total: 4000, shares: [0.25, 0.25, 0.25, 0.25], jain: 1, maxOverMean: 1, cv: 0 }],
    [[4, 0, 0, 0], { total: 4, shares: [1, 0, 0, 0], jain: 0.25, maxOverMean: 4, cv: Math.sqrt(3) }],
    [[3, 1], { total: 4, shares: [0.75, 0.25], jain: 0.8, maxOverMean: 1.5, cv: 0.5 }],
    [[7], { total: 7, shares: [1], jain: 1, maxOverMean: 1, cv: 0 }],
    [[], { total: 0, shares: [], jain: 1, maxOverMean: 1, cv: 0 }],
    [[0, 0], { total: 0, shares: [0, 0], jain: 1, maxOverMean: 1, cv: 0 }],
  ])('of %j', (counts, expected) => {
    const found = fairness(counts);
    expect(found).toEqual({ ...expected, jain: expect.closeTo(expected.jain, 12), cv: expect.closeTo(expected.cv, 12) });
  });

  it('keeps its bounds and relations, and does not depend on scale', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 50 }), fc.integer({ min: 2, max: 1000 }), (counts, factor) => {
        fc.pre(counts.some((count) => count > 0));
        const { jain, maxOverMean, cv, shares } = fairness(counts);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        expect(jain).toBeGreaterThanOrEqual(1 / counts.length - 1e-9);
        expect(jain).toBeLessThanOrEqual(1 + 1e-9);
        expect(maxOverMean).toBeGreaterThanOrEqual(1 - 1e-9);
        expect(jain).toBeCloseTo(1 / (1 + cv ** 2), 9);
        expect(fairness(counts.map((count) => count * factor)).jain).toBeCloseTo(jain, 9);
      }),
    );
  });
});
