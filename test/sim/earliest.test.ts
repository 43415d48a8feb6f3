import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEarliest } from '../../src/sim/earliest.js';

describe('the earliest of some times', () => {
  it.each([1, 2, 3, 5, 8])('of %d is what a search finds, the lower index of equals', (count) => {
    const change = fc.record({ index: fc.nat({ max: count - 1 }), atS: fc.constantFrom(1, 2, 3, Infinity) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const earliest = createEarliest(count);
        const times = Array.from({ length: count }, () => Infinity);
        expect(earliest.timeS()).toBe(Infinity);
        for (const { index, atS } of changes) {
          earliest.set(index, atS);
          times[index] = atS;
          expect(earliest.timeS()).toBe(Math.min(...times));
          expect(earliest.index()).toBe(times.indexOf(Math.min(...times)));
        }
      }),
    );
  });
});
