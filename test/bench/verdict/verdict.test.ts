/**
 * What is said of results: intervals that cover, differences that are told apart, and none that are not there.
 */
import { describe, expect, it } from 'vitest';
import { distribution, interval, resample, roundsMin } from '../../../bench/verdict/bootstrap.js';
import { compare, type Measure } from '../../../bench/verdict/comparison.js';
import { exchangeProbability } from '../../../bench/verdict/exchange.js';
import { judge, roundsNeeded } from '../../../bench/verdict/verdict.js';
import { createRandom } from '../../../src/random.js';
import { createSampler } from '../../../src/sim/laws.js';

const lower: Measure = { name: 'maxOverMean', label: 'max/mean', better: 'lower', by: 'ratio', margin: 0.01 };
const higher: Measure = { name: 'perS', label: 'requests/s', better: 'higher', by: 'ratio', margin: 0.01 };
const difference: Measure = { name: 'failed', label: 'failed', better: 'lower', by: 'difference', margin: 0.001 };

const of = (name: string, ...values: readonly number[]) => ({ name, values });

function judged(measure: Measure, ...contenders: readonly ReturnType<typeof of>[]) {
  return judge(contenders, { measure, confidence: 0.95, random: createRandom(1) });
}

describe('the bootstrap', () => {
  it('covers the mean of few rounds about as often as it says', () => {
    const random = createRandom(3);
    const noise = createSampler({ law: 'lognormal', cv2: 0.1 }, random);
    const covered = Array.from({ length: 600 }, () => {
      const values = Array.from({ length: 6 }, noise);
      const drawn = resample(6, random, 500);
      const { low, high } = interval(distribution(drawn, (at) => at.reduce((sum, round) => sum + (values[round] ?? 0), 0) / 6), 6, 0.95);
      return low <= 1 && 1 <= high;
    }).filter(Boolean).length;
    expect(covered / 600).toBeGreaterThan(0.9);
    expect(covered / 600).toBeLessThan(0.98);
  });

  it('has no bounds for one round, and asks for as many as its confidence needs', () => {
    expect(interval(Float64Array.of(1), 1, 0.95)).toEqual({ low: -Infinity, high: Infinity });
    expect([roundsMin(0.9), roundsMin(0.95), roundsMin(0.99)]).toEqual([5, 6, 8]);
    expect([roundsNeeded(1, 0.95), roundsNeeded(2, 0.95), roundsNeeded(3, 0.95), roundsNeeded(4, 0.95)]).toEqual([1, 6, 7, 8]);
  });
});

describe('exchanging', () => {
  it('counts the ways as large as what was measured', () => {
    const random = createRandom(1);
    expect(exchangeProbability([1, 1, 1], [0, 0, 0], random)).toBe(2 / 8);
    expect(exchangeProbability([1, 1, -1], [0, 0, 0], random)).toBe(1);
    expect(exchangeProbability([3, 2, -1], [0, 0, 0], random)).toBe(4 / 8);
    expect(exchangeProbability([], [], random)).toBe(1);
  });

  it('draws ways when there are too many, and never says never', () => {
    const ones = Array.from({ length: 30 }, () => 1);
    const none = ones.map(() => 0);
    expect(exchangeProbability(ones, none, createRandom(1))).toBeCloseTo(1 / 20_001, 6);
    const mixed = ones.map((_, at) => (at % 2 === 0 ? 1 : -1.2));
    expect(exchangeProbability(mixed, none, createRandom(1))).toBeGreaterThan(0.3);
  });
});

