/**
 * The language of `--expect`.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExpectation, type Lookup } from '../../../bench/verdict/expectation.js';
import { ServiceError } from '../../../src/service.js';

const values: Readonly<Record<string, number>> = { 'maxOverMean(round-robin)': 1, 'maxOverMean(static-list)': 3, 'share(./mine.js,w1)': 0.25 };
const lookup: Lookup = (measure, names) => values[`${measure}(${names.join(',')})`] ?? NaN;
const sides = (text: string): readonly number[] => parseExpectation(text).sides(lookup);

describe('an expectation', () => {
  it('compares what was measured', () => {
    expect(parseExpectation('maxOverMean(round-robin) < 0.8 * maxOverMean(static-list)').holds(lookup)).toBe(true);
    expect(parseExpectation('maxOverMean(static-list)<=2').holds(lookup)).toBe(false);
    expect([['3 < 3', false], ['3 <= 3', true], ['4 > 3', true], ['3 > 3', false], ['3 >= 3', true]].map(([text]) => parseExpectation(String(text)).holds(lookup)))
      .toEqual([false, true, true, false, true]);
  });

  it('calculates as on paper', () => {
    expect(sides('1 + 2 * 3 - 4 / 2 < -(1 - 3) * 2')).toEqual([5, 4]);
    expect(sides('8 / 2 / 2 < 8 - 2 - 2')).toEqual([2, 4]);
    expect(sides('25 % < abs(1 - 3)')).toEqual([0.25, 2]);
    expect(sides('max(1, min(5, 7)) < 1')).toEqual([5, 1]);
    expect(sides('abs(share( ./mine.js , w1 ) - 0.25) < 0.01')).toEqual([0, 0.01]);
  });

  it('tells what it asks for before anything is measured', () => {
    expect(parseExpectation('p99(a) < 2 * share(./b.js, w1)').asks).toEqual([{ measure: 'p99', names: ['a'] }, { measure: 'share', names: ['./b.js', 'w1'] }]);
  });

  it.each([
    ['', 'expected a number, a bracket or a measure such as maxOverMean(round-robin), got the end (character 1)'],
    ['p99', 'expected an opening bracket behind p99, got the end (character 4)'],
    ['p99(a)', 'expected a comparison: <, <=, > or >=, got the end (character 7)'],
    ['p99(a) = 3', 'expected a comparison: <, <=, > or >=, got "= 3" (character 8)'],
    ['p99(a) < 3 4', 'expected the end, got "4" (character 12)'],
    ['1 < 2 < 3', 'expected the end, got "< 3" (character 7)'],
    ['p99() < 3', 'expected a contender such as p99(round-robin), got ") < 3" (character 5)'],
    ['(1 < 2', 'expected a closing bracket, got "< 2" (character 4)'],
    ['min(1) < 2', 'expected a comma and a second value, got ") < 2" (character 6)'],
    ['toString(1) < 2 +', 'expected a number, a bracket or a measure such as maxOverMean(round-robin), got the end (character 18)'],
    [`${'('.repeat(60)}1`, 'expected at most 50 brackets and signs within each other'],
  ])('says where it is none: %s', (text, message) => {
    expect(() => parseExpectation(text)).toThrow(message);
  });

  it('is never more than a complaint, whatever is typed', () => {
    const letters = fc.array(fc.constantFrom(...'ab1.(),+-*/<>=% '.split('')), { maxLength: 40 }).map((all) => all.join(''));
    fc.assert(
      fc.property(letters, (text) => {
        try {
          expect(typeof parseExpectation(text).holds(() => 1)).toBe('boolean');
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
        }
      }),
      { numRuns: 2000 },
    );
    expect(() => parseExpectation(`1 < ${'1+'.repeat(600)}1`)).toThrow('at most 1000 characters');
  });
});
