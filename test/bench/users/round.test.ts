/**
 * Rounds of virtual users against a small tier in this process: the simulator's clients with real look-ups and connections.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { Order, UsersResult } from '../../../bench/users/protocol.js';
import { startRound, type UsersRound } from '../../../bench/users/round.js';
import { systemClock } from '../../../src/clock.js';
import { quantile } from '../../../src/sim/histogram.js';
import type { Scenario } from '../../../src/sim/scenario.js';
import { pinnedClient, plainResolver, scenarioOf } from '../../support/scenarios.js';
import { startSmallTier, type SmallTier } from '../../support/small-tier.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function tierOf(count = 3): Promise<SmallTier> {
  const tier = await startSmallTier(count);
  cleanups.push(tier.stop);
  return tier;
}

type Differences = Parameters<typeof scenarioOf>[0];

const population = { law: 'uniform', count: 300, exponent: 1, weights: [] } as const;

/** 300 users that ask for themselves, one request a session, 50 requests a second in scenario time. */
function direct(differences: Differences = {}): Scenario {
  return scenarioOf({
    durationS: 5,
    warmupS: 0.5,
    intervalS: 1,
    ...differences,
    resolvers: { population, kinds: [{ ...plainResolver, ttlCeilingS: 0 }], ...differences?.resolvers },
    clients: { count: 300, arrivals: 'open', think: { law: 'exponential', cv2: 1, meanS: 6 }, ...differences?.clients },
    workers: { count: 3, capacity: 300, ...differences?.workers },
  });
}

function orderOf(tier: SmallTier, scenario: Scenario, some: Partial<Order> = {}): Order {
  return {
    ...{ scenario, seed: 1, speed: 10, beginsMs: systemClock.realtimeMs() + 20, dns: tier.dns, name: 'www.roundhouse.test' },
    ...{ dnsIsResolver: false, workers: tier.workers, path: '/', host: 'x', keepAlive: true, requestMs: 2000 },
    ...some,
  };
}

function runs(tier: SmallTier, scenario: Scenario, some: Partial<Order> = {}): Promise<UsersResult> {
  return startRound(orderOf(tier, scenario, some), systemClock).result;
}

