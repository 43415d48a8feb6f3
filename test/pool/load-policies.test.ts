/** The policies that weigh demand and load: the law of each. What all rotations promise is in policies.test.ts. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { createGivenDemand, type Demand } from '../../src/pool/demand.js';
import { policyNames, policyNeeds, type PolicyName, type RotationOptions } from '../../src/pool/policies.js';
import { createRotation } from '../../src/pool/rotations.js';
import type { PoolMember } from '../../src/pool/pool.js';
import type { Rotation } from '../../src/pool/rotation.js';
import { createReportedLoads } from '../../src/pool/worker-loads.js';
import { createRandom } from '../../src/random.js';
import { ServiceError } from '../../src/service.js';
import { ask, createMeans, createMembers, firstPlaces } from '../support/rotation-suite.js';

const make = (name: PolicyName, options: Partial<RotationOptions> = {}): Rotation =>
  createRotation(name, { tail: 'cyclic', random: createRandom(1), ...options });
const without = (members: readonly PoolMember[], ...gone: number[]): PoolMember[] => members.filter(({ index }) => !gone.includes(index));

/** Asks, and tells of the answer; returns the index of the member that stood first. */
function answer(rotation: Rotation, eligible: readonly PoolMember[], address: string, ttlS = 60): number {
  const first = eligible[ask(rotation, eligible, address)[0] ?? -1];
  if (first === undefined) return -1;
  rotation.answered?.({ address }, first, ttlS);
  return first.index;
}

const hot = '10.0.0.1';
const cold = '10.0.1.1';
/** A network of 60 %, one of 20 %, and two of 10 %. */
const demand: Demand = createGivenDemand([6, 2, 1, 1].map((lookupsPerS, at) => ({ address: `10.0.${at}.1`, lookupsPerS })));

describe('what policies need', () => {
  const means = createMeans();

  it.each(policyNames)('%s is made with what the table says, and not without', (name) => {
    const needs = Object.keys(policyNeeds[name]) as (keyof typeof means)[]; // the table has these keys only
    const enough = Object.fromEntries(needs.map((need) => [need, means[need]]));
    expect(ask(make(name, enough), createMembers(3))).toHaveLength(3);
    for (const lacking of needs) expect(() => make(name, { ...enough, [lacking]: undefined })).toThrow(ServiceError);
  });

  it('says what is missing and what to do', () => {
    expect(() => make('two-tier')).toThrow(
      'policy: two-tier weighs where requests come from, which only the DNS side knows; choose another for the origins (proxy.policy)',
    );
    expect(() => make('least-loaded')).toThrow('policy: least-loaded goes by the load of the workers, which only the DNS side is told; choose another');
    expect(() => make('mrl', { demand })).toThrow('policy: mrl reckons with time, and was given no clock');
  });
});

describe('two-tier', () => {
  const members = createMembers(3);

  it('turns a cursor for the hot networks and another for the rest', () => {
    const rotation = make('two-tier', { demand });
    const asked = [hot, cold, hot, '10.0.2.1', '10.0.3.1', hot, hot, cold];
    expect(asked.map((address) => answer(rotation, members, address))).toEqual([0, 0, 1, 1, 2, 2, 0, 0]);
  });

  it('deals the hot ones out strictly, whatever the rest does in between', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(hot, cold), { maxLength: 100 }), (list) => {
        const rotation = make('two-tier', { demand });
        const firsts = list.map((address) => answer(rotation, members, address));
        for (const tier of [hot, cold]) {
          const own = firsts.filter((_, at) => list[at] === tier);
          expect(own).toEqual(own.map((_, at) => at % 3));
        }
      }),
    );
  });

  it('has nobody hot among equals, nor while nothing is known', () => {
    const equals = createGivenDemand(Array.from({ length: 7 }, (_, at) => ({ address: `10.0.${at}.1`, lookupsPerS: 0.1 })));
    for (const given of [equals, createGivenDemand([])]) {
      const [twoTier, plain] = [make('two-tier', { demand: given }), make('round-robin')];
      for (let at = 0; at < 20; at += 1) {
        const address = `10.0.${at % 7}.1`;
        expect(answer(twoTier, members, address)).toBe(answer(plain, members, address));
      }
    }
  });

  it('goes on with the next when members go and come', () => {
    const rotation = make('two-tier', { demand });
    const sets = [members, without(members, 1), members, without(members, 0)];
    expect(sets.map((set) => answer(rotation, set, hot))).toEqual([0, 2, 0, 1]);
  });

  it('honours the tail', () => {
    const rotation = make('two-tier', { demand, tail: 'shuffled' });
    const tails = new Set(Array.from({ length: 400 }, () => ask(rotation, createMembers(4), hot).join(' ')));
    expect(tails.size).toBe(24);
  });
});

