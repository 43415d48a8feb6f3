/** Each policy: the conformance suite by one line, then what is its own. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyNames, type PolicyName, type RotationOptions } from '../../src/pool/policies.js';
import { createRotation } from '../../src/pool/rotations.js';
import type { PoolMember } from '../../src/pool/pool.js';
import type { Rotation } from '../../src/pool/rotation.js';
import { createRandom } from '../../src/random.js';
import { ask, createMeans, createMembers, firstPlaces, rotationSuite } from '../support/rotation-suite.js';

function make(name: PolicyName, options: Partial<RotationOptions> = {}): Rotation {
  return createRotation(name, { tail: 'cyclic', random: createRandom(1), freshAnswersMax: 64, ...createMeans(), ...options });
}

for (const name of policyNames) rotationSuite(name, () => make(name));
rotationSuite('round-robin with a shuffled tail', () => make('round-robin', { tail: 'shuffled' }));
rotationSuite('static-list with a full table', () => make('static-list', { requestorsMax: 2 }));

const without = (members: readonly PoolMember[], ...gone: number[]): PoolMember[] => members.filter(({ index }) => !gone.includes(index));
const permutationKey = (order: readonly number[]): string => order.join(' ');

/** Pearson's statistic against equal expectations. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function countPermutations(rotation: Rotation, members: readonly PoolMember[], calls: number, maxAnswers = members.length): number[] {
  const counts = new Map<string, number>();
  for (let call = 0; call < calls; call += 1) {
    const key = permutationKey(ask(rotation, members, '192.0.2.1', maxAnswers));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts.values()];
}

describe('round-robin', () => {
  const members = createMembers(4);

  it('is exactly even: 4000 answers over four members', () => {
    expect(firstPlaces(make('round-robin'), members, members, 4000)).toEqual([1000, 1000, 1000, 1000]);
  });

  it.each([0, 1, 2, 3])('is exactly even over the other three when member %i is down', (down) => {
    const counts = firstPlaces(make('round-robin'), members, without(members, down), 4000);
    expect(counts[down]).toBe(0);
    expect(without(members, down).map(({ index }) => counts[index]).toSorted()).toEqual([1333, 1333, 1334]);
  });

  it('is even within one over any number of answers of a constant set', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 200 }), (n, count) => {
        const all = createMembers(n);
        const counts = firstPlaces(make('round-robin'), all, all, count);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('goes on with the next member when the set changes: nobody is skipped, nobody has two turns', () => {
    const rotation = make('round-robin');
    const firstOf = (eligible: readonly PoolMember[]): number | undefined => eligible[ask(rotation, eligible)[0] ?? -1]?.index;
    expect(firstOf(members)).toBe(0);
    expect(firstOf(without(members, 1))).toBe(2);
    expect(firstOf(members)).toBe(3);
    expect(firstOf(without(members, 3))).toBe(0);
    expect(firstOf(members)).toBe(1);
    expect(firstOf(without(members, 1))).toBe(2);
    expect(firstOf([])).toBeUndefined();
    expect(firstOf(members)).toBe(3);
  });

  it('never gives the member that was first the next turn too, while there is another', () => {
    fc.assert(
      fc.property(fc.array(fc.subarray([0, 1, 2, 3, 4], { minLength: 2 }), { maxLength: 60 }), (sets) => {
        const all = createMembers(5);
        const rotation = make('round-robin');
        let last = -1;
        for (const set of sets) {
          const eligible = all.filter(({ index }) => set.includes(index));
          const first = eligible[ask(rotation, eligible)[0] ?? -1]?.index ?? -1;
          expect(first).not.toBe(last);
          last = first;
        }
      }),
    );
  });

  it('with a cyclic tail writes true rotations', () => {
    const rotation = make('round-robin');
    expect([1, 2, 3, 4, 5].map(() => ask(rotation, members))).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3, 0],
      [2, 3, 0, 1],
      [3, 0, 1, 2],
      [0, 1, 2, 3],
    ]);
    expect(ask(rotation, members, '192.0.2.1', 2)).toEqual([1, 2]);
  });

  it('with a shuffled tail keeps the first places exact and every tail equally likely', () => {
    const rotation = make('round-robin', { tail: 'shuffled' });
    expect(firstPlaces(rotation, members, members, 4000)).toEqual([1000, 1000, 1000, 1000]);
    const counts = countPermutations(rotation, members, 24_000);
    expect(counts).toHaveLength(24);
    expect(chiSquared(counts)).toBeLessThan(49.7); // 23 degrees of freedom, p = 0.001
  });

  it('with a shuffled tail cut short still draws from all the others', () => {
    const counts = countPermutations(make('round-robin', { tail: 'shuffled' }), members, 12_000, 2);
    expect(counts).toHaveLength(12);
    expect(chiSquared(counts)).toBeLessThan(31.3); // 11 degrees of freedom, p = 0.001
  });
});

describe('static-list', () => {
  const members = createMembers(3);

  it('lets each requestor rotate by itself, from the head', () => {
    const rotation = make('static-list');
    expect(ask(rotation, members, '192.0.2.1')).toEqual([0, 1, 2]);
    expect(ask(rotation, members, '192.0.2.1')).toEqual([1, 2, 0]);
    expect(ask(rotation, members, '192.0.2.2')).toEqual([0, 1, 2]);
    expect(ask(rotation, members, '192.0.2.1')).toEqual([2, 0, 1]);
    expect(ask(rotation, members, '192.0.2.1')).toEqual([0, 1, 2]);
  });

  it('piles sessions of one query up on the first member, which round-robin does not', () => {
    const newcomer = (call: number): string => `10.${call >> 16}.${(call >> 8) & 255}.${call & 255}`;
    expect(firstPlaces(make('static-list'), members, members, 3000, newcomer)).toEqual([3000, 0, 0]);
    expect(firstPlaces(make('round-robin'), members, members, 3000, newcomer)).toEqual([1000, 1000, 1000]);
  });

  it('forgets the requestor that came first when the table is full, and counts it', () => {
    const rotation = make('static-list', { requestorsMax: 2 });
    ask(rotation, members, 'a');
    ask(rotation, members, 'b');
    expect(rotation.evictionsTotal).toBe(0);
    ask(rotation, members, 'c'); // forgets a
    expect(rotation.evictionsTotal).toBe(1);
    expect(ask(rotation, members, 'b')[0]).toBe(1);
    expect(ask(rotation, members, 'a')[0]).toBe(0); // a newcomer again, and b is forgotten
    expect(ask(rotation, members, 'c')[0]).toBe(1);
    expect(rotation.evictionsTotal).toBe(2);
  });

  it('remembers 65,536 requestors by default', () => {
    const rotation = make('static-list');
    for (let call = 0; call < 65_537; call += 1) ask(rotation, members, String(call));
    expect(rotation.evictionsTotal).toBe(1);
    expect(ask(rotation, members, '1')[0]).toBe(1);
    expect(ask(rotation, members, '0')[0]).toBe(0);
  });
});

describe('fixed', () => {
  it('gives the configured order, always', () => {
    const rotation = make('fixed');
    const members = createMembers(3);
    for (let call = 0; call < 3; call += 1) expect(ask(rotation, members)).toEqual([0, 1, 2]);
  });
});

describe('random', () => {
  it('makes every permutation equally likely', () => {
    const counts = countPermutations(make('random'), createMembers(4), 24_000);
    expect(counts).toHaveLength(24);
    expect(chiSquared(counts)).toBeLessThan(49.7); // 23 degrees of freedom, p = 0.001
  });

  it('does not depend on the answer before, whose deck it goes on with', () => {
    const rotation = make('random');
    const counts = new Map<string, number>();
    let before = '';
    for (let call = 0; call < 36_001; call += 1) {
      const now = permutationKey(ask(rotation, createMembers(3)));
      if (call > 0) counts.set(`${before}, ${now}`, (counts.get(`${before}, ${now}`) ?? 0) + 1);
      before = now;
    }
    expect(counts.size).toBe(36);
    expect(chiSquared([...counts.values()])).toBeLessThan(66.6); // 35 degrees of freedom, p = 0.001
  });

  it('cut short is still a uniform draw', () => {
    const counts = countPermutations(make('random'), createMembers(5), 20_000, 2);
    expect(counts).toHaveLength(20);
    expect(chiSquared(counts)).toBeLessThan(43.8); // 19 degrees of freedom, p = 0.001
  });
});

describe('weighted', () => {
  it('is smooth: the sequence that nginx documents', () => {
    const members = createMembers(3, [5, 1, 1]);
    const rotation = make('weighted');
    expect(Array.from({ length: 7 }, () => ask(rotation, members)[0])).toEqual([0, 0, 1, 0, 2, 0, 0]);
  });

  it('is exact over each full turn, whatever the weights', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }), (weights) => {
        const members = createMembers(weights.length, weights);
        const turn = weights.reduce((sum, weight) => sum + weight, 0);
        const rotation = make('weighted');
        for (let round = 0; round < 2; round += 1) expect(firstPlaces(rotation, members, members, turn)).toEqual(weights);
      }),
    );
  });

  it('with equal weights is as even as round-robin, also with one member down', () => {
    const members = createMembers(4);
    expect(firstPlaces(make('weighted'), members, members, 4000)).toEqual([1000, 1000, 1000, 1000]);
    const counts = firstPlaces(make('weighted'), members, without(members, 2), 4000);
    expect(counts.toSorted()).toEqual([0, 1333, 1333, 1334]);
  });

  it('puts the others behind the first by the credit they have left', () => {
    const members = createMembers(3, [1, 5, 3]);
    const rotation = make('weighted');
    expect(ask(rotation, members)).toEqual([1, 2, 0]); // credits 1 5 3
    expect(ask(rotation, members)).toEqual([2, 0, 1]); // credits 2 1 6
  });

  it('lets a member that was away go on where it stopped, without a burst', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 6 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 63 }), fc.integer({ min: 1, max: 40 })), { maxLength: 30 }),
        (weights, phases) => {
          const members = createMembers(weights.length, weights);
          const rotation = make('weighted');
          for (const [bits, calls] of phases) {
            const eligible = members.filter(({ index }) => (bits >> index) & 1);
            if (eligible.length > 0) firstPlaces(rotation, members, eligible, calls);
          }
          // Whatever happened before, over one turn of the whole set nobody is off by more than 2 (the worst of 60,000 runs: 1).
          const turn = weights.reduce((sum, weight) => sum + weight, 0);
          const counts = firstPlaces(rotation, members, members, turn);
          for (const [index, weight] of weights.entries()) {
            expect(Math.abs((counts[index] ?? 0) - weight)).toBeLessThanOrEqual(2);
          }
        },
      ),
    );
  });
});

describe('affinity', () => {
  const members = createMembers(5, [1, 2, 3, 4, 5]);
  const prefixes = Array.from({ length: 15_000 }, (_, at) => `10.${at >> 8}.${at & 255}.1`);
  const homes = (eligible: readonly PoolMember[]): (number | undefined)[] => {
    const rotation = make('affinity');
    return prefixes.map((address) => eligible[ask(rotation, eligible, address)[0] ?? -1]?.index);
  };

  it('gives one network always the same order: a /24 of IPv4, a /56 of IPv6', () => {
    const rotation = make('affinity');
    const order = ask(rotation, members, '192.0.2.1');
    expect(ask(rotation, members, '192.0.2.254')).toEqual(order);
    expect(ask(make('affinity'), members, '::ffff:192.0.2.9')).toEqual(order);
    const order6 = ask(rotation, members, '2001:db8:0:ab00::1');
    expect(ask(rotation, members, '2001:DB8::abff:1:2:3:4')).toEqual(order6);
  });

  it('honours weights in the share of networks', () => {
    const counts = [0, 0, 0, 0, 0];
    for (const home of homes(members)) counts[home ?? -1] = (counts[home ?? -1] ?? Number.NaN) + 1;
    const expected = members.map(({ weight }) => (prefixes.length * weight) / 15);
    const statistic = counts.reduce((sum, count, index) => sum + (count - (expected[index] ?? 0)) ** 2 / (expected[index] ?? 0), 0);
    expect(statistic).toBeLessThan(18.5); // 4 degrees of freedom, p = 0.001
  });

  it('moves only the networks of a member that goes, and each to its second choice', () => {
    const rotation = make('affinity');
    const left = without(members, 3);
    const [before, after] = [homes(members), homes(left)];
    for (const [at, address] of prefixes.entries()) {
      if (before[at] !== 3) expect(after[at]).toBe(before[at]);
      else expect(after[at]).toBe(ask(rotation, members, address)[1]);
    }
  });

  it('moves networks only to a member whose weight grows', () => {
    const heavier = createMembers(5, [1, 2, 6, 4, 5]);
    const [before, after] = [homes(members), homes(heavier)];
    const moved = after.filter((home, at) => home !== before[at]);
    expect(new Set(moved)).toEqual(new Set([2]));
  });

  it('depends on names, not on places in the list', () => {
    const [a, b, c] = createMembers(3);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three members');
    const moved = [{ ...c, index: 0 }, { ...a, index: 1 }, { ...b, index: 2 }];
    const rotation = make('affinity');
    for (const address of prefixes.slice(0, 200)) {
      const names = (list: readonly PoolMember[]): (string | undefined)[] => ask(rotation, list, address).map((at) => list[at]?.name);
      expect(names(moved)).toEqual(names([a, b, c]));
    }
  });
});
