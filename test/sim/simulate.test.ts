/**
 * What must hold in every simulation: no request is lost or doubled, nobody is busier than all the time, time never goes back,
 * and the same seed gives the same digits.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapFreePolicyNames } from '../../src/pool/policies.js';
import { fairness } from '../../src/pool/fairness.js';
import type { Run } from '../../src/sim/run.js';
import { addressChoices, answerOrders, laws, type ClientKind, type ResolverKind, type Scenario, type ScenarioEvent } from '../../src/sim/scenario.js';
import { simulate } from '../../src/sim/simulate.js';
import { gatewaysOf, pinnedClient, plainResolver, runs, scenarioOf } from '../support/scenarios.js';

const seconds = (...values: number[]) => fc.constantFrom(...values);

const resolverKind: fc.Arbitrary<ResolverKind> = fc.record({
  share: fc.constantFrom(1, 3),
  order: fc.constantFrom(...answerOrders),
  ttlFloorS: seconds(0, 0, 60),
  ttlCeilingS: seconds(10, 86_400),
  staleS: seconds(0, 0, 100),
});

const clientKind: fc.Arbitrary<ClientKind> = fc.record({
  share: fc.constantFrom(1, 2),
  choice: fc.constantFrom(...addressChoices),
  cache: fc.constantFrom('session' as const, 'ttl' as const),
  cacheFloorS: seconds(0, 60),
  cacheCeilingS: seconds(0, 60, 86_400),
  reuseS: seconds(0, 65),
});

const eventOf = (workers: number): fc.Arbitrary<ScenarioEvent> => {
  const at = { atS: fc.integer({ min: 0, max: 300 }), worker: fc.integer({ min: 1, max: workers }).map((n) => `w${n}`) };
  return fc.oneof(
    fc.record({ ...at, kind: fc.constant('worker-dies' as const), how: fc.constantFrom('refuse' as const, 'black-hole' as const) }),
    fc.record({ ...at, kind: fc.constant('worker-returns' as const) }),
    fc.record({ ...at, kind: fc.constant('worker-drains' as const) }),
    fc.record({ ...at, kind: fc.constant('worker-enabled' as const) }),
    fc.record({ atS: at.atS, kind: fc.constant('ttl' as const), ttl: fc.constantFrom(0, 20, '30/5') }),
    fc.record({ atS: at.atS, kind: fc.constant('policy' as const), policy: fc.constantFrom(...mapFreePolicyNames) }),
    fc.record({
      atS: at.atS,
      kind: fc.constant('flash-crowd' as const),
      durationS: fc.integer({ min: 1, max: 200 }),
      clients: fc.integer({ min: 1, max: 50 }),
      factor: fc.constantFrom(0.5, 3),
      resolver: fc.constantFrom(undefined, 1, 3),
    }),
  );
};

const world: fc.Arbitrary<Scenario> = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc
    .record({
      policy: fc.constantFrom(...mapFreePolicyNames),
      ttl: fc.constantFrom<number | string>(0, 5, 240, '30/5', '60/per-domain-and-server'),
      arrivals: fc.constantFrom('open' as const, 'closed' as const, 'stream' as const),
      discipline: fc.constantFrom('fcfs' as const, 'processor-sharing' as const),
      slots: fc.constantFrom(1, 3),
      law: fc.constantFrom(...laws),
      think: fc.constantFrom(...laws),
      capacity: fc.constantFrom(20, 60, 300),
      absent: fc.integer({ min: 0, max: count - 1 }),
      alarm: fc.constantFrom(undefined, 0.8),
      resolverKinds: fc.array(resolverKind, { minLength: 1, maxLength: 3 }),
      clientKinds: fc.array(clientKind, { minLength: 1, maxLength: 3 }),
      events: fc.array(eventOf(count), { maxLength: 5 }),
    })
    .map((given) =>
      gatewaysOf({
        durationS: 330,
        warmupS: 50,
        events: given.events,
        authority: { policy: given.policy, ttl: given.ttl, alarm: given.alarm, upThresh: 0.5 },
        resolvers: { population: { law: 'zipf', count: 5, exponent: 1, weights: [] }, kinds: given.resolverKinds, perClient: [5, 2, 1] },
        clients: {
          count: 40,
          arrivals: given.arrivals,
          ratePerS: 3,
          session: { law: 'geometric', requestsMean: 4 },
          think: { law: given.think, cv2: 2, meanS: 15 },
          kinds: given.clientKinds,
        },
        workers: {
          count,
          capacity: given.capacity,
          discipline: given.discipline,
          slots: given.discipline === 'fcfs' ? given.slots : 1,
          service: { law: given.law, cv2: 2 },
          absent: given.absent,
        },
      }),
    ),
);

const requestsOf = (run: Run): number => run.workers.reduce((sum, { requests }) => sum + requests, 0);

describe('every simulation', () => {
  it('loses and doubles no request, and keeps nobody busier than all the time', () => {
    let requests = 0;
    let failed = 0;
    fc.assert(
      fc.property(world, fc.integer(), (scenario, seed) => {
        let lastS = 0;
        const run = simulate(scenario, {
          seed,
          onAnswer({ atS, members, count }) {
            expect(atS).toBeGreaterThanOrEqual(lastS);
            lastS = atS;
            expect(new Set(members.subarray(0, count)).size).toBe(count);
          },
        });
        requests += run.requests;
        failed += run.failedRequests;
        expect(run.completedRequests + run.failedRequests + run.unfinishedRequests).toBe(run.requests);
        expect(run.response.count).toBe(run.completedRequests);
        expect(requestsOf(run)).toBeLessThanOrEqual(run.requests);
        expect(requestsOf(run)).toBeGreaterThanOrEqual(run.requests - run.failedRequests);
        expect(run.maxUtilisation.length).toBe(Math.floor(330 / 16));
        for (const series of [...run.utilisation, run.maxUtilisation]) {
          expect(series.every((busy) => busy >= 0 && busy <= 1)).toBe(true);
        }
        for (const { requests: all, moved } of run.changes) expect(moved.every((count, second) => count <= (all[second] ?? -1))).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(requests).toBeGreaterThan(50_000);
    expect(failed).toBeGreaterThan(100);
  });

  it('counts each request in one interval', () => {
    const run = simulate(gatewaysOf({ durationS: 640, warmupS: 60 }), { seed: 7 });
    const counted = run.requestsByInterval.map((series) => series.reduce((sum, requests) => sum + requests, 0));
    expect(counted).toEqual(run.workers.map(({ requests }) => requests));
    expect(run.requestsByInterval[0]).toHaveLength(40);
  });

  it('gives the same digits for the same seed, and others for another', () => {
    const one = gatewaysOf({ durationS: 600, warmupS: 60 });
    expect(simulate(one, { seed: 7 })).toEqual(simulate(one, { seed: 7 }));
    expect(simulate(one, { seed: 7 }).response.sum).not.toBe(simulate(one, { seed: 8 }).response.sum);
  });

  it('stops at an interval when told to, and says so', () => {
    let asked = 0;
    const run = simulate(gatewaysOf({ warmupS: 160, durationS: 1600 }), { seed: 1, shouldStop: () => (asked += 1) > 15 });
    expect(run.stopped).toBe(true);
    expect(run.measuredS).toBe(16 * 15 - 160);
    expect(run.maxUtilisation.length).toBe(5);
    expect(run.completedRequests + run.failedRequests + run.unfinishedRequests).toBe(run.requests);
  });

  it('counts nothing of the warm-up when it is stopped there', () => {
    let asked = 0;
    const run = simulate(gatewaysOf({ warmupS: 160, durationS: 1600 }), { seed: 1, shouldStop: () => (asked += 1) > 5 });
    expect([run.measuredS, run.requests, run.sessions, run.addressRequests]).toEqual([0, 0, 0, 0]);
  });

  it('has as many intervals as fit, whatever the warm-up and fractions that binary numbers round', () => {
    const length = (warmupS: number, durationS: number, intervalS: number): number =>
      simulate(scenarioOf({ warmupS, durationS, intervalS }), { seed: 1 }).maxUtilisation.length;
    expect(length(0.1, 5, 0.1)).toBe(50);
    expect(length(0.3, 3, 0.1)).toBe(30);
    expect(length(50, 330, 16)).toBe(20);
    expect(length(5, 40, 16)).toBe(2);
    expect(length(0, 15, 16)).toBe(0);
  });

  it('tells how far it is', () => {
    const parts: number[] = [];
    simulate(gatewaysOf({ warmupS: 160, durationS: 1600 }), { seed: 1, onProgress: (part) => parts.push(part) });
    expect(parts.at(-1)).toBeCloseTo(1);
    expect(parts.toSorted((a, b) => a - b)).toEqual(parts);
  });
});

/** The bound that an even policy keeps; the canary shows that it can be broken. */
const isFair = (run: Run): boolean => fairness(run.workers.map(({ requests }) => requests)).jain > 0.99;

