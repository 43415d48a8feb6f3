/** Hysteresis: when a verdict flips, and how long it stands. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  forcedDownVerdict,
  inTransition,
  intervalMs,
  judge,
  stableForMs,
  unsettledVerdict,
  type ProbeTiming,
  type Verdict,
} from '../../src/pool/health.js';

const timing: ProbeTiming = { interMs: 2000, fastinterMs: 1000, downinterMs: 5000, timeoutMs: 1000, rise: 2, fall: 3 };

/** `+` and `-` as in a prober's history. */
function judgeAll(verdict: Verdict, results: string): Verdict {
  return [...results].reduce((now, result) => judge(now, result === '+', timing), verdict);
}

describe('judge', () => {
  it.each([
    ['up', '+', 'up', 0],
    ['up', '-', 'down', 0], // the first result decides, against any assumption
    ['down', '+', 'up', 0],
    ['down', '-', 'down', 0],
    ['down', '+-', 'up', 1],
    ['down', '+--', 'up', 2],
    ['down', '+---', 'down', 0],
    ['down', '+--+--', 'up', 2], // failures must be in a row
    ['down', '-+', 'down', 1],
    ['down', '-++', 'up', 0],
    ['down', '-+-+', 'down', 1],
    ['down', '+---+-++', 'up', 0],
  ] as const)('from %s, %s makes %s with %i against it', (initial, results, health, contrary) => {
    expect(judgeAll(unsettledVerdict(initial), results)).toEqual({ health, settled: true, contrary });
  });

  it('after a forced down needs `rise` good results', () => {
    expect(judgeAll(forcedDownVerdict, '+').health).toBe('down');
    expect(judgeAll(forcedDownVerdict, '+-+').health).toBe('down');
    expect(judgeAll(forcedDownVerdict, '++').health).toBe('up');
  });

  it('flips only after as many results against it in a row as the threshold says', () => {
    const thresholds = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 80 }), thresholds, thresholds, (results, rise, fall) => {
        let verdict = unsettledVerdict('down');
        results.forEach((passed, at) => {
          const before = verdict;
          verdict = judge(before, passed, { ...timing, rise, fall });
          const row = results.slice(Math.max(0, at + 1 - (passed ? rise : fall)), at + 1);
          if (at > 0 && verdict.health !== before.health) {
            expect(row).toEqual(Array.from({ length: passed ? rise : fall }, () => passed));
            expect(verdict.health).toBe(passed ? 'up' : 'down');
          }
          expect(verdict.contrary).toBeLessThan(verdict.health === 'up' ? fall : rise);
        });
      }),
    );
  });
});

describe('interval and stability', () => {
  it.each([
    ['+', 2000, 6000, false],
    ['+-', 1000, 2000, true],
    ['+--', 1000, 1000, true],
    ['-', 5000, 10_000, false],
    ['-+', 1000, 1000, true],
  ])('after %s: next in %i ms, stable for %i ms', (results, interval, stable, transition) => {
    const verdict = judgeAll(unsettledVerdict('down'), results);
    expect(intervalMs(verdict, timing)).toBe(interval);
    expect(stableForMs(verdict, timing)).toBe(stable);
    expect(inTransition(verdict)).toBe(transition);
  });

  it('nothing is stable before the first result', () => {
    expect(stableForMs(unsettledVerdict('up'), timing)).toBe(0);
  });
});
