import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { adopt, createLoadAdopter, parseMessage, toMessage, type LoadReading, type PoolMessage } from '../../src/control/message.js';
import { adminStates, createPool, healthReasons, healthStates, withdrawalReasons, type PoolMember } from '../../src/pool/pool.js';
import { createReportedLoads } from '../../src/pool/worker-loads.js';

const members: readonly PoolMember[] = ['a', 'b', 'c'].map((name, index) => ({ name, index, address: `127.0.0.${index + 1}`, port: 80, weight: 1 }));
const pool = (): ReturnType<typeof createPool> => createPool(members, { upThresh: 0.5, initialHealth: 'down', realtimeMs: () => 0 });

const fact = fc.record({
  health: fc.constantFrom(...healthStates),
  reason: fc.constantFrom(...healthReasons),
  detail: fc.string(),
  sinceMs: fc.nat(),
  stableForMs: fc.oneof(fc.nat(), fc.constant(Infinity)),
});

const state = fc.record({
  fact,
  admin: fc.constantFrom(...adminStates),
  alarmed: fc.boolean(),
  withdrawn: fc.constantFrom(null, ...withdrawalReasons),
});

const withLoads = (of: ReturnType<typeof pool>, loads: readonly LoadReading[]): PoolMessage =>
  parseMessage(JSON.stringify(toMessage(of.snapshot(), (index) => loads[index])));

const wrongLoad = JSON.stringify({ version: 1, members: [{ ...toMessage(pool().snapshot()).members[0], load: { utilisation: 'much' } }] });

describe('messages of the pool', () => {
  it('carry any state over unchanged', () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 3, maxLength: 3 }), (states) => {
        const [here, there] = [pool(), pool()];
        states.forEach(({ fact: known, admin, alarmed, withdrawn }, index) => {
          here.setHealth(members[index]?.name ?? '', known);
          here.setAdmin(members[index]?.name ?? '', admin);
          here.setAlarm(members[index]?.name ?? '', alarmed);
          here.setWithdrawn(members[index]?.name ?? '', withdrawn);
        });
        adopt(there, parseMessage(JSON.stringify(toMessage(here.snapshot()))));
        const { version: _here, ...expected } = here.snapshot();
        const { version: _there, ...got } = there.snapshot();
        expect(got).toEqual(expected);
      }),
    );
  });

  it('pass over members that this side does not have', () => {
    const mine = pool();
    const fact = { health: 'up', reason: 'initial', detail: '', sinceMs: 0, stableForMs: null, alarmed: true, withdrawn: 'lagging', load: null } as const;
    adopt(mine, { version: 9, failOpen: false, withdrawalIgnored: false, members: [{ name: 'stranger', admin: 'enabled', ...fact }] });
    expect(mine.snapshot().members.map(({ health }) => health)).toEqual(['down', 'down', 'down']);
  });

  it('of a control process that knows no alarm, no loads and no withdrawal say that there are none', () => {
    const old = '{"version":1,"failOpen":false,"members":[{"name":"a","health":"up","reason":"probe-passed","detail":"","sinceMs":0,"stableForMs":null,"admin":"enabled"}]}';
    expect(parseMessage(old).members[0]).toMatchObject({ alarmed: false, withdrawn: null, load: null });
    const mine = pool();
    mine.setAlarm('a', true);
    mine.setWithdrawn('a', 'lagging');
    adopt(mine, parseMessage(old));
    expect(mine.snapshot().members[0]).toMatchObject({ health: 'up', alarmed: false, withdrawn: null });
  });

  it('make no snapshot for loads alone', () => {
    const mine = pool();
    adopt(mine, withLoads(mine, []));
    const before = mine.snapshot();
    adopt(mine, withLoads(mine, [{ utilisation: 0.5, backlog: 3, readMs: 1 }]));
    expect(mine.snapshot()).toBe(before);
  });

  it.each(['', 'null', '[]', '{"version":1}', '{"version":1,"members":[null]}', '{"version":1,"members":[{"name":"a"}]}', wrongLoad])('refuse %j', (line) => {
    expect(() => parseMessage(line)).toThrow();
  });
});

describe('loads in messages', () => {
  const rig = () => {
    const clock = createVirtualClock();
    const loads = createReportedLoads(members.length, 6000, clock);
    return { clock, loads, adoptLoads: createLoadAdopter(members, loads), mine: pool() };
  };

  it('arrive as they were read, the unknown as unknown', () => {
    const { loads, adoptLoads, mine } = rig();
    adoptLoads(withLoads(mine, [{ utilisation: 0.25, backlog: 7, readMs: 1 }, { utilisation: null, backlog: 2, readMs: 1 }]));
    expect([0, 1, 2].map(loads.utilisation)).toEqual([0.25, NaN, NaN]);
    expect([0, 1, 2].map(loads.backlog)).toEqual([7, 2, NaN]);
  });

  it('are reported once, however often they are sent, so that they age', () => {
    const { clock, loads, adoptLoads, mine } = rig();
    const message = withLoads(mine, [{ utilisation: 0.25, backlog: 7, readMs: 1 }]);
    adoptLoads(message);
    const { version } = loads;
    clock.advance(5000);
    adoptLoads(message);
    expect(loads.version).toBe(version);
    clock.advance(1001);
    expect(loads.utilisation(0)).toBeNaN();
    adoptLoads(withLoads(mine, [{ utilisation: 0.25, backlog: 7, readMs: 2 }])); // the same again, but read anew
    expect(loads.utilisation(0)).toBe(0.25);
  });

  it('of members that this side does not have are passed over', () => {
    const { loads, adoptLoads, mine } = rig();
    const { members: [first], ...rest } = withLoads(mine, [{ utilisation: 0.25, backlog: 7, readMs: 1 }]);
    if (first !== undefined) adoptLoads({ ...rest, members: [{ ...first, name: 'stranger' }] });
    expect(loads.version).toBe(0);
  });
});
