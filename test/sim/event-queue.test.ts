/**
 * The event queue against a sorted list, under every distribution of times that could hurt it.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.js';
import { createEventHeap, pop, push } from '../../src/sim/event-heap.js';
import { createEventQueue, type EventQueue } from '../../src/sim/event-queue.js';

interface Reference {
  schedule(id: number, atS: number): void;
  next(beforeS: number): number;
  cancel(id: number): void;
  timeOf(id: number): number;
}

/** What it is, in the fewest words. */
function createReference(): Reference {
  const pending = new Map<number, number>();
  return {
    schedule: (id, atS) => void pending.set(id, atS),
    next(beforeS) {
      const [first] = [...pending].filter(([, atS]) => atS < beforeS).sort(([a, aS], [b, bS]) => aS - bS || a - b);
      if (first === undefined) return -1;
      pending.delete(first[0]);
      return first[0];
    },
    cancel: (id) => void pending.delete(id),
    timeOf: (id) => pending.get(id) ?? Infinity,
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

const steps = fc.array(
  fc.record({
    act: fc.constantFrom('next', 'next', 'next', 'next before', 'schedule', 'schedule', 'cancel', 'again'),
    id: fc.nat(1000),
    u: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    law: fc.constantFrom(...Object.values(delays)),
  }),
  { maxLength: 400 },
);

/** Does the same to both and compares what they say. */
function follow(ids: number, spacingS: number, plan: typeof steps extends fc.Arbitrary<infer T> ? T : never, only?: (u: number) => number): void {
  const queue = createEventQueue(ids, spacingS);
  const reference = createReference();
  let nowS = 0;
  const take = (beforeS: number): void => {
    const expected = reference.next(beforeS);
    expect(queue.next(beforeS)).toBe(expected);
    if (expected >= 0) nowS = queue.timeOf(expected);
  };
  const put = (id: number, atS: number): void => {
    queue.schedule(id, atS);
    reference.schedule(id, atS);
  };
  for (const { act, id: raw, u, law } of plan) {
    const id = raw % ids;
    const atS = nowS + (only ?? law)(u);
    if (act === 'next') take(Infinity);
    else if (act === 'next before') take(atS);
    else if (act === 'schedule' && reference.timeOf(id) === Infinity) put(id, atS);
    else if (act === 'cancel' || act === 'again') {
      const oldS = reference.timeOf(id);
      queue.cancel(id);
      reference.cancel(id);
      if (act === 'again' && oldS !== Infinity) put(id, u < 0.5 ? oldS : atS);
    }
    if (reference.timeOf(id) !== Infinity) expect(queue.timeOf(id)).toBe(reference.timeOf(id));
  }
  for (let left = 0; left <= ids; left += 1) take(Infinity);
}

describe('an event queue', () => {
  it.each(Object.entries(delays))('is right when delays are: %s', (_, delay) => {
    fc.assert(
      fc.property(fc.constantFrom(1, 3, 50, 400), fc.constantFrom(1e-9, 1e-3, 1, 1e6), steps, (ids, spacingS, plan) => follow(ids, spacingS, plan, delay)),
      { numRuns: 60 },
    );
  });

  it('is right when laws mix', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 1e-12, max: 1e12, noNaN: true }), steps, (ids, spacingS, plan) => follow(ids, spacingS, plan)),
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
      if (queue.next(Infinity) !== id || queue.timeOf(id) !== atS) expect([id, atS]).toEqual('the next');
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
    expect([queue.next(10), queue.next(5)]).toEqual([-1, -1]);
    queue.schedule(2, 3);
    expect([queue.next(10), queue.timeOf(2), queue.next(10)]).toEqual([2, 3, -1]);
    queue.schedule(2, 3);
    expect([queue.next(Infinity), queue.next(11), queue.next(2e9), queue.next(Infinity)]).toEqual([2, 1, 0, -1]);
  });

  it('tells when an event is due, was due last, or that there is none', () => {
    const queue = createEventQueue(2, 1);
    queue.schedule(0, 4);
    expect([queue.timeOf(0), queue.timeOf(1)]).toEqual([4, Infinity]);
    queue.next(5);
    expect(queue.timeOf(0)).toBe(4);
    queue.schedule(0, 6);
    queue.cancel(0);
    queue.cancel(1);
    expect(queue.next(Infinity)).toBe(-1);
  });

  it.each<[string, (queue: EventQueue) => void]>([
    ['the past', (queue) => queue.schedule(0, 6.999)],
    ['a negative time', (queue) => queue.schedule(0, -1)],
    ['no number', (queue) => queue.schedule(0, Number.NaN)],
    ['never', (queue) => queue.schedule(0, Infinity)],
    ['what is pending', (queue) => queue.schedule(1, 9)],
    ['an id that there is not', (queue) => queue.schedule(2, 9)],
  ])('refuses %s', (_, act) => {
    const queue = createEventQueue(2, 1);
    queue.schedule(0, 7);
    queue.schedule(1, 8);
    queue.next(8);
    expect(() => act(queue)).toThrow(RangeError);
    expect([queue.next(9), queue.next(9)]).toEqual([1, -1]);
  });
});