describe('a verdict', () => {
  const rr = of('round-robin', 1.001, 1.003, 1.002, 1.001, 1.004, 1.002);
  const list = of('static-list', 3.4, 3.45, 3.38, 3.5, 3.41, 3.43);

  it('names the better one with the size of the difference and its interval', () => {
    const { winner, sentence, comparisons } = judged(lower, rr, list);
    expect(winner).toBe('round-robin');
    expect(comparisons[0]).toMatchObject({ outcome: 'a', superiority: 1, probability: 2 / 64 });
    expect(sentence).toMatch(/^round-robin is better than static-list: max\/mean 1\.002 against 3\.43, 70\.\d % lower \(70\.\d % to 71(\.\d)? % at 95 %\)\.$/);
    expect(judged(lower, list, rr).sentence).toBe(sentence);
  });

  it('knows that more may be better', () => {
    expect(judged(higher, rr, list).sentence).toMatch(/^static-list is better than round-robin: requests\/s 3\.43 against 1\.002, 242\.\d % higher/);
  });

  it('does not tell identical contenders apart', () => {
    const same = judged(lower, rr, { ...rr, name: 'again' });
    expect(same).toMatchObject({ winner: null, sentence: 'round-robin and again are the same by max/mean: a difference of more than 0 % is excluded.' });
    const random = createRandom(9);
    const noisy = (): number[] => Array.from({ length: 6 }, createSampler({ law: 'lognormal', cv2: 0.01 }, random));
    const alarms = Array.from({ length: 300 }, () => {
      const options = { measure: lower, resamples: resample(6, random, 400), confidence: 0.95, random };
      return compare(of('a', ...noisy()), of('b', ...noisy()), options).outcome;
    });
    expect(alarms.filter((outcome) => outcome === 'a' || outcome === 'b').length / 300).toBeLessThan(0.06);
    expect(alarms).toContain('open');
  });

  it('says how large a difference would have shown', () => {
    const a = of('a', 1, 1.1, 0.95, 1.05, 1, 0.9);
    const b = of('b', 1.02, 1.0, 0.97, 1.1, 0.95, 0.98);
    expect(judged(lower, a, b).sentence).toMatch(/^No difference between a and b is detectable by max\/mean; one of more than \d+(\.\d)? % would have shown\.$/);
  });

  it('lets no difference win that nobody cares for', () => {
    const a = of('a', 1.0001, 1.0002, 1.0001, 1.0002, 1.0001, 1.0002);
    const b = of('b', 1.0011, 1.0012, 1.0011, 1.0012, 1.0011, 1.0012);
    expect(judged(lower, a, b).comparisons[0]?.outcome).toBe('same');
  });

  it('is not given for too few rounds', () => {
    const [a, b] = [of('a', 1, 1, 1), of('b', 5, 5, 5)];
    expect(judged(lower, a, b)).toMatchObject({ winner: null, sentence: 'No verdict: 3 rounds of each are too few, 6 are the least for 95 % confidence.' });
  });

  it('compares by difference what is usually zero', () => {
    const none = of('a', 0, 0, 0, 0, 0, 0);
    const some = of('b', 0.02, 0.03, 0.02, 0.02, 0.03, 0.02);
    expect(judged(difference, none, some).sentence).toMatch(/^a is better than b: failed 0 against 0\.0233, 0\.0233 lower/);
    expect(judged(difference, none, { ...none, name: 'b' }).comparisons[0]?.outcome).toBe('same');
  });

  it('of several asks the best to beat each other one, and more rounds', () => {
    const eight = (name: string, mean: number) => of(name, ...[0, 1, 2, 3, 4, 5, 6, 7].map((round) => mean * (1 + 0.001 * round)));
    const three = judged(lower, eight('a', 2), eight('b', 1), eight('c', 3));
    expect(three.winner).toBe('b');
    expect(three.sentence).toBe('b is the best of 3 by max/mean.');
    expect(three.details.map((detail) => detail.split(':')[0])).toEqual(['b is better than a', 'a is better than c', 'b is better than c']);
    const two = judged(lower, eight('a', 1), eight('b', 1), eight('c', 3));
    expect(two.sentence).toBe('None of the 3 is better than all others by max/mean.');
    expect(two.details).toHaveLength(2);
    const none = judged(lower, eight('a', 1), eight('b', 1), eight('c', 1));
    expect([none.sentence, none.details]).toEqual(['None of the 3 is better than all others by max/mean: no two could be told apart.', []]);
    expect(judged(lower, rr, list, of('c', 2, 2, 2, 2, 2, 2)).sentence).toMatch(/^No verdict: 6 rounds of each are too few, 7 /);
    expect(judged(lower, rr).sentence).toBe('One contender alone: there is nothing to compare round-robin with.');
  });
});
