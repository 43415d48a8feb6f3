/**
 * The parts of a rotation benchmark that need no sockets: turns, load from readings, measures, hidden load, bottlenecks, limits.
 */
import { describe, expect, it } from 'vitest';
import { hiddenLoadOf } from '../../../bench/rotation/hidden-load.js';
import { bottleneckOf, generatorOf } from '../../../bench/rotation/generator-load.js';
import { liveProblems, liveWarnings } from '../../../bench/rotation/live-limits.js';
import { loadSeries } from '../../../bench/rotation/load-series.js';
import { measures, toldMeasures } from '../../../bench/rotation/measures.js';
import { allUp, shows, until } from '../../../bench/rotation/pool-watch.js';
import type { Reading, WorkerReading } from '../../../bench/rotation/readings.js';
import { secondsOf, turnsOf } from '../../../bench/rotation/rotation.js';
import { createVirtualClock } from '../../../src/clock.js';
import { createPool } from '../../../src/pool/pool.js';
import type { Scenario } from '../../../src/sim/scenario.js';
import { roundOf } from '../../support/rounds.js';
import { plainResolver, scenarioOf } from '../../support/scenarios.js';

const contender = (name: string, policy = name) => ({ name, policy, server: undefined });
const ab = ['a', 'b'].map((name) => contender(name));

describe('turns', () => {
  it('go forward and backward', () => {
    expect(turnsOf(ab, 4).map(({ contender: { name }, number }) => `${name}${number}`).join(' ')).toBe('a0 b0 b1 a1 a2 b2 b3 a3');
    const three = [...ab, contender('c')];
    expect(turnsOf(three, 2).map(({ contender: { name } }) => name).join('')).toBe('abccba');
  });

  it('take so long in real time', () => {
    const scenario = scenarioOf({ durationS: 6, warmupS: 1 });
    const order = { scenario, speed: 1, dnsIsResolver: false, path: '/', keepAlive: true, requestMs: 1 };
    const one = secondsOf({ contenders: ab, rounds: 6, order });
    expect(one).toBeGreaterThan(12 * 7);
    expect(one).toBeLessThan(110); // the default run
    expect(secondsOf({ contenders: ab, rounds: 6, order: { ...order, speed: 7 } })).toBeLessThan(one / 2.5);
  });
});

describe('load from readings', () => {
  const worker = (requests: number, some: Partial<WorkerReading> = {}): WorkerReading => {
    return { startS: 1, requests, activeS: requests / 100, idleS: 10 - requests / 100, cpuS: requests / 200, inFlight: 1, ...some };
  };
  const reading = (workers: readonly (WorkerReading | undefined)[], firstPlaces?: readonly number[]): Reading => {
    return { atMs: 0, workers, firstPlaces };
  };

  it('is what was counted in between', () => {
    const { requests, utilisation, inFlight, cpuS, firstPlaces } = loadSeries([
      reading([worker(100, { idleS: 0 }), worker(0, { idleS: 0 })], [5, 7]),
      reading([worker(150, { idleS: 0.5 }), worker(10, { idleS: 0.9 })]),
      reading([worker(170, { idleS: 0.5, inFlight: 3 }), worker(10, { idleS: 0.9 })], [9, 8]),
    ]);
    expect(requests.map((values) => [...values])).toEqual([[50, 20], [10, 0]]);
    expect(utilisation.map((values) => [...values].map((value) => Number(value.toFixed(6))))).toEqual([[0.5, 1], [0.1, 0]]);
    expect(inFlight.map((values) => [...values])).toEqual([[1, 3], [1, 1]]);
    expect(cpuS.map((value) => Number(value.toFixed(6)))).toEqual([0.35, 0.05]);
    expect(firstPlaces).toEqual([4, 1]);
  });

  it('of a worker that was away is in the interval in which it answers again', () => {
    const { requests } = loadSeries([reading([worker(100)]), reading([undefined]), reading([worker(160)]), reading([worker(161)])]);
    expect([...(requests[0] ?? [])]).toEqual([0, 60, 1]);
  });

  it('of a worker that began anew counts from 0, and of one that was never seen not at all', () => {
    const { requests } = loadSeries([
      reading([worker(100), undefined]),
      reading([worker(7, { startS: 2 }), undefined]),
      reading([worker(9, { startS: 2 }), worker(1000)]),
    ]);
    expect(requests.map((values) => [...values])).toEqual([[7, 2], [0, 0]]);
  });

  it('of nothing is nothing', () => {
    expect(loadSeries([])).toMatchObject({ requests: [], firstPlaces: undefined });
    expect(loadSeries([reading([worker(1)], [1])])).toMatchObject({ requests: [new Float64Array(0)], firstPlaces: [0] });
  });
});

