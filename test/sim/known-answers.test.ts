/**
 * The known answers in a short form: a part of the requests, and the wider noise that goes with it. `npm run test:system`
 * has the full ones.
 */
import { describe, expect, it } from 'vitest';
import { knownAnswers } from '../support/known-answers.js';

const effort = 0.05;

describe('known answers, short form', () => {
  it.each(knownAnswers.map((answer) => [answer.name, answer] as const))('%s', { timeout: 60_000 }, (_, { expected, reach, found }) => {
    const value = found(effort);
    expect(Math.abs(value - expected), `found ${value}, expected ${expected}`).toBeLessThanOrEqual(reach / Math.sqrt(effort));
  });
});
