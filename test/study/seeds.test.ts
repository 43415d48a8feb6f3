import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seedOf } from '../../src/study/seeds.js';

it('no two repetitions of a study have the same seed, and none is what the neighbouring study has', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seed) => {
      const seeds = [seed, (seed + 1) % 2 ** 32].flatMap((one) => Array.from({ length: 100 }, (_, repetition) => seedOf(one, repetition)));
      expect(new Set(seeds).size).toBe(200);
      expect(seeds.every((one) => Number.isInteger(one) && one >= 0 && one < 2 ** 32)).toBe(true);
    }),
  );
});

it('is the same for ever: results that somebody kept stay reproducible', () => {
  expect([seedOf(1, 0), seedOf(1, 1), seedOf(2 ** 32 - 1, 7)]).toEqual([3405691463, 4114278092, 4217552176]);
});