describe('measures', () => {
  const round = roundOf({ requests: [[60, 20], [20, 20]], failed: 30, responseS: 0.02, resolvers: [[110, 5], [10, 5]] });

  it('are read off a round', () => {
    const of = Object.fromEntries(toldMeasures.map((name) => [name, measures[name].of(round)]));
    expect(of).toEqual({
      maxOverMean: expect.closeTo(80 / 60, 9),
      peakOverMean: expect.closeTo((1.5 + 1) / 2, 9),
      cv: expect.closeTo(1 / 3, 9),
      jain: expect.closeTo(0.9, 9),
      maxUtilisation: expect.closeTo((0.6 + 0.2) / 2, 9),
      requestsPerAnswer: 15,
      p50: expect.closeTo(0.02, 3),
      p95: expect.closeTo(0.02, 3),
      p99: expect.closeTo(0.02, 3),
      failed: 0.2,
    });
    expect([0, 1, 2].map((worker) => measures.share.of(round, worker))).toEqual([expect.closeTo(2 / 3, 9), expect.closeTo(1 / 3, 9), 0]);
  });

  it('are relative to capacity', () => {
    const fair = roundOf({ requests: [[20, 20], [10, 10]], capacities: [200, 100] });
    expect([measures.maxOverMean.of(fair), measures.peakOverMean.of(fair)]).toEqual([1, 1]);
  });

  it('of nothing are even', () => {
    const none = roundOf({ requests: [[0, 0], [0, 0]], resolvers: [[0, 0]] });
    expect(toldMeasures.map((name) => measures[name].of(none))).toEqual([1, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
  });
});

describe('hidden load', () => {
  const keeping = scenarioOf({ workers: { count: 2 } });

  it('is none where DNS decides each request', () => {
    const { requestsPerAnswer, meaning } = hiddenLoadOf([roundOf()], keeping);
    expect([requestsPerAnswer, meaning]).toEqual([1, expect.stringMatching(/^Each answer was good for 1\.00 requests: DNS decided nearly every one/)]);
  });

  it('names the largest resolver, and what one of its answers was worth', () => {
    const rounds = [roundOf({ resolvers: [[20, 1], [180, 3]] }), roundOf({ number: 1, resolvers: [[20, 1], [180, 3]] })];
    const { requestsPerAnswer, resolvers, active, meaning } = hiddenLoadOf(rounds, keeping);
    expect([requestsPerAnswer, active]).toEqual([50, 2]);
    expect(resolvers[0]).toEqual({ resolver: 2, share: 0.9, requests: 360, answers: 6 });
    expect(meaning).toMatch(/good for 50 requests\. The largest resolver had 90 % of all requests and asked 3\.0 times a round: each of its answers was worth 60 requests, 60 % of a worker's fair part/);
    expect(meaning).toContain('all of them went to whoever stood first');
    const rotating: Scenario = { ...keeping, resolvers: { ...keeping.resolvers, kinds: [{ ...plainResolver, order: 'rotate' }] } };
    expect(hiddenLoadOf(rounds, rotating).meaning).toContain('that reorder addresses spread them');
  });

  it('behind a real resolver is what DNS answered, not what the resolver did', () => {
    const { requestsPerAnswer, meaning, resolvers } = hiddenLoadOf([roundOf({ resolvers: [[200, 4]] })], keeping, true);
    expect([requestsPerAnswer, resolvers]).toEqual([50, []]);
    expect(meaning).toMatch(/^The resolver asked DNS 4 times a round; each answer was good for 50 requests/);
    expect(hiddenLoadOf([roundOf({ resolvers: [[200, 0]] })], keeping, true).meaning).toBe('How often the resolver asked DNS is not known here.');
  });

  it('shows the largest twenty, and of nothing says so', () => {
    const many = hiddenLoadOf([roundOf({ resolvers: Array.from({ length: 30 }, (_, at) => [at + 1, 1] as const) })], keeping);
    expect([many.resolvers.length, many.active, many.resolvers[0]?.resolver]).toEqual([20, 30, 30]);
    expect(hiddenLoadOf([roundOf({ requests: [[0], [0]], resolvers: [[0, 0]] })], keeping).meaning).toBe('No request was counted.');
  });
});

describe('the load generator', () => {
  const think = { law: 'exponential', cv2: 1, meanS: 1 } as const;
  const scenario = scenarioOf({ durationS: 2, clients: { arrivals: 'open', count: 100, think } });

  it('says what it offered and what was asked of it', () => {
    const told = generatorOf([roundOf()], scenario, 1);
    expect(told).toMatchObject({ offeredPerS: 100, intendedPerS: 100, utilisation: 0.2, machineBusy: 0.5 });
    expect(generatorOf([roundOf()], scenario, 2).intendedPerS).toBe(200);
    const closed = { ...scenario, clients: { ...scenario.clients, arrivals: 'closed' as const } };
    expect(generatorOf([roundOf()], closed, 1).intendedPerS).toBeNull();
    const late = roundOf();
    late.measurements.lastBegunS = 4; // it was not done when the time was over
    expect(generatorOf([late], scenario, 1).offeredPerS).toBe(50);
  });

  it.each([
    [{}, undefined],
    [{ utilisation: 0.95, lateS: 0.5 }, /^x: the load generator was the bottleneck: it was busy 95 % of the time, and its requests began 50\d ms late/],
    [{ machineBusy: 0.99 }, /^x: the machine had no time to spare \(all processors 99 % busy\)/],
    [{ lateS: 0.05 }, /^x: the load generator was held up: its requests began 50\.\d ms late/],
  ])('says when it is the bottleneck: %j', (needs, expected) => {
    const told = bottleneckOf('x', generatorOf([roundOf(needs)], scenario, 1));
    if (expected === undefined) expect(told).toBeUndefined();
    else expect(told).toMatch(expected);
  });
});

describe('limits of what is real', () => {
  const needs = (differences: Parameters<typeof scenarioOf>[0], some: object = {}) => {
    return { scenario: scenarioOf(differences), speed: 1, contenders: ab, hasResolver: false, ...some };
  };

  it('are told before anything is started', () => {
    expect(liveProblems(needs({}))).toEqual([]);
    expect(liveProblems(needs({ events: [{ atS: 1, kind: 'ttl', ttl: 5 }] }))[0]).toMatch(/^the event ttl cannot be made to happen/);
    expect(liveProblems(needs({ workers: { count: 201 } }))[0]).toBe('workers.count: expected at most 200 on one machine, got 201');
    expect(liveProblems(needs({ intervalS: 1 }, { speed: 10 }))[0]).toMatch(/^intervalS: expected at least 2 at this speed/);
    expect(liveProblems(needs({}, { speed: 2, hasResolver: true }))[0]).toMatch(/^--speed: expected 1 beside --resolver/);
    expect(liveProblems(needs({ clients: { count: 2_000_000 } }))[0]).toMatch(/^clients\.count: expected at most 1000000/);
  });

  it('and what differs from the model', () => {
    expect(liveWarnings(needs({}))).toEqual([]);
    expect(liveWarnings(needs({}, { contenders: [contender('x', 'two-tier')] }))[0]).toMatch(/^x: live DNS estimates where requests come from/);
    expect(liveWarnings(needs({ events: [{ atS: 1, kind: 'worker-dies', worker: 'w1', how: 'black-hole' }] }))).toHaveLength(1);
    expect(liveWarnings(needs({}, { hasResolver: true }))).toHaveLength(1);
  });
});

describe('watching the pool', () => {
  const members = ['w1', 'w2'].map((name, index) => ({ name, index, address: `192.0.2.${index}`, port: 80, weight: 1 }));
  const poolHere = () => createPool(members, { upThresh: 0, initialHealth: 'down', realtimeMs: () => 0 });
  const up = { health: 'up', reason: 'probe-passed', detail: '', sinceMs: 0, stableForMs: 0 } as const;

  it('settles when all are up, or says who is not', async () => {
    const clock = createVirtualClock();
    const pool = poolHere();
    const waiting = allUp(pool, 1000, clock);
    members.forEach(({ name }) => pool.setHealth(name, up));
    await waiting;
    pool.setHealth('w2', { ...up, health: 'down' });
    const late = allUp(pool, 1000, clock);
    clock.advance(1000);
    await expect(late).rejects.toThrow('w2 is not up after 1 s');
  });

  it('knows when an event shows', async () => {
    const pool = poolHere();
    const clock = createVirtualClock();
    const died = { atS: 0, kind: 'worker-dies', worker: 'w2', how: 'refuse' } as const;
    const drains = { atS: 0, kind: 'worker-drains', worker: 'w1' } as const;
    pool.setHealth('w2', up);
    const noticed = until(pool, (snapshot) => shows(snapshot, died), 1000, clock);
    expect([shows(pool.snapshot(), died), shows(pool.snapshot(), { ...died, kind: 'worker-returns' })]).toEqual([false, true]);
    pool.setHealth('w2', { ...up, health: 'down' });
    expect(await noticed).toBe(true);
    pool.setAdmin('w1', 'draining');
    expect([shows(pool.snapshot(), drains), shows(pool.snapshot(), { ...drains, kind: 'worker-enabled' })]).toEqual([true, false]);
    const never = until(pool, () => false, 1000, clock);
    clock.advance(1000);
    expect([await never, clock.pending()]).toEqual([false, 0]);
  });
});