describe('probabilistic-round-robin', () => {
  const weights = [4, 1, 2, 1];
  const members = createMembers(4, weights);

  it('honours weights on average', () => {
    for (const name of ['probabilistic-round-robin', 'probabilistic-two-tier'] as const) {
      const counts = firstPlaces(make(name, { demand }), members, members, 16_000);
      const statistic = counts.reduce((sum, count, at) => sum + (count - 2000 * (weights[at] ?? 0)) ** 2 / (2000 * (weights[at] ?? 0)), 0);
      expect(statistic).toBeLessThan(16.3); // 3 degrees of freedom, p = 0.001
    }
  });

  it('with equal weights is round-robin, whatever the random numbers', () => {
    const equal = createMembers(3, [7]);
    const counts = [make('probabilistic-round-robin'), make('round-robin')].map((rotation) => {
      return [equal, without(equal, 1), equal, equal].map((set) => answer(rotation, set, hot));
    });
    expect(counts[0]).toEqual(counts[1]);
  });

  it('measures against the heaviest of the eligible, not of all', () => {
    const counts = firstPlaces(make('probabilistic-round-robin'), members, without(members, 0, 2), 1000);
    expect(counts).toEqual([0, 500, 0, 500]);
  });

  it('goes on until somebody accepts: the heaviest always does', () => {
    const unwilling = { next: () => 1 - 2 ** -32, below: () => 0, fill: (to: Float64Array) => void to.fill(1 - 2 ** -32) };
    expect(firstPlaces(make('probabilistic-round-robin', { random: unwilling }), members, members, 10)).toEqual([10, 0, 0, 0]);
  });
});

describe('dal', () => {
  const members = createMembers(3);

  it('puts first whose bin would be the smallest, and behind it the others by bin', () => {
    const rotation = make('dal', { demand });
    expect(ask(rotation, members, hot)).toEqual([0, 1, 2]); // bins .6 0 0
    expect(ask(rotation, members, cold)).toEqual([1, 2, 0]); // bins .6 .2 0
    expect(ask(rotation, members, cold)).toEqual([2, 1, 0]); // bins .6 .2 .2
    expect(ask(rotation, members, cold)[0]).toBe(1);
    expect(ask(rotation, members, cold)[0]).toBe(2); // bins .6 .4 .4
    expect(ask(rotation, members, hot)[0]).toBe(1); // bins .6 1 .4
    expect(ask(rotation, members, hot)).toEqual([2, 0, 1]);
  });

  it('keeps given load in proportion to weight, within one hot answer', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 400 }), (askers) => {
        const weights = [1, 2, 5];
        const weighty = createMembers(3, weights);
        const rotation = make('dal', { demand });
        const given = [0, 0, 0];
        for (const asker of askers) {
          const first = answer(rotation, weighty, `10.0.${asker}.1`);
          given[first] = (given[first] ?? 0) + demand.share({ address: `10.0.${asker}.1` }) / (weights[first] ?? 0);
        }
        expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(0.6 + 1e-9);
      }),
    );
  });

  it('does not give everything to a member that comes back', () => {
    const rotation = make('dal', { demand });
    firstPlaces(rotation, members, without(members, 2), 1000, () => hot);
    const counts = firstPlaces(rotation, members, members, 300, () => hot);
    expect(counts).toEqual([100, 100, 100]);
  });

  it('does not let a member shed its bin by going away', () => {
    const rotation = make('dal', { demand });
    answer(rotation, members, hot); // 0 has .6
    answer(rotation, without(members, 0), cold); // 1 has .2
    expect(ask(rotation, members, cold)).toEqual([2, 1, 0]);
  });

  it('keeps its digits: after three million answers a small share still counts', () => {
    const small = createGivenDemand([{ address: hot, lookupsPerS: 1 }, { address: cold, lookupsPerS: 1e-9 }]);
    const rotation = make('dal', { demand: small });
    firstPlaces(rotation, members, members, 3_000_000, () => hot);
    expect([1, 2, 3, 4, 5, 6].map(() => answer(rotation, members, cold))).toEqual([0, 1, 2, 0, 1, 2]);
  });
});

