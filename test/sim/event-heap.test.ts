/** A heap of events against sorting. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createEventHeap, pop, push } from '../../src/sim/event-heap.js';

it('gives what was put in, by time and then by id', () => {
  const times = fc.oneof(fc.nat(3), fc.double({ min: 0, max: 1e9, noNaN: true }));
  fc.assert(
    fc.property(fc.array(fc.tuple(times, fc.nat(100)), { maxLength: 300 }), fc.nat(300), (events, early) => {
      const heap = createEventHeap();
      const taken: [number, number][] = [];
      const take = (): void => {
        taken.push([heap.times[0]!, heap.ids[0]!]);
        pop(heap);
      };
      const [first, rest] = [events.slice(0, early), events.slice(early)];
      for (const [atS, id] of first) push(heap, atS, id);
      const half = Math.floor(first.length / 2);
      for (let count = 0; count < half; count += 1) take();
      const bySort = [...first].sort(([aS, a], [bS, b]) => aS - bS || a - b);
      const left = [...bySort.splice(half), ...rest].sort(([aS, a], [bS, b]) => aS - bS || a - b);
      for (const [atS, id] of rest) push(heap, atS, id);
      while (heap.size > 0) take();
      expect(taken).toEqual([...bySort, ...left]);
    }),
  );
});
