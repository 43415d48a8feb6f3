/**
 * Our logarithm and exponential, against the platform's (which may be off by an ulp itself) and against digits that must
 * never change.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exp, ln } from '../../src/sim/numeric.js';

/** In units of the last place of `right`. */
function ulps(found: number, right: number): number {
  if (found === right) return 0;
  const bits = new BigInt64Array(new Float64Array([found, right]).buffer);
  return Math.abs(Number(bits[0]! - bits[1]!));
}

const from = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const positive = fc.oneof(from(2 ** -1022, Number.MAX_VALUE), from(0.5, 2), from(2 ** -32, 1));
const exponent = fc.oneof(from(-700, 700), from(-1, 1));

describe('ln', () => {
  it.each([
    [1, 0],
    [2, Math.LN2],
    [0.5, -Math.LN2],
    [10, Math.LN10],
    [Math.E, 1],
    [2 ** -1022, -708.3964185322641],
    [Number.MAX_VALUE, 709.782712893384],
    [2 ** -32, -22.18070977791825],
    [1 - 2 ** -32, -2.3283064368133e-10],
  ])('of %d', (x, expected) => {
    expect(ulps(ln(x), expected)).toBeLessThanOrEqual(expected === -2.3283064368133e-10 ? 1e5 : 1);
  });

  it('is that of the platform, within two units of the last place', () => {
    fc.assert(fc.property(positive, (x) => ulps(ln(x), Math.log(x)) <= 2), { numRuns: 5000 });
  });

  it('never falls', () => {
    fc.assert(
      fc.property(positive, positive, (x, y) => ln(Math.min(x, y)) <= ln(Math.max(x, y))),
      { numRuns: 2000 },
    );
    for (const step of [1, 2 ** 20]) {
      let last = ln(Math.SQRT2 - 1000 * step * 2 ** -52);
      for (let at = -999; at < 1000; at += 1) {
        const here = ln(Math.SQRT2 + at * step * 2 ** -52);
        expect(here).toBeGreaterThanOrEqual(last);
        last = here;
      }
    }
  });
});

describe('exp', () => {
  it.each([
    [0, 1],
    [1, Math.E],
    [-1, 1 / Math.E],
    [Math.LN2, 2],
    [700, 1.0142320547350045e304],
    [-700, 9.85967654375977e-305],
    [1e-300, 1],
  ])('of %d', (x, expected) => {
    expect(ulps(exp(x), expected)).toBeLessThanOrEqual(1);
  });

  it('is that of the platform, within two units of the last place', () => {
    fc.assert(fc.property(exponent, (x) => ulps(exp(x), Math.exp(x)) <= 2), { numRuns: 5000 });
  });

  it('undoes ln', () => {
    fc.assert(fc.property(from(-700, 700), (x) => Math.abs(ln(exp(x)) - x) <= 1e-13 * Math.max(1, Math.abs(x))));
  });
});

/** Folded over many arguments: one digit that differs on another machine changes it. */
it('has the digits it always had', () => {
  const bits = new BigUint64Array(1);
  const number = new Float64Array(bits.buffer);
  let hash = 0xcbf29ce484222325n;
  const fold = (x: number): void => {
    number[0] = x;
    hash = BigInt.asUintN(64, (hash ^ bits[0]!) * 0x100000001b3n);
  };
  for (let step = 1; step <= 5000; step += 1) {
    fold(ln(step / 4096));
    fold(exp((step - 2500) / 7));
  }
  expect(hash.toString(16)).toBe('586b975591669b19');
});