describe('mrl', () => {
  const members = createMembers(3);

  function createRig(options: Partial<RotationOptions> = {}) {
    const clock = createVirtualClock();
    const rotation = make('mrl', { demand, clock, ...options });
    const at = (atS: number, address: string, ttlS: number, set = members): number => {
      clock.advanceTo(atS * 1000);
      return answer(rotation, set, address, ttlS);
    };
    return { rotation, at };
  }

  it('puts first who has the least left of what was given', () => {
    const { at } = createRig();
    expect(at(0, hot, 60)).toBe(0); // 0 has .6
    expect(at(0, cold, 60)).toBe(1); // 1 has .2
    expect(at(0, cold, 60)).toBe(2);
    expect(at(10, cold, 60)).toBe(1); // 1 has 1/6 + .2
    expect(at(10, cold, 60)).toBe(2);
    expect(at(52, '10.0.2.1', 60)).toBe(0); // .6 × 8/60 left; the others have .2 × 8/60 + .2 × 18/60
    expect(at(61, cold, 60)).not.toBe(0); // 0 has .1 × 51/60, the others .2 × 9/60
  });

  it('by weight: who can do more gets more', () => {
    const weighty = createMembers(2, [3, 1]);
    const { at } = createRig();
    const firsts = [0, 1, 2, 3, 4, 5, 6, 7].map((second) => at(second / 1000, hot, 1000, weighty));
    expect(firsts.filter((first) => first === 0)).toHaveLength(6);
  });

  it('forgets what has expired, and takes turns where nothing is left', () => {
    const { at } = createRig();
    expect([0, 100, 200, 300].map((second) => at(second, hot, 60))).toEqual([0, 1, 2, 0]);
  });

  it('takes turns under TTL 0', () => {
    const { at } = createRig();
    expect([0, 0, 0, 0].map((second) => at(second, hot, 0))).toEqual([0, 1, 2, 0]);
  });

  it('counts both answers of a network that asks again before the first expires', () => {
    const { at } = createRig();
    expect([at(0, hot, 60), at(1, hot, 60), at(2, hot, 60)]).toEqual([0, 1, 2]);
    expect(at(3, hot, 60)).toBe(0);
  });

  it('is bounded, and counts what it forgot', () => {
    const { rotation, at } = createRig({ freshAnswersMax: 2 });
    for (const second of [0, 1, 2, 3]) at(second, hot, 1000);
    expect(rotation.evictionsTotal).toBe(2);
  });

  it('does not starve a member that comes back, nor flood it', () => {
    const { at } = createRig();
    for (let second = 0; second < 60; second += 1) at(second, cold, 30, without(members, 2));
    const firsts = Array.from({ length: 90 }, (_, step) => at(60 + step, cold, 30));
    const share = firsts.slice(30).filter((first) => first === 2).length / 60;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.42);
  });
});