describe('the fairness bound', () => {
  const scenario = (policy: string): Scenario =>
    scenarioOf({ authority: { policy }, clients: { ratePerS: 5 }, workers: { count: 5, capacity: 50 } });
  it('is kept by round-robin', () => expect(runs(scenario('round-robin'), 3).every(isFair)).toBe(true));
  it('fails for the canary, a fixed list', () => expect(runs(scenario('fixed'), 3).some(isFair)).toBe(false));
  it('fails for a static list whose newcomers all begin at the head', () => {
    const newcomers = scenarioOf({
      authority: { policy: 'static-list' },
      resolvers: { population: { law: 'uniform', count: 2000, exponent: 1, weights: [] } },
      clients: { count: 2000, ratePerS: 1 },
      workers: { count: 5, capacity: 50 },
    });
    expect(runs(newcomers, 2).some(isFair)).toBe(false);
  });
});

describe('layers', () => {
  const twoWorkers = (more: Parameters<typeof scenarioOf>[0]) =>
    scenarioOf({ ...more, workers: { count: 2, capacity: 20, ...more?.workers } });

  it('resolver floors and ceilings bound the TTL', () => {
    const asked = (kind: Partial<ResolverKind>): number => {
      const kinds = [{ ...plainResolver, ...kind }];
      const [run] = runs(twoWorkers({ authority: { ttl: 60 }, resolvers: { kinds }, clients: { ratePerS: 5 } }), 1);
      return run?.addressRequests ?? Number.NaN;
    };
    expect(asked({}) / asked({ ttlCeilingS: 10 })).toBeCloseTo(10 / 60, 1);
    expect(asked({}) / asked({ ttlFloorS: 120 })).toBeCloseTo(2, 0);
    expect(asked({}) / asked({ staleS: 60 })).toBeCloseTo(2, 0);
  });

  it('a client cache spares look-ups, and a reused connection keeps its worker', () => {
    const lookups = (kind: Partial<ClientKind>): number => {
      const [run] = runs(twoWorkers({ clients: { ratePerS: 5, kinds: [{ ...pinnedClient, cache: 'ttl', ...kind }] } }), 1);
      return run?.addressRequests ?? Number.NaN;
    };
    const none = lookups({});
    expect(none).toBeGreaterThan(4000);
    expect(lookups({ cacheFloorS: 60 })).toBeLessThan(25);
    expect(lookups({ reuseS: 60 })).toBe(0);
  });

  it('who sorts by prefix takes the same worker whatever the rotation says', () => {
    const shares = (choice: ClientKind['choice']): number => {
      const [run] = runs(twoWorkers({ clients: { ratePerS: 5, kinds: [{ ...pinnedClient, choice }] } }), 1) as [Run];
      return Math.max(...run.workers.map(({ requests }) => requests / run.requests));
    };
    expect(shares('first')).toBeCloseTo(0.5, 2);
    expect(shares('shuffle')).toBeCloseTo(0.5, 1);
    expect(shares('sort')).toBe(1);
    expect(shares('sticky')).toBe(1);
  });

  it('a black-holed address costs 250 ms, a refused one nothing, and nobody fails who has a second address', () => {
    const dead = (how: 'refuse' | 'black-hole'): Run => {
      const [run] = runs(
        twoWorkers({
          authority: { probe: { interMs: 1e9, fastinterMs: 1e9, downinterMs: 1e9, timeoutMs: 1, rise: 2, fall: 100 } },
          clients: { ratePerS: 2 },
          events: [{ atS: 0, kind: 'worker-dies', worker: 'w1', how }],
        }),
        1,
      ) as [Run];
      return run;
    };
    const silent = dead('black-hole');
    expect(silent.extraConnectS).toBeCloseTo(0.25 * (silent.workers[0]?.failedAttempts ?? 0));
    expect(silent.workers[0]?.failedAttempts).toBeGreaterThan(900);
    expect(dead('refuse').extraConnectS).toBe(0);
    expect(silent.failedRequests).toBeLessThan(5); // those that it had in hand
  });

  it('probes take a dead worker out of the answers, and back when it returns', () => {
    const [run] = runs(
      twoWorkers({
        clients: { ratePerS: 5 },
        events: [
          { atS: 100, kind: 'worker-dies', worker: 'w1', how: 'refuse' },
          { atS: 500, kind: 'worker-returns', worker: 'w1' },
        ],
      }),
      1,
    ) as [Run];
    const [gone, back] = run.changes;
    expect(gone?.noticedAfterS).toBeGreaterThanOrEqual(2); // three failed probes: at once, and twice a second later
    expect(gone?.noticedAfterS).toBeLessThan(5);
    expect(back?.noticedAfterS).toBeLessThan(4);
    expect(run.utilisation[0]?.slice(12, 48).every((busy) => busy === 0)).toBe(true);
    expect(run.utilisation[0]?.slice(52).some((busy) => busy > 0)).toBe(true);
  });

  it('a flash crowd comes and goes', () => {
    const crowd: ScenarioEvent = { atS: 300, kind: 'flash-crowd', durationS: 300, clients: 100, factor: 3, resolver: undefined };
    const [run] = runs(gatewaysOf({ durationS: 900, clients: { count: 100 }, events: [crowd] }), 1) as [Run];
    const busy = (from: number, to: number): number => {
      const all = run.utilisation.map((series) => series.slice(from / 16, to / 16)).flatMap((series) => [...series]);
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    };
    expect(busy(330, 600) / busy(0, 300)).toBeCloseTo(2, 0);
    expect(busy(640, 900) / busy(0, 300)).toBeCloseTo(1, 0);
  });

  it('an absent worker takes part once it is enabled', () => {
    const added: ScenarioEvent = { atS: 500, kind: 'worker-enabled', worker: 'w2' };
    const [run] = runs(twoWorkers({ workers: { absent: 1 }, clients: { ratePerS: 4 }, events: [added] }), 1) as [Run];
    expect((run.workers[1]?.requests ?? 0) / run.requests).toBeCloseTo(0.25, 1);
  });
});
