/** Withdrawal, the fact that takes a member out of the answers for all, and the parts of a pool where it does not count. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adminStates, createPool, type HealthFact, type Pool, type PoolMember, type PoolView } from '../../src/pool/pool.js';

const down: HealthFact = { health: 'down', reason: 'probe-timeout', detail: '', sinceMs: 5, stableForMs: 4000 };
const up: HealthFact = { health: 'up', reason: 'probe-passed', detail: '', sinceMs: 5, stableForMs: 6000 };

/** `2 london, 2 paris`: w1 and w2 in London, w3 and w4 in Paris. */
function create(places: readonly (string | undefined)[] = ['london', 'london', 'paris', 'paris'], upThresh = 0.5): Pool {
  const members = places.map((location, index): PoolMember => {
    return { name: `w${index + 1}`, index, address: `192.0.2.${index + 1}`, port: 80, weight: 1, ...(location === undefined ? {} : { location }) };
  });
  return createPool(members, { upThresh, initialHealth: 'up', realtimeMs: () => 0 });
}

const names = (view: PoolView): string[] => view.snapshot().eligible.map(({ name }) => name);

describe('a withdrawn member', () => {
  it('is out of the answers for all until it is taken back, whatever probes and operators say meanwhile', () => {
    const pool = create();
    pool.setWithdrawn('w1', 'lagging');
    expect(names(pool)).toEqual(['w2', 'w3', 'w4']);
    pool.setHealth('w1', down);
    pool.setHealth('w1', up);
    pool.setAdmin('w1', 'draining');
    pool.setAdmin('w1', 'enabled');
    expect(names(pool)).toEqual(['w2', 'w3', 'w4']);
    expect(pool.snapshot().members[0]).toMatchObject({ health: 'up', admin: 'enabled', withdrawn: 'lagging' });
    pool.setWithdrawn('w1', null);
    expect(names(pool)).toEqual(['w1', 'w2', 'w3', 'w4']);
  });

  it('makes a snapshot once, and none when it is said again', () => {
    const pool = create();
    pool.setWithdrawn('w1', 'lagging');
    const first = pool.snapshot();
    pool.setWithdrawn('w1', 'lagging');
    expect(pool.snapshot()).toBe(first);
    expect(() => pool.setWithdrawn('w9', null)).toThrow('pool: no member named "w9"');
  });

  it.each([
    // withdrawn, down, upThresh, eligible, ignored
    ['half of them', ['w1', 'w2'], [], 0.5, ['w3', 'w4'], false],
    ['more than half', ['w1', 'w2', 'w3'], [], 0.5, ['w1', 'w2', 'w3', 'w4'], true],
    ['one, and two are down', ['w3'], ['w1', 'w2'], 0.5, ['w3', 'w4'], true],
    ['all but one, when one is enough', ['w1', 'w2', 'w3'], [], 0.25, ['w4'], false],
    ['all, when health would never fail open', ['w1', 'w2', 'w3', 'w4'], [], 0, ['w1', 'w2', 'w3', 'w4'], true],
    ['none, while all are down and health never fails open', [], ['w1', 'w2', 'w3', 'w4'], 0, [], false],
    ['one that is down anyway', ['w1'], ['w1'], 0.5, ['w2', 'w3', 'w4'], false],
    ['one, while health fails open', ['w1'], ['w2', 'w3', 'w4'], 0.5, ['w2', 'w3', 'w4'], false],
  ] as const)('%s', (_, withdrawn, sick, upThresh, eligible, ignored) => {
    const pool = create(undefined, upThresh);
    withdrawn.forEach((name) => pool.setWithdrawn(name, 'lagging'));
    sick.forEach((name) => pool.setHealth(name, down));
    expect(names(pool)).toEqual(eligible);
    expect(pool.snapshot().withdrawalIgnored).toBe(ignored);
  });

  it('does not count as calm: alarms are weighed among those that are left', () => {
    const pool = create();
    pool.setWithdrawn('w1', 'lagging');
    ['w2', 'w3', 'w4'].forEach((name) => pool.setAlarm(name, true));
    expect(names(pool)).toEqual(['w2', 'w3', 'w4']);
  });
});

