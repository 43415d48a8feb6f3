import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.js';
import type { SimulatedAuthority } from '../../src/sim/authority-layer.js';
import { createResolvers, type Resolvers } from '../../src/sim/resolver-layer.js';
import type { ResolverKind } from '../../src/sim/scenario.js';
import { plainResolver, scenarioOf } from '../support/scenarios.js';

/** Its answers are workers 0 … size−1, rotated by one each time; the n-th answer is of epoch n. */
function resolvers(kind: Partial<ResolverKind>, answers: { readonly ttlS: number; readonly size: number }) {
  const asked: number[] = [];
  const authority: Pick<SimulatedAuthority, 'answer' | 'ttlS' | 'epoch'> = {
    answer(atS, _address, members) {
      for (let place = 0; place < answers.size; place += 1) members[place] = (asked.length + place) % answers.size;
      asked.push(atS);
      return answers.size;
    },
    ttlS: () => answers.ttlS,
    epoch: () => asked.length,
  };
  const { resolvers: plain } = scenarioOf();
  const layer = { ...plain, kinds: [{ ...plainResolver, ...kind }] };
  // The layer uses these three of the authority alone.
  return { layer: createResolvers(layer, ['a', 'b'], 4, authority as SimulatedAuthority, createRandom(1)), asked };
}

const told = (layer: Resolvers, atS: number, resolver = 0): number[] => {
  const count = layer.lookup(resolver, atS);
  return [...layer.answer.subarray(0, count)];
};

describe('a resolver', () => {
  it('asks once for the life of an answer, and says what is left of it', () => {
    const { layer, asked } = resolvers({}, { ttlS: 30, size: 3 });
    expect([told(layer, 10), layer.ttlLeftS(), layer.epoch()]).toEqual([[0, 1, 2], 30, 1]);
    expect([told(layer, 15, 1), layer.epoch()]).toEqual([[1, 2, 0], 2]); // another cache
    expect([told(layer, 39), layer.ttlLeftS(), layer.epoch()]).toEqual([[0, 1, 2], 1, 1]);
    expect([told(layer, 40), layer.epoch()]).toEqual([[2, 0, 1], 3]);
    expect(asked).toEqual([10, 15, 40]);
  });

  it('asks each time when the TTL is 0, unless it has a floor', () => {
    const plain = resolvers({}, { ttlS: 0, size: 2 });
    for (const atS of [1, 1, 2]) told(plain.layer, atS);
    expect([plain.asked, plain.layer.ttlLeftS()]).toEqual([[1, 1, 2], 0]);
    const floored = resolvers({ ttlFloorS: 5 }, { ttlS: 0, size: 2 });
    for (const atS of [1, 5, 6]) told(floored.layer, atS);
    expect(floored.asked).toEqual([1, 6]);
  });

  it('cuts a life to its ceiling, and hands out for a while what is expired, to be kept for no time', () => {
    const { layer, asked } = resolvers({ ttlCeilingS: 10, staleS: 5 }, { ttlS: 60, size: 2 });
    for (const atS of [0, 9, 14]) told(layer, atS);
    expect([asked, layer.ttlLeftS()]).toEqual([[0], 0]);
    told(layer, 15);
    expect([asked, layer.ttlLeftS()]).toEqual([[0, 15], 10]);
  });

  it('keeps, rotates by a cursor of its own, from a uniform start, or shuffles', () => {
    const lists = (order: ResolverKind['order'], count: number): string[] => {
      const { layer } = resolvers({ order }, { ttlS: 1000, size: 3 });
      return Array.from({ length: count }, () => told(layer, 1).join(''));
    };
    expect(lists('keep', 3)).toEqual(['012', '012', '012']);
    expect(lists('cyclic', 4)).toEqual(['012', '120', '201', '012']);
    expect(new Set(lists('rotate', 100))).toEqual(new Set(['012', '120', '201']));
    expect(new Set(lists('shuffle', 200)).size).toBe(6);
  });

  it.each(['keep', 'rotate', 'cyclic', 'shuffle'] as const)('hands out an empty answer too: %s', (order) => {
    const { layer } = resolvers({ order }, { ttlS: 0, size: 0 });
    expect(told(layer, 1)).toEqual([]);
  });
});