describe('policies of reported load', () => {
  const members = createMembers(4);

  function createRig(name: PolicyName, staleAfterMs = Infinity) {
    const clock = createVirtualClock();
    const loads = createReportedLoads(8, staleAfterMs, clock);
    return { clock, loads, rotation: make(name, { loads, clock }) };
  }

  it.each(['least-utilised', 'least-backlog', 'least-loaded'] as const)('%s takes turns while nothing is reported', (name) => {
    const { rotation } = createRig(name);
    expect(firstPlaces(rotation, members, members, 400)).toEqual([100, 100, 100, 100]);
    expect(firstPlaces(rotation, members, without(members, 1), 300)).toEqual([100, 0, 100, 100]);
  });

  it('least-utilised goes by the last interval, the unknown by the mean', () => {
    const { rotation, loads } = createRig('least-utilised');
    loads.report(0, 0.9, 0);
    loads.report(1, 0.1, 50);
    loads.report(3, 0.4, 0);
    expect(ask(rotation, members)).toEqual([1, 3, 2, 0]); // mean 0.467
    expect(ask(rotation, members)).toEqual([1, 3, 2, 0]);
    loads.report(1, 0.5, 50);
    expect(ask(rotation, members)).toEqual([3, 1, 2, 0]); // mean 0.6
  });

  it('least-utilised lets equals take turns', () => {
    const { rotation, loads } = createRig('least-utilised');
    for (const index of [0, 1, 2, 3]) loads.report(index, index === 1 ? 0.9 : 0.2, 0);
    expect([1, 2, 3, 4].map(() => ask(rotation, members)[0])).toEqual([0, 2, 3, 0]);
  });

  it('least-backlog goes by the queue in proportion to the weight', () => {
    const { rotation, loads } = createRig('least-backlog');
    const weighty = createMembers(3, [1, 10, 2]);
    loads.report(0, 0, 2);
    loads.report(1, 1, 10);
    loads.report(2, 0, 6);
    expect(ask(rotation, weighty)).toEqual([1, 0, 2]);
    loads.report(0, 0, 0);
    expect(ask(rotation, weighty)).toEqual([0, 1, 2]);
  });

  it('what is stale counts as unknown', () => {
    const { rotation, loads, clock } = createRig('least-utilised', 1000);
    loads.report(0, 0, 0);
    clock.advance(1001);
    loads.report(1, 0.3, 0);
    expect([1, 2, 3, 4].map(() => ask(rotation, members)[0])).toEqual([0, 1, 2, 3]); // all count as 0.3
  });

  it('least-loaded gives in proportion to what is free, also between two reports', () => {
    const { rotation, loads } = createRig('least-loaded');
    for (const [index, utilisation] of [0.8, 0.6, 0.4, 0.2].entries()) loads.report(index, utilisation, 0);
    expect(firstPlaces(rotation, members, members, 2000)).toEqual([200, 400, 600, 800]);
    const ten = Array.from({ length: 10 }, () => ask(rotation, members)[0]);
    expect(new Set(ten).size).toBe(4);
  });

  it('least-loaded multiplies by the weight, and keeps asking who is full', () => {
    const { rotation, loads } = createRig('least-loaded');
    const weighty = createMembers(2, [5, 5]);
    loads.report(0, 1, 0);
    loads.report(1, 0, 0);
    expect(firstPlaces(rotation, weighty, weighty, 1020)).toEqual([20, 1000]);
    const unequal = createMembers(2, [3, 1]);
    loads.report(0, 0, 0);
    const fresh = createRig('least-loaded');
    expect(firstPlaces(fresh.rotation, unequal, unequal, 400)).toEqual([300, 100]);
  });

  it('least-loaded follows a change of load with a time constant of half a minute', () => {
    const { rotation, loads, clock } = createRig('least-loaded');
    const two = createMembers(2);
    const part = (): number => (firstPlaces(rotation, two, two, 1000)[0] ?? 0) / 1000;
    const reportFor = (seconds: number, utilisation: number): void => {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1000);
        loads.report(0, utilisation, 0);
        loads.report(1, 0.5, 0);
        ask(rotation, two);
      }
    };
    reportFor(60, 0.5);
    expect(part()).toBeCloseTo(0.5, 2);
    reportFor(2, 0.9); // a blip of one interval
    expect(part()).toBeGreaterThan(0.48);
    reportFor(28, 0.9); // 30 s: 63 % of the way from 0.5 to 0.1 free
    expect(part()).toBeGreaterThan(0.31);
    expect(part()).toBeLessThan(0.36);
    reportFor(300, 0.9);
    expect(part()).toBeCloseTo(1 / 6, 1);
  });

  it('least-loaded starts afresh with a member whose reports had stopped', () => {
    const { rotation, loads, clock } = createRig('least-loaded', 5000);
    const two = createMembers(2);
    loads.report(0, 0.9, 0);
    loads.report(1, 0.5, 0);
    ask(rotation, two);
    for (let second = 0; second < 10; second += 1) {
      clock.advance(1000);
      loads.report(1, 0.5, 0);
      ask(rotation, two);
    }
    expect(firstPlaces(rotation, two, two, 100)).toEqual([50, 50]);
    loads.report(0, 0, 0);
    expect(firstPlaces(rotation, two, two, 300)).toEqual([200, 100]);
  });

  it('least-loaded takes a member that it has not read yet for average', () => {
    const { rotation, loads } = createRig('least-loaded');
    const many = createMembers(40);
    loads.report(0, 0.5, 0);
    ask(rotation, many.slice(0, 1));
    expect(firstPlaces(rotation, many, many, 400)).toEqual(many.map(() => 10));
  });
});
