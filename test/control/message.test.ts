import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adopt, parseMessage, toMessage } from '../../src/control/message.js';
import { adminStates, createPool, healthReasons, healthStates, type PoolMember } from '../../src/pool/pool.js';

const members: readonly PoolMember[] = ['a', 'b', 'c'].map((name, index) => ({ name, index, address: `127.0.0.${index + 1}`, port: 80, weight: 1 }));
const pool = (): ReturnType<typeof createPool> => createPool(members, { upThresh: 0.5, initialHealth: 'down', realtimeMs: () => 0 });

const fact = fc.record({
  health: fc.constantFrom(...healthStates),
  reason: fc.constantFrom(...healthReasons),
  detail: fc.string(),
  sinceMs: fc.nat(),
  stableForMs: fc.oneof(fc.nat(), fc.constant(Infinity)),
});

describe('messages of the pool', () => {
  it('carry any state over unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ fact, admin: fc.constantFrom(...adminStates) }), { minLength: 3, maxLength: 3 }), (states) => {
        const [here, there] = [pool(), pool()];
        states.forEach(({ fact: known, admin }, index) => {
          here.setHealth(members[index]?.name ?? '', known);
          here.setAdmin(members[index]?.name ?? '', admin);
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
    const fact = { health: 'up', reason: 'initial', detail: '', sinceMs: 0, stableForMs: null } as const;
    adopt(mine, { version: 9, failOpen: false, members: [{ name: 'stranger', admin: 'enabled', ...fact }] });
    expect(mine.snapshot().members.map(({ health }) => health)).toEqual(['down', 'down', 'down']);
  });

  it.each(['', 'null', '[]', '{"version":1}', '{"version":1,"members":[null]}', '{"version":1,"members":[{"name":"a"}]}'])('refuse %j', (line) => {
    expect(() => parseMessage(line)).toThrow();
  });
});
