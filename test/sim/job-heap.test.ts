import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJobHeap } from '../../src/sim/job-heap.js';

describe('a heap of jobs', () => {
  it('has nothing first when it is empty', () => {
    const heap = createJobHeap();
    expect([heap.size(), heap.firstKey()]).toEqual([0, Infinity]);
    heap.push(1, 0, 0, 0);
    heap.pop();
    expect([heap.size(), heap.firstKey()]).toEqual([0, Infinity]);
  });

  it('gives jobs back by key, each with its own numbers, also beyond its first capacity of 64', () => {
    const job = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(job, { maxLength: 300 }), (jobs) => {
        const heap = createJobHeap();
        const waiting: number[] = [];
        jobs.forEach(([key, pops], client) => {
          heap.push(key, key + 0.5, client / 4, client);
          waiting.push(key);
          waiting.sort((a, b) => a - b);
          expect(heap.firstKey()).toBe(waiting[0]);
          const first = heap.firstClient();
          expect([heap.firstArrivedS(), heap.firstExtraS()]).toEqual([(jobs[first]?.[0] ?? Number.NaN) + 0.5, first / 4]);
          if (!pops) return;
          heap.pop();
          waiting.shift();
        });
        for (const key of waiting) {
          expect(heap.firstKey()).toBe(key);
          heap.pop();
        }
        expect(heap.size()).toBe(0);
      }),
    );
  });
});
