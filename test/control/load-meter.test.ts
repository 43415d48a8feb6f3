/**
 * Readings of load on a virtual clock, from pages as a worker renders them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { createAlarm } from '../../src/control/alarm.js';
import { createLoadMeter, loadMetrics, utilisationBetween } from '../../src/control/load-meter.js';
import { silentLog, type Log } from '../../src/log.js';
import { catalog } from '../../src/metrics/catalog.js';
import { parseExposition } from '../../src/metrics/exposition.js';
import { createPool, type PoolMember } from '../../src/pool/pool.js';

interface FakeWorker {
  startS: number;
  activeS: number;
  idleS: number;
  inFlight: number;
  queued: number;
  readable: boolean;
}

const pageOf = ({ startS, activeS, idleS, inFlight, queued }: FakeWorker): string => `
# HELP roundhouse_process_event_loop_active_seconds_total Time in which the event loop was busy.
# TYPE roundhouse_process_event_loop_active_seconds_total counter
roundhouse_process_event_loop_active_seconds_total ${activeS}
roundhouse_process_event_loop_idle_seconds_total ${idleS}
roundhouse_proxy_in_flight_requests ${inFlight}
roundhouse_proxy_queued_requests ${queued}
process_start_time_seconds ${startS}
`;

const members: readonly PoolMember[] = ['w1', 'w2'].map((name, index) => ({ name, index, address: `127.0.0.${11 + index}`, port: 8080, weight: 1 }));
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

function rig({ alarm, interMs = 2000 }: { readonly alarm?: number; readonly interMs?: number } = {}) {
  const clock = createVirtualClock();
  const pool = createPool(members, { upThresh: 0.5, initialHealth: 'up', realtimeMs: clock.realtimeMs });
  const workers = members.map((): FakeWorker => ({ startS: 1, activeS: 0, idleS: 0, inFlight: 0, queued: 0, readable: true }));
  const asked: string[] = [];
  const logged: string[] = [];
  const log: Log = { ...silentLog, info: (_, message) => void logged.push(message) };
  let rounds = 0;
  const meter = createLoadMeter({
    pool,
    interMs,
    clock,
    read: (member) => {
      asked.push(member.name);
      const worker = workers[member.index];
      return Promise.resolve(worker?.readable === true ? parseExposition(pageOf(worker)) : undefined);
    },
    onRead: () => {
      rounds += 1;
      review?.();
    },
  });
  const review = alarm === undefined ? undefined : createAlarm(pool, alarm, meter.loadOf, log);
  /** One interval in which each worker was busy for that part of the time. */
  const pass = async (...busy: readonly number[]): Promise<void> => {
    workers.forEach((worker, index) => {
      worker.activeS += (busy[index] ?? 0) * (interMs / 1000);
      worker.idleS += (1 - (busy[index] ?? 0)) * (interMs / 1000);
    });
    clock.advance(interMs);
    await settle();
  };
  const begin = async (): Promise<void> => {
    meter.start();
    await settle();
  };
  const utilisations = (): unknown[] => members.map(({ index }) => meter.loadOf(index)?.utilisation);
  return { pool, workers, meter, asked, logged, pass, begin, rounds: () => rounds, utilisations };
}

