/** Bags give back what was put in, whatever the order in which chunks are filled and freed. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunkStart, closeChunk, countTo, createEventBags, put } from '../../src/sim/event-bags.js';

it('a bag has what was put into it since it was taken out last', () => {
  const act = fc.record({ bag: fc.nat(4), count: fc.constantFrom(0, 1, 63, 64, 65, 200), take: fc.boolean() });
  const acts = fc.array(act, { maxLength: 30 });
  fc.assert(
    fc.property(acts, (plan) => {
      const bags = createEventBags(5);
      const expected: number[][] = [[], [], [], [], []];
      let serial = 0;
      for (const { bag, count, take } of plan) {
        for (let more = count; more > 0; more -= 1, serial += 1) {
          put(bags, bag, serial / 2, serial);
          expected[bag]!.push(serial);
        }
        if (!take) continue;
        const found: number[] = [];
        let end = bags.ends[bag]!;
        bags.ends[bag] = 0;
        expect(countTo(bags, end)).toBe(expected[bag]!.length);
        while (end > 0) {
          const start = chunkStart(end);
          const events = Array.from({ length: end - start }, (_, at) => bags.events.subarray(2 * (start + at), 2 * (start + at) + 2));
          expect(events.every(([atS, id]) => atS === Number(id) / 2)).toBe(true);
          found.unshift(...events.map(([, id]) => Number(id)));
          end = closeChunk(bags, end);
        }
        expect(found).toEqual(expected[bag]);
        expected[bag] = [];
      }
    }),
  );
});
