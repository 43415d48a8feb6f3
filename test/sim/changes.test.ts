/**
 * Events of a scenario and when answers show them: deaths that overlap, and crowds of a stream.
 */
import { describe, expect, it } from 'vitest';
import type { Run } from '../../src/sim/run.js';
import type { ScenarioEvent } from '../../src/sim/scenario.js';
import { simulate } from '../../src/sim/simulate.js';
import { plainResolver, runs, scenarioOf } from '../support/scenarios.js';

const sum = (counts: Float64Array | undefined): number => counts?.reduce((total, count) => total + count, 0) ?? 0;

describe('deaths and returns', () => {
  /** Probes of w1 at 0, 2, 4, … s, a second apart when in doubt; three failures make it down, two successes up; a silent one takes 1 s. */
  const noticed = (...events: readonly ScenarioEvent[]): (number | undefined)[] => {
    const [run] = runs(scenarioOf({ warmupS: 100, durationS: 100, workers: { count: 2, capacity: 20 }, events }), 1) as [Run];
    return run.changes.map(({ noticedAfterS }) => noticedAfterS);
  };
  const dies = (atS: number, how: 'refuse' | 'black-hole' = 'refuse'): ScenarioEvent => ({ atS, kind: 'worker-dies', worker: 'w1', how });
  const returns = (atS: number): ScenarioEvent => ({ atS, kind: 'worker-returns', worker: 'w1' });

  it('are noticed by the third failed probe and the second that passes', () => {
    // Fails at 12, 13, 14 s; then every 2 s, so it passes at 22 s and, in doubt, at 23.
    expect(noticed(dies(10.5), returns(20.5))).toEqual([3.5, 2.5]);
  });

  it('of a worker that is dead already are noticed with the first', () => {
    expect(noticed(dies(10.5), dies(11.5, 'refuse'))).toEqual([3.5, 2.5]);
  });

  it('are never noticed when they are undone between two probes, nor with a later death', () => {
    expect(noticed(dies(10.5), returns(11.5), dies(20.5))).toEqual([undefined, undefined, 3.5]);
    expect(noticed(returns(5), dies(10.5))).toEqual([undefined, 3.5]);
  });

  it('take effect in their own order: a return is not noticed when a late probe says that the worker is down', () => {
    const [death, back] = noticed(dies(0.5, 'black-hole'), returns(5.5));
    expect(death).toBe(5.5); // the probes of 2, 4 and 5 s give up a second later each
    expect(back).toBeGreaterThan(0.5);
  });

  it('lose what waits, once, when all are dead, and clients pinned to them find those that return', () => {
    for (const discipline of ['fcfs', 'processor-sharing'] as const) {
      const scenario = scenarioOf({
        warmupS: 0,
        durationS: 400,
        clients: { count: 30, arrivals: 'closed', session: { law: 'fixed', requestsMean: 1000 }, think: { law: 'deterministic', cv2: 0, meanS: 5 } },
        workers: { count: 1, capacity: 50, discipline },
        events: [dies(100), dies(110, 'black-hole'), returns(200)],
      });
      const [run] = runs(scenario, 1) as [Run];
      const [first] = run.changes;
      const perSecond = (from: number, to: number): number => sum(first?.requests.slice(from, to)) / (to - from);
      expect(run.failedRequests, discipline).toBeGreaterThan(550); // 6 a second for 100 s, but for the time until it is noticed
      expect(run.utilisation[0]?.slice(11, 20).every((busy) => busy === 0), discipline).toBe(true);
      expect(perSecond(110, 300), discipline).toBeGreaterThan(5.5); // and everybody is there again
      expect(run.completedRequests + run.failedRequests + run.unfinishedRequests).toBe(run.requests);
    }
  });
});

describe('what moved after a change', () => {
  it('counts the requests that fail, which act on an old answer', () => {
    const scenario = scenarioOf({
      warmupS: 0,
      durationS: 400,
      authority: { ttl: 300, answersMax: 1 },
      resolvers: { population: { law: 'uniform', count: 2, exponent: 1, weights: [] }, kinds: [plainResolver] },
      clients: { count: 100, ratePerS: 5 },
      workers: { count: 2, capacity: 50 },
      events: [{ atS: 0, kind: 'ttl', ttl: 300 }, { atS: 50, kind: 'worker-dies', worker: 'w1', how: 'refuse' }],
    });
    const [run] = runs(scenario, 1) as [Run];
    const [all] = run.changes;
    expect(run.failedRequests).toBeGreaterThan(400);
    expect(sum(all?.requests)).toBe(run.requests);
  });
});

interface Crowd {
  readonly atS: number;
  readonly durationS: number;
  readonly factor: number;
}

describe('a crowd of a stream', () => {
  /** Requests a second in stretches of time that begin then; a change of nothing at 0 counts them by second. */
  const requests = (factors: readonly Crowd[], ...beginsS: number[]): number[] => {
    const crowds = factors.map((crowd) => ({ ...crowd, kind: 'flash-crowd' as const, clients: 0 }));
    const mark = { atS: 0, kind: 'ttl' as const, ttl: 0 };
    const run = simulate(
      scenarioOf({ durationS: 4000, warmupS: 0, clients: { ratePerS: 10 }, workers: { capacity: 100 }, events: [mark, ...crowds] }),
      { seed: 3 },
    );
    const bySecond = run.changes[0]?.requests ?? new Float64Array();
    return beginsS.map((fromS, index) => {
      const stretch = bySecond.slice(fromS, beginsS[index + 1] ?? 4000);
      return sum(stretch) / stretch.length;
    });
  };

  it('runs so many times as fast, several together by their product, and as before when they are gone', () => {
    const crowds = [{ atS: 1000, durationS: 2000, factor: 3 }, { atS: 2000, durationS: 1000, factor: 0.5 }];
    const [before, three, both, after] = requests(crowds, 0, 1000, 2000, 3000) as [number, number, number, number];
    expect(before / 10).toBeCloseTo(1, 1);
    expect(three / 30).toBeCloseTo(1, 1);
    expect(both / 15).toBeCloseTo(1, 1);
    expect(after / 10).toBeCloseTo(1, 1);
  });

  it.each([0, 1e-6])('of factor %d is silence, and the stream is back at once afterwards', (factor) => {
    const [before, silence, after] = requests([{ atS: 1000, durationS: 1000, factor }], 0, 1000, 2000) as [number, number, number];
    expect(before / 10).toBeCloseTo(1, 1);
    expect(silence).toBe(0);
    expect(after / 10).toBeCloseTo(1, 1);
  });
});