describe('the load meter', () => {
  it('knows the backlog from the first reading and utilisation from the second', async () => {
    const { workers: [first], meter, pass, begin, utilisations } = rig();
    Object.assign(first ?? {}, { activeS: 50, idleS: 100, inFlight: 3, queued: 2 });
    await begin();
    expect(meter.loadOf(0)).toEqual({ utilisation: null, backlog: 5, readMs: 0 });
    await pass(0.75, 0.1);
    expect(meter.loadOf(0)).toMatchObject({ backlog: 5, readMs: 2000 });
    expect(utilisations()).toEqual([expect.closeTo(0.75, 9), expect.closeTo(0.1, 9)]);
  });

  it('takes one reading of each worker an interval, and none once it is stopped', async () => {
    const { asked, pass, begin, rounds, meter } = rig();
    await begin();
    for (let round = 0; round < 3; round += 1) await pass();
    expect(asked).toEqual(['w1', 'w2', 'w1', 'w2', 'w1', 'w2', 'w1', 'w2']);
    expect(rounds()).toBe(4);
    meter.stop();
    await pass();
    expect(asked).toHaveLength(8);
  });

  it('measures over the whole gap when readings were lost, and forgets after three', async () => {
    const { workers: [first], pass, begin, utilisations } = rig();
    await begin();
    await pass(0.5);
    if (first !== undefined) first.readable = false;
    for (const busy of [1, 1, 1]) await pass(busy);
    expect(utilisations()[0]).toBe(0.5);
    await pass(1);
    expect(utilisations()[0]).toBeUndefined();
    if (first !== undefined) first.readable = true;
    await pass(0);
    expect(utilisations()[0]).toBeCloseTo(0.8, 9);
  });

  it('begins anew with a process that began anew, even one that has counted more than the last', async () => {
    const { workers: [first], pass, begin, utilisations } = rig();
    await begin();
    await pass(0.5);
    Object.assign(first ?? {}, { startS: 2, activeS: 500, idleS: 500 });
    await pass(1);
    expect(utilisations()[0]).toBeNull();
    await pass(0.25);
    expect(utilisations()[0]).toBeCloseTo(0.25, 9);
  });

  it('does not ask the disabled', async () => {
    const { pool, asked, begin } = rig();
    pool.setAdmin('w1', 'disabled');
    await begin();
    expect(asked).toEqual(['w2']);
  });

  it('asks for metrics that the catalog has for workers', () => {
    for (const name of loadMetrics) expect(catalog[name].roles).toContain('worker');
  });

  it('never finds more than a whole and less than nothing', () => {
    const seconds = fc.double({ min: 0, max: 1e9, noNaN: true });
    const base = fc.record({ startS: fc.constantFrom(1, 2), activeS: seconds, idleS: seconds });
    fc.assert(
      fc.property(base, base, (from, to) => {
        const found = utilisationBetween(from, to);
        if (found !== null) expect(found >= 0 && found <= 1).toBe(true);
        if (from.startS !== to.startS) expect(found).toBeNull();
      }),
    );
  });
});

describe('the alarm', () => {
  it('goes by the last interval: beyond the threshold, not at it, and back; each change is logged once', async () => {
    const { pool, pass, begin, logged } = rig({ alarm: 0.5 });
    const eligible = (): string[] => pool.snapshot().eligible.map(({ name }) => name);
    await begin();
    await pass(0.5);
    expect(eligible()).toEqual(['w1', 'w2']);
    for (let round = 0; round < 3; round += 1) await pass(0.75);
    expect(eligible()).toEqual(['w2']);
    await pass(0.25);
    expect(eligible()).toEqual(['w1', 'w2']);
    expect(logged).toEqual([expect.stringMatching(/^w1 is busier/), expect.stringMatching(/^w1 is no longer/)]);
  });

  it('leaves all in when all are alarmed', async () => {
    const { pool, pass, begin } = rig({ alarm: 0.5 });
    await begin();
    await pass(0.75, 1);
    expect(pool.snapshot().members.map(({ alarmed }) => alarmed)).toEqual([true, true]);
    expect(pool.snapshot().eligible).toHaveLength(2);
  });

  it('holds nothing against a worker that was not heard for three intervals', async () => {
    const { pool, workers: [first], pass, begin } = rig({ alarm: 0.5 });
    await begin();
    await pass(1);
    if (first !== undefined) first.readable = false;
    for (let round = 0; round < 3; round += 1) await pass(1);
    expect(pool.snapshot().members[0]?.alarmed).toBe(true);
    await pass(1);
    expect(pool.snapshot().members[0]?.alarmed).toBe(false);
  });

  it('makes no snapshot where nothing changes', async () => {
    const { pool, pass, begin } = rig({ alarm: 0.5 });
    await begin();
    await pass(1);
    const before = pool.snapshot();
    await pass(0.9, 0.4);
    expect(pool.snapshot()).toBe(before);
  });
});
