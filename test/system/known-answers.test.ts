/**
 * The known answers of the simulator in full: as many requests and repetitions as their figures were made with.
 */
import { describe, expect, it } from 'vitest';
import { knownAnswers } from '../support/known-answers.js';

describe('known answers, in full', () => {
  it.each(knownAnswers.map((answer) => [answer.name, answer] as const))('%s', { timeout: 300_000 }, (name, { expected, reach, found }) => {
    const value = found(1);
    process.stderr.write(`${name}: ${value.toPrecision(4)}, expected ${expected.toPrecision(4)} ± ${reach.toPrecision(2)}\n`);
    expect(Math.abs(value - expected)).toBeLessThanOrEqual(reach);
  });
});
