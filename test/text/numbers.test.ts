/**
 * Numbers as tables in terminals show them.
 */
import { expect, it } from 'vitest';
import { counted, fine, grouped, time } from '../../src/text/numbers.js';

it('groups thousands', () => {
  expect([0, 999, 1000, 1_234_567].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([counted(1, 'round'), counted(2, 'round'), counted(1200, 'round')]).toEqual(['1 round', '2 rounds', '1,200 rounds']);
});

it('takes the unit that suits', () => {
  expect([0, 0.000_85, 0.0123, 1.456, 4000].map(time)).toEqual(['0 s', '850 µs', '12.3 ms', '1.46 s', '4000 s']);
});

it('keeps three digits of a small per cent', () => {
  expect([0, 0.000_012_34, 0.5].map(fine)).toEqual(['0 %', '0.00123 %', '50.0 %']);
});