describe('a location by itself', () => {
  it('has its own members, withdrawn or not', () => {
    const pool = create();
    const london = pool.at('london');
    pool.setWithdrawn('w1', 'lagging');
    expect(london.members.map(({ name }) => name)).toEqual(['w1', 'w2']);
    expect(names(london)).toEqual(['w1', 'w2']);
    expect(london.snapshot().withdrawalIgnored).toBe(false);
    expect(names(pool.at('nowhere'))).toEqual([]);
  });

  it('fails open by itself, and hears of alarms by itself', () => {
    const pool = create();
    const [london, paris] = [pool.at('london'), pool.at('paris')];
    ['w1', 'w2'].forEach((name) => pool.setHealth(name, down));
    expect([london.snapshot().failOpen, names(london)]).toEqual([true, ['w1', 'w2']]);
    expect([paris.snapshot().failOpen, names(paris)]).toEqual([false, ['w3', 'w4']]);
    expect(names(pool)).toEqual(['w3', 'w4']);
    pool.setAdmin('w1', 'disabled');
    expect(names(london)).toEqual(['w2']);
    ['w3', 'w4'].forEach((name) => pool.setAlarm(name, true));
    expect(names(paris)).toEqual(['w3', 'w4']);
    pool.setAlarm('w4', false);
    expect(names(paris)).toEqual(['w4']);
  });

  it('keeps its snapshot while only others change, and says how long its own verdicts stand', () => {
    const pool = create();
    const london = pool.at('london');
    ['w1', 'w2', 'w3', 'w4'].forEach((name) => pool.setHealth(name, up));
    const before = london.snapshot();
    pool.setHealth('w3', down);
    expect(london.snapshot()).toBe(before);
    expect([before.stableForMs, pool.snapshot().stableForMs]).toEqual([6000, 4000]);
    pool.setHealth('w1', down);
    expect(london.snapshot()).not.toBe(before);
    expect(london.snapshot().version).toBeGreaterThan(before.version);
  });
});

describe('whatever is known of members', () => {
  const fact = fc.record({ healthy: fc.boolean(), admin: fc.constantFrom(...adminStates), alarmed: fc.boolean(), lagging: fc.boolean() });

  it('never leaves the answers emptier than without withdrawal, and never lets it bring anybody in', () => {
    fc.assert(
      fc.property(fc.array(fact, { minLength: 1, maxLength: 8 }), fc.double({ min: 0, max: 1, noNaN: true }), (facts, upThresh) => {
        const [pool, without] = [create(facts.map(() => 'london'), upThresh), create(facts.map(() => 'london'), upThresh)];
        facts.forEach(({ healthy, admin, alarmed, lagging }, index) => {
          const name = `w${index + 1}`;
          for (const one of [pool, without]) {
            one.setHealth(name, healthy ? up : down);
            one.setAdmin(name, admin);
            one.setAlarm(name, alarmed);
          }
          pool.setWithdrawn(name, lagging ? 'lagging' : null);
        });
        expect(names(pool).length > 0).toBe(names(without).length > 0);
        const { withdrawalIgnored, members, failOpen } = pool.snapshot();
        if (withdrawalIgnored) expect(names(pool)).toEqual(names(without));
        else expect(pool.snapshot().eligible.some(({ index }) => members[index]?.withdrawn !== null)).toBe(false);
        expect(failOpen).toBe(without.snapshot().failOpen);
        expect(pool.snapshot().eligible.every(({ index }) => members[index]?.admin === 'enabled')).toBe(true);
        expect(names(pool.at('london'))).toEqual(names(without.at('london')));
      }),
    );
  });
});
