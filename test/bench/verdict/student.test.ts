/**
 * Student's t and the normal law against tables.
 */
import { expect, it } from 'vitest';
import { normalCdf, studentCdf, studentQuantile } from '../../../bench/verdict/student.js';
import { studentT } from '../../../src/sim/statistics.js';

it('quantiles of Student are those of the tables', () => {
  for (let degrees = 1; degrees <= 40; degrees += 1) expect(studentQuantile(0.975, degrees)).toBeCloseTo(studentT(degrees), 3);
  expect(studentQuantile(0.995, 7)).toBeCloseTo(3.4995, 4);
  expect(studentQuantile(0.9, 2)).toBeCloseTo(1.8856, 4);
  expect(studentCdf(0, 5)).toBe(0.5);
});

it('the normal law is right in the middle and in the tail', () => {
  const middle = [[0, 0.5], [-1, 0.158655254], [-1.959964, 0.025]] as const;
  const tail = [[-3, 0.001349898], [-3.000_000_1, 0.001349898], [-4, 3.167124e-5], [-5, 2.866516e-7]] as const;
  for (const [z, p] of [...middle, ...tail]) expect(normalCdf(z) / p).toBeCloseTo(1, 5);
});