/** Settles when so many requests have been made, those of the warm-up included. */
async function made(round: UsersRound, requests: number): Promise<void> {
  while (round.tick().requests < requests) await new Promise((resolve) => setImmediate(resolve));
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

describe('a round', () => {
  it('asks, goes where the answer says, and counts what came of it', async () => {
    const tier = await tierOf();
    const { run, measurements, generator } = await runs(tier, direct());
    expect(run.requests).toBeGreaterThan(150);
    expect(run).toMatchObject({ completedRequests: run.requests, failedRequests: 0, unfinishedRequests: 0 });
    expect(run).toMatchObject({ sessions: run.requests, stopped: false });
    expect(run.addressRequests).toBeGreaterThan(0.9 * run.requests); // a user whose next one is due while it looks up asks once
    const shares = run.workers.map(({ requests }) => requests);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(8);
    expect(sum(tier.served)).toBeGreaterThanOrEqual(run.requests);
    expect(sum(measurements.responseOf.map(({ count }) => count))).toBe(run.requests);
    const { lateness, connectionsOpened } = measurements;
    expect([run.response.count, lateness.count, connectionsOpened]).toEqual([run.requests, run.requests, run.requests]);
    expect(sum(measurements.requestsOf)).toBe(run.requests);
    expect(sum(measurements.firstPlaces)).toBe(run.addressRequests);
    expect(generator.utilisation).toBeGreaterThan(0);
    expect(generator.strangers).toBe(0);
  });

  it('has the same users at the same times for the same seed', async () => {
    const tier = await tierOf();
    const [one, other] = [await runs(tier, direct()), await runs(tier, direct())];
    const third = await runs(tier, direct(), { seed: 2 });
    expect(other.run.requests).toBe(one.run.requests);
    expect(other.measurements.requestsOf).toEqual(one.measurements.requestsOf);
    expect(third.measurements.requestsOf).not.toEqual(one.measurements.requestsOf);
  });

  it('keeps connections within a session, and opens one for each request when told to', async () => {
    const tier = await tierOf();
    const sessions = direct({ clients: { count: 30, session: { law: 'fixed', requestsMean: 5 }, think: { law: 'deterministic', cv2: 1, meanS: 0.3 } } });
    const kept = await runs(tier, sessions);
    expect(kept.measurements.connectionsOpened).toBeLessThan(0.4 * kept.run.requests);
    expect(kept.run.addressRequests).toBeLessThan(0.4 * kept.run.requests);
    const fresh = await runs(tier, sessions, { keepAlive: false });
    expect(fresh.measurements.connectionsOpened).toBe(fresh.run.requests);
    expect(fresh.run.addressRequests).toBeLessThan(0.4 * fresh.run.requests); // pinned all the same
  });

  it('does not slow down with the tier when arrivals are open, and does when they are closed', async () => {
    const tier = await tierOf();
    const fast = await runs(tier, direct());
    tier.delayMs = 300; // half of the time there is
    const open = await runs(tier, direct());
    expect(open.run.requests).toBe(fast.run.requests);
    expect(quantile(open.run.response, 0.5)).toBeGreaterThan(0.29);
    const closed = await runs(tier, direct({ clients: { arrivals: 'closed' } }));
    expect(closed.run.requests).toBeLessThan(0.9 * fast.run.requests);
  });

  it('counts latency from when a request was due, so a generator that is held up shows', async () => {
    const tier = await tierOf();
    const round = startRound(orderOf(tier, direct()), systemClock);
    await made(round, 75);
    const untilMs = performance.now() + 250;
    while (performance.now() < untilMs); // what any long task in this process would do
    const { run, measurements } = await round.result;
    expect(quantile(measurements.lateness, 0.99)).toBeGreaterThan(0.2);
    expect(quantile(run.response, 0.99)).toBeGreaterThan(0.2);
    expect(run.requests).toBe((await runs(tier, direct())).run.requests); // and leaves nothing out
  });

  it('ends when it is told to, and says so', async () => {
    const tier = await tierOf();
    const round = startRound(orderOf(tier, direct({ durationS: 1000 })), systemClock);
    await made(round, 50);
    round.stop();
    const { run } = await round.result;
    expect(run.stopped).toBe(true);
    expect(run.measuredS).toBeLessThan(10);
  });
});

describe('when something does not work', () => {
  it('a worker that refuses costs an attempt, and the next address is taken', async () => {
    const tier = await tierOf();
    tier.kill(1);
    const { run, measurements } = await runs(tier, direct());
    expect([run.failedRequests, run.workers[1]?.requests]).toEqual([0, 0]);
    expect(run.workers[1]?.failedAttempts).toBeGreaterThan(0.3 * run.requests);
    expect(measurements.connectFailures.refused).toBe(run.workers[1]?.failedAttempts);
    expect(run.workers[2]?.requests).toBeGreaterThan(1.8 * (run.workers[0]?.requests ?? 0)); // it is the next in a cyclic list
  });

  it.each<[string, string, (tier: SmallTier) => unknown]>([
    ['no worker is there', 'no-worker', (tier) => [0, 1, 2].forEach(tier.kill)],
    ['nobody is eligible', 'no-address', ({ pool }) => ['w1', 'w2', 'w3'].forEach((name) => pool.setAdmin(name, 'disabled'))],
    ['workers say no', 'status', (tier) => (tier.status = 503)],
    ['workers say nothing', 'timeout', (tier) => (tier.delayMs = 5000)],
  ])('when %s, requests fail and say why: %s', async (_, reason, breakIt) => {
    const tier = await tierOf();
    breakIt(tier);
    const { run, measurements } = await runs(tier, direct({ durationS: 2 }), { requestMs: 200 });
    expect(run.requests).toBeGreaterThan(50);
    expect(measurements.failures[reason as 'status']).toBe(run.failedRequests);
    expect(run.failedRequests).toBe(run.requests);
  });

  it('without DNS nothing works', async () => {
    const tier = await tierOf();
    await tier.stopDns();
    const { run, measurements } = await runs(tier, direct({ durationS: 2 }));
    expect([run.failedRequests, measurements.failures.dns]).toEqual([run.requests, run.requests]);
  });

  it('a worker that hangs costs its patience, what it has in hand is lost, and requests move when the answers show it', async () => {
    const tier = await tierOf();
    tier.delayMs = 30;
    const events = [{ atS: 1, kind: 'worker-dies', worker: 'w2', how: 'black-hole' }] as const;
    const round = startRound(orderOf(tier, direct({ events })), systemClock);
    await made(round, 100);
    round.happened(0);
    await made(round, 150);
    tier.pool.setHealth('w2', { health: 'down', reason: 'probe-timeout', detail: '', sinceMs: 0, stableForMs: Infinity });
    round.noticed(0);
    const { run, measurements } = await round.result;
    expect(measurements.connectFailures.silent).toBeGreaterThan(5);
    expect(run.extraConnectS).toBeGreaterThanOrEqual((0.25 / 10) * measurements.connectFailures.silent);
    const [change] = run.changes;
    expect(change).toMatchObject({ kind: 'worker-dies', what: 'w2 dies (black-hole)' });
    expect(change?.noticedAfterS).toBeGreaterThan(0.5);
    expect(change?.noticedAfterS).toBeLessThan(4);
    expect([sum(change?.moved.slice(0, 1) ?? []), sum(change?.moved.slice(-1) ?? [])]).toEqual([0, sum(change?.requests.slice(-1) ?? [])]);
  });

  it('a connection that was closed while it was idle is opened again, without a failure', async () => {
    const tier = await tierOf(1);
    const kinds = [{ ...pinnedClient, cache: 'ttl', cacheCeilingS: 86_400, reuseS: 60 }] as const;
    const think = { law: 'deterministic', cv2: 1, meanS: 0.5 } as const;
    const scenario = direct({ workers: { count: 1, capacity: 300 }, clients: { count: 20, kinds, think } });
    const round = startRound(orderOf(tier, scenario), systemClock);
    await made(round, 100);
    tier.closeIdle();
    const { run, measurements } = await round.result;
    expect(run.failedRequests).toBe(0);
    expect(measurements.connectionsOpened).toBeGreaterThanOrEqual(15);
    expect(measurements.connectionsOpened).toBeLessThan(60);
  });
});

it('crowds come and go', async () => {
  const tier = await tierOf();
  const events = [{ atS: 1, kind: 'flash-crowd', durationS: 2, clients: 600, factor: 1 }] as const;
  const [plain, crowded] = [await runs(tier, direct()), await runs(tier, direct({ events }))];
  expect(crowded.run.requests).toBeGreaterThan(plain.run.requests + 100);
  expect(crowded.run.changes[0]?.what).toBe('crowd of 600 for 2 s');
});

it('a real resolver takes the place of the emulated ones', async () => {
  const tier = await tierOf();
  const { run, measurements } = await runs(tier, direct(), { dnsIsResolver: true });
  expect(measurements.requestsOf).toHaveLength(1);
  expect(measurements.answersOf[0]).toBe(run.addressRequests);
  expect(run.failedRequests).toBe(0);
});
