/**
 * What failed requests say of a round, and of all.
 */
import { describe, expect, it } from 'vitest';
import { failedOf, failuresOf, failuresText, mustSucceed } from '../../../bench/rotation/failures.js';
import type { FailureReason } from '../../../bench/users/measurements.js';
import { roundOf } from '../../support/rounds.js';

function failing(failures: Partial<Record<FailureReason, number>>, succeeded = 0) {
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const round = roundOf({ requests: [[succeeded]], failed });
  return { ...round, measurements: { ...round.measurements, failures: { ...round.measurements.failures, ...failures } } };
}

describe('a round in which nothing succeeded', () => {
  it('says why, most first, and what to look at', () => {
    expect(() => mustSucceed(failing({ dns: 2, status: 1200 }), false)).toThrow(
      'bench: round-robin: not one of 1,202 requests succeeded: 1,200 with a status of 400 and above, 2 without an answer from DNS; ' +
        'is the origin there, and does it know --path?',
    );
    expect(() => mustSucceed(failing({ timeout: 3 }), false)).toThrow(/^bench: round-robin: not one of 3 requests succeeded: 3 not answered in time$/);
  });

  it('is a result when something was done to the tier, or when anything succeeded, or nobody asked', () => {
    for (const [round, isDisturbed] of [[failing({ cut: 3 }), true], [failing({ cut: 3 }, 1), false], [failing({}), false]] as const) {
      expect(() => mustSucceed(round, isDisturbed)).not.toThrow();
    }
  });
});

describe('failures of all rounds', () => {
  const rounds = [failing({ 'no-worker': 1, cut: 1 }, 900), failing({ cut: 2 }, 96)];

  it('are added by reason', () => {
    expect(failuresText(failuresOf(rounds))).toBe('3 cut off, 1 without a worker that takes connections');
    expect(failuresText(failuresOf([]))).toBe('');
  });

  it('are warned of unless they are few, or somebody asked for them', () => {
    const warning = 'x: 0.400 % of the requests failed, though nothing was done to the tier: 3 cut off, 1 without a worker that takes connections';
    expect(failedOf('x', rounds, false)).toBe(warning);
    expect(failedOf('x', rounds, true)).toBeUndefined();
    expect(failedOf('x', [failing({ cut: 1 }, 1000)], false)).toBeUndefined();
    expect(failedOf('x', [], false)).toBeUndefined();
  });
});
