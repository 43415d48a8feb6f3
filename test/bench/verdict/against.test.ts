/**
 * Verdicts beside one contender: its pairs alone, at a confidence that is shared by them.
 */
import { expect, it } from 'vitest';
import { judgeAgainst } from '../../../bench/verdict/against.js';
import { roundsFor, roundsNeeded } from '../../../bench/verdict/verdict.js';
import { createRandom } from '../../../src/random.js';

const measure = { name: 'cpuUs', label: 'µs of CPU per query', better: 'lower', by: 'ratio', margin: 0.02 } as const;
const of = (name: string, mean: number, rounds: number) => {
  return { name, values: Array.from({ length: rounds }, (_, round) => mean * (1 + 0.001 * (round % 3))) };
};
const judged = (rounds: number, ...others: readonly [string, number][]) => {
  const options = { measure, confidence: 0.95, random: createRandom(1) };
  return judgeAgainst(of('ours', 9, rounds), others.map(([name, mean]) => of(name, mean, rounds)), options);
};

it('compares each of the others with the reference, and none with another', () => {
  const { comparisons, sentences, reference } = judged(7, ['dns2', 139], ['nsd', 4.5]);
  expect(comparisons.map(({ a, b, outcome }) => [a, b, outcome])).toEqual([['ours', 'dns2', 'a'], ['ours', 'nsd', 'b']]);
  expect(comparisons[0]?.confidence).toBeCloseTo(0.975);
  expect(reference).toBe('ours');
  expect(sentences[0]).toMatch(/^ours is better than dns2: µs of CPU per query 9\.\d+ against 139, 93\.5 % lower \(/);
  expect(sentences[1]).toMatch(/^nsd is better than ours: µs of CPU per query 4\.\d+ against 9\.\d+, 50 % lower \(/);
});

it('needs fewer rounds than all pairs do, and says how many when there are too few', () => {
  expect([roundsFor(6, 0.95), roundsNeeded(7, 0.95)]).toEqual([8, 10]);
  expect([roundsFor(0, 0.95), roundsFor(1, 0.95)]).toEqual([1, 6]);
  const two = judged(6, ['dns2', 139], ['nsd', 4.5]);
  expect(two.sentences).toEqual(['No verdict: 6 rounds of each are too few, 7 are the least for 95 % confidence.']);
  expect(judged(6, ['dns2', 139]).comparisons[0]?.outcome).toBe('a');
  expect(judged(1, ['dns2', 139]).sentences).toEqual(['No verdict: 1 round of each is too few, 6 are the least for 95 % confidence.']);
});

it('says nothing of a reference alone', () => {
  expect(judged(6)).toMatchObject({ comparisons: [], sentences: [] });
});
