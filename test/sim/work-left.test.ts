import { describe, expect, it } from 'vitest';
import { createWorkLeft } from '../../src/sim/work-left.js';

describe('work left', () => {
  const busy = (left: ReturnType<typeof createWorkLeft>, atS: number, workers: number): number[] => {
    const to = new Float64Array(workers);
    left.utilisations(atS, to);
    return [...to];
  };

  it('one slot: work waits for the work before it, and what is not done yet belongs to the next interval', () => {
    const left = createWorkLeft(2, 1);
    expect(left.add(0, 1, 3)).toBe(4);
    expect(left.add(0, 2, 4)).toBe(8);
    expect(left.add(1, 3, 0.5)).toBe(3.5);
    expect(busy(left, 5, 2)).toEqual([0.8, 0.1]); // busy from 1 to 5, and for half a second
    expect(busy(left, 10, 2)).toEqual([0.6, 0]); // from 5 to 8
    expect(busy(left, 20, 2)).toEqual([0, 0]);
  });

  it('slots: each is so many times slower, and the one that is free first takes the next', () => {
    const left = createWorkLeft(1, 2);
    expect(left.add(0, 0, 1)).toBe(2);
    expect(left.add(0, 0, 2)).toBe(4);
    expect(left.add(0, 1, 1)).toBe(4); // behind the first one
    expect(busy(left, 5, 1)).toEqual([0.8]); // both slots until 4
  });

  it('one busy slot of two is half of the worker', () => {
    const left = createWorkLeft(1, 2);
    left.add(0, 0, 1);
    expect(busy(left, 1, 1)).toEqual([0.5]);
    expect(busy(left, 2, 1)).toEqual([0.5]);
    expect(busy(left, 3, 1)).toEqual([0]);
  });

  it('what is dropped kept nobody busy, in any slot, and is dropped but once', () => {
    for (const slots of [1, 2]) {
      const left = createWorkLeft(1, slots);
      for (let slot = 0; slot < slots; slot += 1) left.add(0, 0, 10 / slots);
      left.drop(0, 4);
      left.drop(0, 5);
      expect(busy(left, 8, 1), `${slots} slots`).toEqual([0.5]);
      expect(left.add(0, 9, 1 / slots), `${slots} slots`).toBe(10);
      expect(busy(left, 16, 1)[0]).toBeCloseTo(1 / slots / 8);
    }
  });

  it('an interval of no length is not busy', () => {
    const left = createWorkLeft(1, 1);
    left.add(0, 0, 5);
    expect(busy(left, 0, 1)).toEqual([0]);
    expect(busy(left, 4, 1)).toEqual([1]);
  });
});
