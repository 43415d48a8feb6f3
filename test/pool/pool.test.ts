/** The pool: folding of the two facts, failing open, and who is told what, when. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adminStates, createPool, healthStates, type HealthFact, type Pool, type PoolOptions, type PoolSnapshot } from '../../src/pool/pool.js';
import { createMembers } from '../support/rotation-suite.js';

function create(count: number, options: Partial<PoolOptions> = {}): Pool {
  return createPool(createMembers(count), { upThresh: 0.5, initialHealth: 'up', realtimeMs: () => 1000, ...options });
}

const down: HealthFact = { health: 'down', reason: 'probe-timeout', detail: 'no answer', sinceMs: 5, stableForMs: 4000 };
const up: HealthFact = { health: 'up', reason: 'probe-passed', detail: '', sinceMs: 5, stableForMs: 6000 };
const eligibleNames = (pool: Pool): string[] => pool.snapshot().eligible.map(({ name }) => name);

describe('createPool', () => {
  it('starts with what is assumed, and says so', () => {
    const pool = create(2, { initialHealth: 'down', upThresh: 0 });
    const { members, eligible, failOpen, stableForMs } = pool.snapshot();
    expect(members.map(({ health, reason, admin, sinceMs }) => ({ health, reason, admin, sinceMs }))).toEqual([
      { health: 'down', reason: 'initial', admin: 'enabled', sinceMs: 1000 },
      { health: 'down', reason: 'initial', admin: 'enabled', sinceMs: 1000 },
    ]);
    expect({ eligible, failOpen, stableForMs }).toEqual({ eligible: [], failOpen: false, stableForMs: 0 });
  });

  it('keeps the two facts apart: neither overwrites the other', () => {
    const pool = create(3);
    pool.setAdmin('w1', 'draining');
    pool.setHealth('w1', down);
    pool.setHealth('w1', up);
    expect(eligibleNames(pool)).toEqual(['w2', 'w3']);
    pool.setHealth('w2', down);
    pool.setAdmin('w2', 'disabled');
    pool.setAdmin('w2', 'enabled');
    expect(eligibleNames(pool)).toEqual(['w3']);
    expect(pool.snapshot().members[1]).toMatchObject({ ...down, admin: 'enabled' });
  });

  it('gives one frozen snapshot until something really changes', () => {
    const pool = create(2);
    const first = pool.snapshot();
    expect(pool.snapshot()).toBe(first);
    expect([first, first.members, first.eligible, first.members[0]].every(Object.isFrozen)).toBe(true);
    pool.setHealth('w1', up);
    const second = pool.snapshot();
    expect(second.version).toBe(first.version + 1);
    pool.setHealth('w1', { ...up });
    pool.setAdmin('w1', 'enabled');
    expect(pool.snapshot()).toBe(second);
    expect(first.members[0]?.reason).toBe('initial');
  });

  it('says how long the verdicts of enabled members stand', () => {
    const pool = create(2);
    pool.setHealth('w1', up);
    pool.setHealth('w2', down);
    expect(pool.snapshot().stableForMs).toBe(4000);
    pool.setAdmin('w2', 'disabled');
    expect(pool.snapshot().stableForMs).toBe(6000);
    pool.setAdmin('w1', 'draining');
    expect(pool.snapshot().stableForMs).toBe(Infinity);
  });

  it.each([
    [() => create(1).setHealth('w2', up), 'pool: no member named "w2"; it has w1'],
    [() => create(1).setAdmin('', 'enabled'), 'pool: no member named ""; it has w1'],
    [() => create(1, { upThresh: Number.NaN }), 'upThresh must be from 0 to 1'],
    [() => createPool([...createMembers(1), ...createMembers(1)], { upThresh: 0, initialHealth: 'up', realtimeMs: () => 0 }), 'two members are named "w1"'],
    [() => createPool(createMembers(2).slice(1), { upThresh: 0, initialHealth: 'up', realtimeMs: () => 0 }), 'stands at 0'],
    [() => createPool(createMembers(1, [256]), { upThresh: 0, initialHealth: 'up', realtimeMs: () => 0 }), 'from 1 to 255'],
  ])('refuses what breaks the contract (%#)', (act, message) => {
    expect(act).toThrow(RangeError);
    expect(act).toThrow(message);
  });
});

describe('failing open', () => {
  it.each([
    // enabled, up, upThresh, fails open
    [4, 2, 0.5, false],
    [4, 1, 0.5, true],
    [5, 2, 0.5, true], // ceil(2.5) = 3
    [5, 3, 0.5, false],
    [4, 0, 0, false],
    [4, 3, 1, true],
    [4, 4, 1, false],
    [1, 0, 0.01, true],
    [100, 7, 0.07, false], // 0.07 × 100 = 7.000000000000001
    [100, 6, 0.07, true],
    [0, 0, 1, false],
  ])('%i enabled, %i up, threshold %f: %s', (enabled, upCount, upThresh, failOpen) => {
    const pool = create(enabled, { upThresh });
    for (const { name, index } of pool.members) if (index >= upCount) pool.setHealth(name, down);
    expect(pool.snapshot().failOpen).toBe(failOpen);
    expect(pool.snapshot().eligible).toHaveLength(failOpen ? enabled : upCount);
  });

  it('counts enabled members only, and never brings back a draining or disabled one', () => {
    const pool = create(4);
    pool.setAdmin('w1', 'disabled');
    pool.setAdmin('w2', 'draining');
    pool.setHealth('w3', down);
    expect(pool.snapshot().failOpen).toBe(false); // 1 of 2
    pool.setHealth('w4', down);
    expect(pool.snapshot().failOpen).toBe(true);
    expect(eligibleNames(pool)).toEqual(['w3', 'w4']);
  });
});

describe('telling', () => {
  it('makes one snapshot of a batch, also of nested ones, and none when all is as before', () => {
    const pool = create(3);
    const told: PoolSnapshot[] = [];
    pool.subscribe((snapshot) => told.push(snapshot));
    const before = pool.snapshot();
    pool.batch(() => {
      pool.setHealth('w1', down);
      pool.batch(() => pool.setHealth('w2', down));
      expect(pool.snapshot()).toBe(before);
    });
    expect(told).toEqual([pool.snapshot()]);
    pool.batch(() => {
      pool.setAdmin('w1', 'disabled');
      pool.setAdmin('w1', 'enabled');
    });
    expect(told).toHaveLength(1);
  });

  it('publishes what a batch had changed when it throws', () => {
    const pool = create(3);
    const act = (): void =>
      pool.batch(() => {
        pool.setHealth('w1', down);
        throw new Error('half-way');
      });
    expect(act).toThrow('half-way');
    expect(eligibleNames(pool)).toEqual(['w2', 'w3']);
  });

  it('tells everybody else when a listener throws, then passes the error to whoever made the change', () => {
    const pool = create(3);
    const told: number[] = [];
    pool.subscribe(() => {
      throw new Error('listener');
    });
    pool.subscribe(({ version }) => told.push(version));
    expect(() => pool.setHealth('w1', down)).toThrow('listener');
    expect(told).toEqual([2]);
    expect(eligibleNames(pool)).toEqual(['w2', 'w3']);
    expect(() => pool.setHealth('w2', down)).toThrow('listener');
    expect(told).toEqual([2, 3]);
  });

  it('tells all in the order of versions when a listener changes the pool', () => {
    const pool = create(3);
    const told: [string, number][] = [];
    pool.subscribe(({ version }) => {
      told.push(['first', version]);
      pool.setAdmin('w3', 'draining');
    });
    pool.subscribe(({ version }) => told.push(['second', version]));
    pool.setHealth('w1', down);
    expect(told).toEqual([
      ['first', 2],
      ['second', 2],
      ['first', 3],
      ['second', 3],
    ]);
    expect(told.at(-1)?.[1]).toBe(pool.snapshot().version);
  });

  it('stops telling who unsubscribed, and only them', () => {
    const pool = create(2);
    let told = 0;
    const listener = (): void => void (told += 1);
    const unsubscribe = pool.subscribe(listener);
    pool.subscribe(listener);
    pool.setHealth('w1', down);
    expect(told).toBe(2);
    unsubscribe();
    unsubscribe();
    pool.setHealth('w1', up);
    expect(told).toBe(3);
  });
});

describe('any sequence of facts', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('health' as const), at: fc.nat(5), to: fc.constantFrom(...healthStates) }),
      fc.record({ kind: fc.constant('admin' as const), at: fc.nat(5), to: fc.constantFrom(...adminStates) }),
    ),
    { maxLength: 60 },
  );

  it('leaves a snapshot that follows from the facts alone', () => {
    fc.assert(
      fc.property(steps, fc.double({ min: 0, max: 1, noNaN: true }), (list, upThresh) => {
        const pool = create(6, { upThresh });
        const health = new Map(pool.members.map(({ name }) => [name, 'up']));
        const admin = new Map(pool.members.map(({ name }) => [name, 'enabled']));
        let version = 1;
        pool.subscribe((snapshot) => expect(snapshot.version).toBe((version += 1)));
        for (const step of list) {
          const name = `w${step.at + 1}`;
          if (step.kind === 'health') pool.setHealth(name, step.to === 'up' ? up : down);
          else pool.setAdmin(name, step.to);
          (step.kind === 'health' ? health : admin).set(name, step.to);
        }
        const enabled = pool.members.filter(({ name }) => admin.get(name) === 'enabled');
        const healthy = enabled.filter(({ name }) => health.get(name) === 'up');
        const { eligible, failOpen } = pool.snapshot();
        expect(eligible).toEqual(failOpen ? enabled : healthy);
        expect(failOpen).toBe(healthy.length + 1e-9 < upThresh * enabled.length);
      }),
    );
  });
});
