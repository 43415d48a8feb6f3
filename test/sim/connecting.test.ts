import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.js';
import { createClientRecords, epochAndKindAt, epochMask, nobody, workerAt } from '../../src/sim/client-records.js';
import { createConnecting } from '../../src/sim/connecting.js';
import { createRecorder } from '../../src/sim/recorder.js';
import type { ClientKind } from '../../src/sim/scenario.js';
import { createWorkers, type Liveness } from '../../src/sim/worker-layer.js';
import { pinnedClient, scenarioOf } from '../support/scenarios.js';

/** One client, whose resolver says `answer` for 10 s; the n-th look-up is of epoch n. */
function oneClient(kind: Partial<ClientKind>, first: readonly number[]) {
  const scenario = scenarioOf({
    clients: { kinds: [{ ...pinnedClient, ...kind }], connect: { refusedS: 0.01, blackHoledS: 0.25 } },
    workers: { count: 3, capacity: 3 },
  });
  const records = createClientRecords(scenario.clients, Int32Array.of(1), 1, createRandom(1));
  const state = { answer: first, lookups: 0 };
  const list = new Uint16Array(3);
  const workers = createWorkers(scenario.workers, () => undefined);
  const connecting = createConnecting({
    scenario, records, workers, mortal: true, addressBits: new Uint32Array(3), answersMax: 3, random: createRandom(1),
    recorder: createRecorder(scenario, 3),
    resolvers: {
      answer: list,
      lookup() {
        list.set(state.answer);
        state.lookups += 1;
        return state.answer.length;
      },
      ttlLeftS: () => 10,
      epoch: () => state.lookups,
    },
  });
  const set = (how: Exclude<Liveness, 'serves'>, ...dead: readonly number[]): void =>
    dead.forEach((worker) => workers.die(worker, 0, how, () => undefined));
  return { connecting, workers, records, state, set };
}

describe('a client pinned to its address', () => {
  it('looks up at the beginning of a session, and goes to the next address when its worker dies', () => {
    const { connecting, records, state, set } = oneClient({}, [1, 2, 0]);
    expect([connecting.connect(0, 0, true), connecting.connect(0, 1, false), connecting.extraS()]).toEqual([1, 1, 0]);
    set('silent', 1);
    set('refuses', 2);
    expect(connecting.connect(0, 2, false)).toBe(0);
    expect(connecting.extraS()).toBeCloseTo(0.26);
    expect([connecting.connect(0, 3, false), connecting.extraS(), state.lookups]).toEqual([0, 0, 1]);
    expect([records[workerAt], (records[epochAndKindAt] ?? 0) & epochMask]).toEqual([0, 1]);
  });

  it('tries each address once when all are dead, then asks again each time until one is back', () => {
    const { connecting, workers, state, set } = oneClient({}, [1, 2, 0]);
    connecting.connect(0, 0, true);
    set('silent', 0, 1, 2);
    expect([connecting.connect(0, 1, false), connecting.extraS(), state.lookups]).toEqual([nobody, 0.75, 1]);
    expect([connecting.connect(0, 2, false), connecting.extraS(), state.lookups]).toEqual([nobody, 0.75, 2]);
    state.answer = [];
    expect([connecting.connect(0, 3, false), connecting.extraS(), state.lookups]).toEqual([nobody, 0, 3]);
    state.answer = [2];
    workers.returns(2);
    expect([connecting.connect(0, 4, false), connecting.extraS(), state.lookups]).toEqual([2, 0, 4]);
    expect([connecting.connect(0, 5, false), state.lookups]).toEqual([2, 4]);
  });
});

describe('a client with a cache of its own', () => {
  it('asks when that is over, within its floor and ceiling', () => {
    const lookupsAt = (kind: Partial<ClientKind>): number[] => {
      const { connecting, state } = oneClient({ cache: 'ttl', cacheCeilingS: 86_400, ...kind }, [1]);
      return [0, 3, 9, 10, 59, 60].map((atS) => {
        connecting.connect(0, atS, false);
        return state.lookups;
      });
    };
    expect(lookupsAt({})).toEqual([1, 1, 1, 2, 3, 3]);
    expect(lookupsAt({ cacheFloorS: 60 })).toEqual([1, 1, 1, 1, 1, 2]);
    expect(lookupsAt({ cacheCeilingS: 3 })).toEqual([1, 2, 3, 3, 4, 4]);
    expect(lookupsAt({ cacheCeilingS: 0 })).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('uses an open connection again whatever caches say, but not one to nobody', () => {
    const { connecting, workers, state, set } = oneClient({ cache: 'ttl', reuseS: 5 }, [1]);
    connecting.connect(0, 0, true);
    state.answer = [2];
    expect([connecting.connect(0, 4, true), connecting.connect(0, 8.5, true), state.lookups]).toEqual([1, 1, 1]);
    expect([connecting.connect(0, 13.5, true), state.lookups]).toEqual([2, 2]);
    set('refuses', 2);
    expect([connecting.connect(0, 14, true), state.lookups]).toEqual([nobody, 2]);
    workers.returns(2);
    expect([connecting.connect(0, 15, true), state.lookups]).toEqual([2, 3]);
  });
});
