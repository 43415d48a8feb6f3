/** Fading loads, against adding them up one by one. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createResidualLoads } from '../../src/pool/policies/residual-loads.js';

interface Entry {
  readonly member: number;
  readonly share: number;
  readonly startMs: number;
  readonly forMs: number;
}

const leftAt = (nowMs: number, { share, startMs, forMs }: Entry): number => Math.max(0, share * (1 - (nowMs - startMs) / forMs));

const step = fc.record({
  waitMs: fc.nat(5000),
  member: fc.nat(3),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  forMs: fc.integer({ min: 1, max: 20_000 }),
});

describe('residual loads', () => {
  it('are the shares given, each times the part of its time that is left', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const residual = createResidualLoads(1000);
        const entries: Entry[] = [];
        let nowMs = 1e9;
        for (const { waitMs, member, share, forMs } of steps) {
          nowMs += waitMs;
          residual.advanceTo(nowMs);
          for (let of = 0; of < 4; of += 1) {
            const expected = entries.filter((entry) => entry.member === of).reduce((sum, entry) => sum + leftAt(nowMs, entry), 0);
            expect(residual.of(of)).toBeCloseTo(expected, 4);
          }
          residual.add(member, share, forMs);
          entries.push({ member, share, startMs: nowMs, forMs });
        }
        expect(residual.evictionsTotal).toBe(0);
      }),
    );
  });

  it('keep their digits over a million changes, and nothing is exactly nothing', () => {
    const residual = createResidualLoads(64);
    const shares = [0.1, 0.7, 1 / 3];
    for (let at = 0; at < 1_000_000; at += 1) {
      residual.advanceTo(at * 10);
      residual.add(at % 3, shares[at % 7 % 3] ?? 0, 200);
    }
    const nowMs = 10_000_000;
    residual.advanceTo(nowMs);
    let expected = 0;
    for (let at = 999_980; at < 1_000_000; at += 1) {
      if (at % 3 === 0) expected += leftAt(nowMs, { member: 0, share: shares[at % 7 % 3] ?? 0, startMs: at * 10, forMs: 200 });
    }
    expect(residual.of(0)).toBeCloseTo(expected, 10);
    residual.advanceTo(nowMs + 200);
    expect([residual.of(0), residual.of(1), residual.of(2)]).toEqual([0, 0, 0]);
  });

  it('forget what ends first when there is no room, and count it', () => {
    const residual = createResidualLoads(2);
    residual.advanceTo(0);
    residual.add(0, 1, 100);
    residual.add(1, 1, 50);
    residual.add(2, 1, 80);
    expect([0, 1, 2].map(residual.of)).toEqual([1, 0, 1]);
    expect(residual.evictionsTotal).toBe(1);
  });

  it('know members of any number', () => {
    const residual = createResidualLoads(4);
    residual.advanceTo(0);
    expect(residual.of(60_000)).toBe(0);
    residual.add(60_000, 0.5, 10);
    residual.advanceTo(5);
    expect(residual.of(60_000)).toBe(0.25);
  });
});
