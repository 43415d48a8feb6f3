/**
 * What every rotation promises, as a function: a new policy is tested by one line.
 *
 * `make` must give equal rotations each time (seed the randomness inside it), because some promises are checked by
 * comparing two of them.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { createGivenDemand } from '../../src/pool/demand.js';
import { createLocations } from '../../src/pool/locations.js';
import type { PoolMember } from '../../src/pool/pool.js';
import type { Rotation } from '../../src/pool/rotation.js';
import { createReportedLoads } from '../../src/pool/worker-loads.js';

/** `count` members w1, w2, …; the weights repeat from the list. */
export function createMembers(count: number, weights: readonly number[] = [1]): PoolMember[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `w${index + 1}`,
    index,
    address: `127.0.${Math.floor(index / 250)}.${1 + (index % 250)}`,
    port: 8080,
    weight: weights[index % weights.length] ?? 1,
  }));
}

/** The indices of one answer, as a plain list. */
export function ask(rotation: Rotation, eligible: readonly PoolMember[], address = '192.0.2.1', maxAnswers = eligible.length): number[] {
  const order = new Uint16Array(eligible.length);
  return [...order.subarray(0, rotation.order(eligible, { address }, maxAnswers, order))];
}

/** How often each of `members` stood first in `calls` answers; `addressOf` tells who asks in which call. */
export function firstPlaces(
  rotation: Rotation,
  members: readonly PoolMember[],
  eligible: readonly PoolMember[],
  calls: number,
  addressOf: (call: number) => string = () => '192.0.2.1',
): number[] {
  const counts = members.map(() => 0);
  const order = new Uint16Array(eligible.length);
  for (let call = 0; call < calls; call += 1) {
    rotation.order(eligible, { address: addressOf(call) }, eligible.length, order);
    const first = eligible[order[0] ?? -1]?.index ?? -1;
    counts[first] = (counts[first] ?? Number.NaN) + 1;
  }
  return counts;
}

const untouched = 0xffff;

/** What `createRotation` is given for policies that need something: three networks, two members that reported, two locations, a clock. */
export function createMeans(clock = createVirtualClock()) {
  const loads = createReportedLoads(1000, 60_000, clock);
  loads.report(0, 0.9, 12);
  loads.report(2, 0.2, 3);
  const demand = createGivenDemand([
    { address: '192.0.2.1', lookupsPerS: 7 },
    { address: '198.51.100.1', lookupsPerS: 2 },
    { address: '2001:db8::1', lookupsPerS: 1 },
  ]);
  const locations = createLocations([{ name: 'london', networks: ['198.51.100.0/24'] }, { name: 'paris', networks: ['2001:db8::/32'] }]);
  return { clock, loads, demand, locations };
}

interface Call {
  /** One bit a member: is it eligible? */
  readonly eligible: readonly boolean[];
  readonly maxAnswers: number;
  readonly address: string;
  readonly ttlS: number;
}

const addresses = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('192.0.2.1', '198.51.100.7', '2001:db8::1'));

const calls = fc.integer({ min: 0, max: 24 }).chain((n) =>
  fc.record({
    weights: fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 24 }),
    n: fc.constant(n),
    calls: fc.array(
      fc.record<Call>({
        eligible: fc.array(fc.boolean(), { minLength: n, maxLength: n }),
        maxAnswers: fc.integer({ min: 0, max: n + 3 }),
        address: addresses,
        ttlS: fc.nat(300),
      }),
      { minLength: 1, maxLength: 40 },
    ),
  }),
);

export function rotationSuite(name: string, make: () => Rotation): void {
  describe(`${name} keeps the promises of a rotation`, () => {
    it('gives as many distinct positions as asked for, whoever goes and comes, and writes nothing behind them', () => {
      fc.assert(
        fc.property(calls, ({ n, weights, calls: list }) => {
          const members = createMembers(n, weights);
          const rotation = make();
          const order = new Uint16Array(n + 5);
          for (const call of list) {
            const eligible = Object.freeze(members.filter((_, index) => call.eligible[index]));
            order.fill(untouched);
            const count = rotation.order(eligible, { address: call.address }, call.maxAnswers, order);
            expect(count).toBe(Math.min(call.maxAnswers, eligible.length));
            const places = order.subarray(0, count);
            expect(new Set(places).size).toBe(count);
            expect(places.every((place) => place < eligible.length)).toBe(true);
            expect(order.subarray(count).every((place) => place === untouched)).toBe(true);
            const first = eligible[order[0] ?? -1];
            if (first !== undefined && count > 0) rotation.answered?.({ address: call.address }, first, call.ttlS);
          }
        }),
      );
    });

    it.each([0, 1, 2, 1000])('orders %i members', (n) => {
      const members = createMembers(n, [1, 7, 255]);
      const rotation = make();
      for (let call = 0; call < 3; call += 1) {
        const places = ask(rotation, members);
        expect(places.toSorted((a, b) => a - b)).toEqual(members.map(({ index }) => index));
      }
    });

    it('copies what it keeps of the requestor: one object for all calls is as good as many', () => {
      fc.assert(
        fc.property(fc.array(addresses, { maxLength: 50 }), (list) => {
          const members = createMembers(5, [3, 1, 2]);
          const reused = { address: '' };
          const [one, many] = [make(), make()];
          const order = new Uint16Array(5);
          for (const address of list) {
            reused.address = address;
            const count = one.order(members, reused, 5, order);
            expect([...order.subarray(0, count)]).toEqual(ask(many, members, address));
            const first = members[order[0] ?? -1] as PoolMember; // order() wrote a position
            one.answered?.(reused, first, 60);
            many.answered?.({ address }, first, 60);
          }
        }),
      );
    });

    it('shares no state with another rotation of its kind', () => {
      const members = createMembers(5, [3, 1, 2]);
      const [noisy, quiet, reference] = [make(), make(), make()];
      for (let call = 0; call < 20; call += 1) {
        ask(noisy, members);
        ask(noisy, members.slice(1, 3));
        expect(ask(quiet, members)).toEqual(ask(reference, members));
      }
    });
  });
}
