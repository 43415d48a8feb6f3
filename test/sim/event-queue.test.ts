/**
 * The event queue against a sorted list, under every distribution of times that could hurt it.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.js';
import { createEventHeap, pop, push } from '../../src/sim/event-heap.js';
import { createEventQueue, type EventQueue } from '../../src/sim/event-queue.js';

/** What it is, in the fewest words. */
function createReference(): Omit<EventQueue, 'readAhead'> {
  const pending: (readonly [atS: number, id: number])[] = [];
  let lastS = 0;
  return {
    schedule: (id, atS) => void pending.push([atS, id]),
    next(beforeS) {
      const [[atS, id] = [Infinity, -1]] = pending.sort(([aS, a], [bS, b]) => aS - bS || a - b);
      if (atS >= beforeS) return -1;
      pending.shift();
      lastS = atS;
      return id;
    },
    timeS: () => lastS,
  };
}

/** How far ahead the next event of somebody is; `u` is uniform. */
const delays = {
  'at once': () => 0,
  'whole seconds': (u: number) => Math.floor(u * 4),
  uniform: (u: number) => u,
  'heavy tail': (u: number) => 1 / (1 - u) ** 3 - 1,
  'two scales': (u: number) => (u < 0.3 ? u * 1e-7 : u * 1e6),
  'a thousand million seconds': (u: number) => 1e9 + u * 1e-3,
  'every scale': (u: number) => 10 ** (u * 24 - 12),
  'below what floating point tells apart': (u: number) => (u < 0.1 ? 1e12 : u * 1e-9),
};

interface Step {
  readonly act: 'next' | 'next before' | 'schedule';
  readonly id: number;
  readonly u: number;
  readonly delay: (u: number) => number;
}

const steps = fc.array(
  fc.record<Step>({
    act: fc.constantFrom('next', 'next', 'next before', 'schedule', 'schedule'),
    id: fc.nat(1000),
    u: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    delay: fc.constantFrom(...Object.values(delays)),
  }),
  { maxLength: 400 },
);

/** Does the same to both and compares what they say. */
function follow(ids: number, spacingS: number, plan: readonly Step[], only?: (u: number) => number): void {
  const queue = createEventQueue(ids, spacingS);
  const reference = createReference();
  const take = (beforeS: number): number => {
    const expected = reference.next(beforeS);
    expect([queue.next(beforeS), queue.timeS()]).toEqual([expected, reference.timeS()]);
    return expected;
  };
  for (const { act, id, u, delay } of plan) {
    const atS = reference.timeS() + (only ?? delay)(u);
    if (act === 'schedule') {
      queue.schedule(id, atS);
      reference.schedule(id, atS);
    } else take(act === 'next' ? Infinity : atS);
  }
  while (take(Infinity) >= 0);
}

describe('an event queue', () => {
  it.each(Object.entries(delays))('is right when delays are: %s', (_, delay) => {
    fc.assert(
      fc.property(fc.constantFrom(1, 50, 5000), fc.constantFrom(1e-9, 1e-3, 1, 1e6), steps, (ids, spacingS, plan) =>
        follow(ids, spacingS, plan, delay),
      ),
      { numRuns: 60 },
    );
  });

  it('is right when laws mix', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 1e-12, max: 1e12, noNaN: true }), steps, (ids, spacingS, plan) =>
        follow(ids, spacingS, plan),
      ),
      { numRuns: 300 },
    );
  });

  /** Large enough that heaps are crowded and epochs are cut anew; the heap itself is tested beside this. */
  it.each(
    Object.entries(delays).flatMap(([name, delay]) => [1e-9, 1e-3, 1e3].map((spacingS) => ({ name, delay, spacingS }))),
  )('goes with a heap of 2000 ids: $name, hint $spacingS', ({ delay, spacingS }) => {
    const ids = 2000;
    const queue = createEventQueue(ids, spacingS);
    const random = createRandom(7);
    const heap = createEventHeap();
    const left = new Int32Array(ids).fill(12);
    const put = (id: number, atS: number): void => {
      queue.schedule(id, atS);
      push(heap, atS, id);
    };
    for (let id = 0; id < ids; id += 1) put(id, delay(random.next()));
    while (heap.size > 0) {
      const [id = -1] = heap.ids;
      const [atS = -1] = heap.times;
      pop(heap);
      if (queue.next(Infinity) !== id || queue.timeS() !== atS) expect([id, atS]).toEqual('the next');
      left[id] = left[id]! - 1;
      if (left[id]! > 0) put(id, atS + delay(random.next()));
    }
    expect(queue.next(Infinity)).toBe(-1);
    expect(left.every((count) => count === 0)).toBe(true);
  });

  it('gives equal times in order of ids', () => {
    const queue = createEventQueue(1000, 1);
    for (let id = 999; id >= 0; id -= 1) queue.schedule((id * 7) % 1000, 5);
    expect(Array.from({ length: 1001 }, () => queue.next(6))).toEqual([...Array.from({ length: 1000 }, (_, id) => id), -1]);
  });

  it('gives nothing at or after the bound, and takes an earlier event after that', () => {
    const queue = createEventQueue(3, 1);
    queue.schedule(0, 1e9);
    queue.schedule(1, 10);
    expect([queue.next(10), queue.next(5), queue.timeS()]).toEqual([-1, -1, 0]);
    queue.schedule(2, 3);
    expect([queue.next(10), queue.timeS(), queue.next(10)]).toEqual([2, 3, -1]);
    queue.schedule(2, 3);
    expect([queue.next(Infinity), queue.next(11), queue.next(2e9), queue.timeS(), queue.next(Infinity)]).toEqual([2, 1, 0, 1e9, -1]);
  });

  it.each([6.999, -1, Number.NaN, Infinity])('refuses the past, never and no number: %d', (atS) => {
    const queue = createEventQueue(2, 1);
    queue.schedule(0, 7);
    queue.next(8);
    expect(() => queue.schedule(0, atS)).toThrow(RangeError);
    expect(queue.next(Infinity)).toBe(-1);
  });
});
