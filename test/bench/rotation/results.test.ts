/**
 * From rounds to results: complete ones alone, verdicts, expectations, the model beside them.
 */
import { describe, expect, it } from 'vitest';
import { compareWithSimulated, welch } from '../../../bench/rotation/simulated.js';
import { parseExpectation } from '../../../bench/verdict/expectation.js';
import { summarise } from '../../../src/sim/summary.js';
import { contendersOf, liveScenario, rotationResult, sixRounds } from '../../support/rotation-results.js';
import { roundOf } from '../../support/rounds.js';

describe('results', () => {
  it('have what each contender did, in its own words and the simulator’s', () => {
    const { contenders, partial, warnings } = rotationResult(sixRounds());
    const [even, uneven] = contenders;
    expect([partial, warnings, contenders.map(({ name }) => name)]).toEqual([false, [], ['round-robin', 'static-list']]);
    expect(even?.rounds.maxOverMean).toHaveLength(6);
    expect(even?.means.maxOverMean).toEqual({ mean: expect.closeTo(1.012, 3), halfWidth: expect.closeTo(0.0096, 3) });
    expect(uneven?.workers.map(({ name, requests }) => [name, requests])).toEqual([['w1', 6 * 170 + 15], ['w2', 180]]);
    expect(uneven?.workers[0]?.share.mean).toBeCloseTo(uneven?.workers[0]?.firstPlaces?.mean ?? 0, 9);
    const response = { count: 1035, p50: expect.closeTo(0.02, 3) };
    expect(uneven?.workers[0]).toMatchObject({ cpuPerRequestS: expect.closeTo(0.0003, 9), response });
    expect(uneven?.summary).toMatchObject({ policy: 'static-list', repetitions: 6, requests: 1215, failedRequests: 0 });
    expect(even?.series.requests[0]).toEqual([50, 50, 50, 51, 50, 52, 50, 53, 50, 54, 50, 55]);
  });

  it('decide by the measure that was asked for', () => {
    const [first, ...others] = rotationResult(sixRounds()).verdicts;
    expect([first?.measure.name, first?.winner]).toEqual(['maxOverMean', 'round-robin']);
    expect(others.map(({ measure }) => measure.name)).toContain('p99');
    const [byLatency] = rotationResult(sixRounds(), { measure: 'p99' }).verdicts;
    expect(byLatency?.sentence).toMatch(/^round-robin is better than static-list: p99 10\.0 ms against 20\.0 ms, 50(\.\d)? % lower/);
  });

  it('take rounds that every contender has, and say that there are fewer than were asked for', () => {
    const rounds = sixRounds().slice(0, 7); // the last has no partner
    const { contenders, partial, verdicts } = rotationResult(rounds);
    expect([partial, contenders[0]?.rounds.p50.length]).toEqual([true, 3]);
    expect(verdicts[0]?.sentence).toBe('No verdict: 3 rounds of each are too few, 6 are the least for 95 % confidence.');
    expect(rotationResult(rounds.slice(0, 1))).toMatchObject({ contenders: [], verdicts: [], expectations: [], partial: true });
  });

  it('put rounds in order, however they came in', () => {
    expect(rotationResult(sixRounds().toReversed()).contenders[0]?.series).toEqual(rotationResult(sixRounds()).contenders[0]?.series);
  });

  it('check expectations on the means, and on resampled rounds', () => {
    const expectations = [
      'maxOverMean(round-robin) < 0.8 * maxOverMean(static-list)',
      'share(static-list, w1) < 50 %',
      'maxOverMean(round-robin) < 1.0125',
    ].map(parseExpectation);
    const [first, second, third] = rotationResult(sixRounds(), { expectations }).expectations;
    const sides = { left: expect.closeTo(1.012, 3), right: expect.closeTo(1.363, 2) };
    expect(first).toEqual({ text: expectations[0]?.text, holds: true, ...sides, resampled: 1 });
    expect(second).toMatchObject({ holds: false, left: expect.closeTo(0.852, 3), right: 0.5, resampled: 0 });
    expect(third?.holds).toBe(true);
    expect(third?.resampled).toBeGreaterThan(0.3); // by a hair: the rounds cannot be sure
    expect(third?.resampled).toBeLessThan(0.8);
  });

  it('warn when the generator was the bottleneck, or answers named strangers', () => {
    const rounds = sixRounds({ utilisation: 0.99, lateS: 1 });
    expect(rotationResult(rounds).warnings[0]).toMatch(/^round-robin: the load generator was the bottleneck/);
    const strange = sixRounds().map((round) => ({ ...round, generator: { ...round.generator, strangers: 1200 } }));
    expect(rotationResult(strange).warnings).toContain('static-list: 1,200 addresses in answers belonged to no worker that is known here, and were passed over');
  });

  it('of one contender alone are results without a verdict', () => {
    const rounds = sixRounds().filter(({ contender }) => contender === 'round-robin');
    const { verdicts, contenders } = rotationResult(rounds, { contenders: contendersOf('round-robin') });
    expect([contenders.length, verdicts[0]?.sentence]).toEqual([1, 'One contender alone: there is nothing to compare round-robin with.']);
  });
});

describe('measured beside simulated', () => {
  const simulationOf = (requests: (repetition: number) => number[][]) => {
    const runs = Array.from({ length: 20 }, (_, number) => roundOf({ number, requests: requests(number) }).run);
    const summary = summarise(runs, { scenario: 'x', definition: liveScenario, seed: 1, wallSeconds: 0 });
    return [{ contender: 'round-robin', runs, summary }];
  };
  const even = (repetition: number): number[][] => [[50, 50 + (repetition % 6)], [50, 50]];

  it('agree where the difference is within its interval', () => {
    const [found] = compareWithSimulated(simulationOf(even), sixRounds(), 0.95);
    expect(found?.agrees).toBe(true);
    expect(found?.rows.map(({ what }) => what)).toEqual(['share of w1', 'share of w2', 'max/mean', 'max/mean by interval', 'requests/answer']);
    expect(found?.rows[0]).toMatchObject({ difference: expect.closeTo(0, 3), agrees: true });
    expect(found?.rows[0]?.halfWidth).toBeLessThan(0.03);
  });

  it('differ where it is not, and say where', () => {
    const [found] = compareWithSimulated(simulationOf(() => [[60, 60], [40, 40]]), sixRounds(), 0.95);
    expect([found?.agrees, found?.rows[0]?.agrees, found?.rows.at(-1)?.agrees]).toEqual([false, false, true]);
  });

  it('are not judged from one round', () => {
    const [found] = compareWithSimulated(simulationOf(even), sixRounds().slice(0, 2), 0.95);
    expect([found?.agrees, found?.rows[0]?.halfWidth]).toEqual([null, null]);
  });

  it('by Welch’s interval', () => {
    // NIST/SEMATECH e-Handbook 7.3.1: means and deviations of few values; here by hand: se² = 1/3 + 4/3, 2.94 degrees → 2.
    expect(welch([1, 2, 3], [0, 2, 4], 0.95)).toBeCloseTo(4.3027 * Math.sqrt(1 / 3 + 4 / 3), 3);
    expect([welch([1, 1], [2, 2], 0.95), welch([1], [1, 2], 0.95)]).toEqual([0, Infinity]);
  });
});
