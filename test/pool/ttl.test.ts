/** TTL policies and how they are written. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGivenDemand, type Demand } from '../../src/pool/demand.js';
import { createPool, type PoolMember, type PoolSnapshot } from '../../src/pool/pool.js';
import { checkTtl, constantTtl, healthBoundedTtl, parseTtl, perDomainTtl, ttlPattern, type TtlPolicy } from '../../src/pool/ttl.js';
import { ServiceError } from '../../src/service.js';
import { createMembers } from '../support/rotation-suite.js';

function ttlFor(policy: TtlPolicy, stableForMs: number): number {
  const members = createMembers(1);
  const pool = createPool(members, { upThresh: 0, initialHealth: 'up', realtimeMs: () => 0 });
  pool.setHealth('w1', { health: 'up', reason: 'probe-passed', detail: '', sinceMs: 0, stableForMs });
  return policy.ttlS(pool.snapshot(), { address: '192.0.2.1' }, members[0] as PoolMember); // there is one
}

describe('TTL policies', () => {
  it('constant stays what it is', () => {
    expect([0, 1, 1e9, Infinity].map((stableForMs) => ttlFor(constantTtl(30), stableForMs))).toEqual([30, 30, 30, 30]);
  });

  it.each([
    [0, 5],
    [5999, 5],
    [6000, 6],
    [6999, 6],
    [29_999, 29],
    [30_000, 30],
    [31_000, 30],
    [Infinity, 30],
  ])('30/5 with verdicts that stand %f ms: %i s', (stableForMs, ttlS) => {
    expect(ttlFor(healthBoundedTtl(30, 5), stableForMs)).toBe(ttlS);
  });

  it('health-bounded never outlives the verdicts, but for its minimum', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.nat(2_000_000), (a, b, stableForMs) => {
        const [minS, maxS] = [Math.min(a, b), Math.max(a, b)];
        const ttlS = ttlFor(healthBoundedTtl(maxS, minS), stableForMs);
        expect(ttlS).toBeGreaterThanOrEqual(minS);
        expect(ttlS).toBeLessThanOrEqual(maxS);
        if (ttlS > minS) expect(ttlS * 1000).toBeLessThanOrEqual(stableForMs);
      }),
    );
  });
});

describe('parseTtl', () => {
  it.each([
    [30, 30, 30],
    ['30', 30, 30],
    [0, 0, 0],
    ['30/5', 5, 30],
    ['7/7', 7, 7],
    [2_147_483_647, 2_147_483_647, 2_147_483_647],
  ])('%j is from %i to %i s', (spec, minS, maxS) => {
    const policy = parseTtl(spec);
    expect([ttlFor(policy, 0), ttlFor(policy, Infinity)]).toEqual([minS, maxS]);
  });

  it.each(['', '5m', '-1', '1.5', '30/', '/5', '30/5/1', ' 30', '2147483648', -1, 1.5, Number.NaN, Infinity, 2 ** 31])('refuses %j', (spec) => {
    expect(() => parseTtl(spec)).toThrow(ServiceError);
    expect(() => parseTtl(spec)).toThrow('ttl: expected whole seconds from 0 to 2147483647, or MAX/MIN such as 30/5, 240/per-domain or 240/per-domain-and-server, got ');
  });

  it.each(['5/per-server', '5/per-domain/3', '/per-domain', '240/per-domain-and', '240 /per-domain'])('refuses %j', (spec) => {
    expect(() => parseTtl(spec, { demand: createGivenDemand([]) })).toThrow('ttl: expected whole seconds from 0 to 2147483647, or ');
    expect(ttlPattern.test(spec)).toBe(false);
  });

  it.each(['0/per-domain', '86401/per-domain-and-server'])('refuses %j for its seconds', (spec) => {
    expect(() => checkTtl(spec)).toThrow('ttl: before /per-domain expected whole seconds from 1 to 86400, got ');
  });

  it('needs demand for TTLs by demand, which a mere check does not', () => {
    expect(() => parseTtl('240/per-domain')).toThrow(ServiceError);
    expect(() => parseTtl('240/per-domain')).toThrow('ttl: 240/per-domain follows where requests come from, which is not known here; write seconds or MAX/MIN');
    expect(() => checkTtl('240/per-domain')).not.toThrow();
    expect(() => checkTtl('240/per-domain-and-server')).not.toThrow();
    expect(() => checkTtl('5m')).toThrow('ttl: expected');
  });

  it('says how MAX/MIN is meant when they are swapped', () => {
    expect(() => parseTtl('5/30')).toThrow('the first must not be below the second, got "5/30"; write 30/5');
  });
});

describe('TTLs by demand', () => {
  const address = (network: number): string => `10.${network >> 8}.${network & 255}.1`;
  const given = (rates: readonly number[]): Demand =>
    createGivenDemand(rates.map((lookupsPerS, at) => ({ address: address(at), lookupsPerS })));
  const zipf = Array.from({ length: 20 }, (_, at) => 1.7 / (at + 1));

  function snapshotOf(members: readonly PoolMember[], ...drained: string[]): PoolSnapshot {
    const pool = createPool(members, { upThresh: 0, initialHealth: 'up', realtimeMs: () => 0 });
    for (const name of drained) pool.setAdmin(name, 'draining');
    return pool.snapshot();
  }

  const equal = createMembers(3);

  /** The TTL of each network, for the first member. */
  function ttlsOf(policy: TtlPolicy, networks: number, members = equal): number[] {
    const snapshot = snapshotOf(members);
    const first = members[0] as PoolMember; // there is one
    return Array.from({ length: networks }, (_, at) => policy.ttlS(snapshot, { address: address(at) }, first));
  }

  const questionsPerS = (rates: readonly number[], ttls: readonly number[]): number =>
    rates.reduce((sum, rate, at) => sum + 1 / ((ttls[at] ?? Number.NaN) + 1 / rate), 0);

  it('are inversely as the share', () => {
    const ttls = ttlsOf(parseTtl('240/per-domain', { demand: given(zipf) }), 20);
    const [hottest = 0] = ttls;
    for (const [at, ttlS] of ttls.entries()) expect(Math.abs(ttlS - hottest * (at + 1))).toBeLessThanOrEqual((at + 2) / 2); // both rounded
    expect(hottest).toBeLessThan(240);
    expect(ttls[19]).toBeGreaterThan(240);
  });

  it('of equals are the constant', () => {
    expect(ttlsOf(parseTtl('240/per-domain', { demand: given([2, 2, 2]) }), 3)).toEqual([240, 240, 240]);
  });

  it.each([[[]], [[0, 0]]])('are the constant while no rates are known (%j)', (rates) => {
    expect(ttlsOf(parseTtl('60/per-domain', { demand: given(rates) }), 3)).toEqual([60, 60, 60]);
  });

  it('take a stranger for average', () => {
    const policy = parseTtl('240/per-domain', { demand: given([1, 1, 1]) });
    expect(policy.ttlS(snapshotOf(equal), { address: '203.0.113.1' }, equal[0] as PoolMember)).toBe(240);
  });

  it('make as many questions together as the constant would, but for rounding', () => {
    const rate = fc.double({ min: 1e-6, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 1000 }), fc.array(rate, { minLength: 1, maxLength: 40 }), (constantS, rates) => {
        const ttls = ttlsOf(perDomainTtl(constantS, given(rates), false), rates.length);
        const least = questionsPerS(rates, ttls.map((ttlS) => (ttlS === 1 ? 1 : ttlS + 0.5)));
        const most = questionsPerS(rates, ttls.map((ttlS) => (ttlS === 86_400 || ttlS === 1 ? ttlS : ttlS - 0.5)));
        const wanted = questionsPerS(rates, rates.map(() => constantS));
        expect(wanted).toBeGreaterThanOrEqual(least * (1 - 1e-9));
        // A TTL of 1 may have been less than 1 before rounding: then the clamp was reckoned with.
        expect(wanted).toBeLessThanOrEqual(most * (1 + 1e-9));
      }),
      { numRuns: 300 },
    );
  });

  it('of the 1998 model make as many questions as 240 s within one per cent, rounding and all', () => {
    const demand = given(zipf);
    const ttls = ttlsOf(parseTtl('240/per-domain', { demand }), 20);
    expect(questionsPerS(zipf, ttls) / questionsPerS(zipf, zipf.map(() => 240))).toBeCloseTo(1, 2);
  });

  it('stay within 1 second and a day', () => {
    const ttls = ttlsOf(parseTtl('240/per-domain', { demand: given([1e6, 1, 1e-9]) }), 3);
    expect(Math.min(...ttls)).toBeGreaterThanOrEqual(1);
    expect(ttls[2]).toBe(86_400);
  });

  it('per server are also as the weight of the first, with the same mean', () => {
    const members = createMembers(3, [1, 2, 3]);
    const policy = parseTtl('240/per-domain-and-server', { demand: given([1, 1]) });
    const all = snapshotOf(members);
    const ttlsAt = (snapshot: PoolSnapshot): number[] =>
      snapshot.eligible.map((member) => policy.ttlS(snapshot, { address: address(0) }, member));
    expect(ttlsAt(all)).toEqual([120, 240, 360]);
    expect(ttlsAt(snapshotOf(members, 'w3'))).toEqual([160, 320]);
    expect(ttlsAt(all)).toEqual([120, 240, 360]);
  });

  it('are reckoned anew when demand was, and not before', () => {
    let version = 1;
    let asked = 0;
    let rates = [1, 1];
    const demand: Demand = {
      ...given([]),
      share: ({ address: of }) => (rates[of === address(0) ? 0 : 1] ?? 0) / rates.reduce((sum, rate) => sum + rate, 0),
      get version() {
        return version;
      },
      forEachRate(visit) {
        asked += 1;
        rates.forEach((rate) => visit(rate));
      },
    };
    const policy = perDomainTtl(100, demand, false);
    expect(ttlsOf(policy, 2)).toEqual([100, 100]);
    const before = asked;
    ttlsOf(policy, 2);
    expect(asked).toBe(before);
    rates = [3, 1];
    version = 2;
    const [busy = 0, quiet = 0] = ttlsOf(policy, 2);
    expect(quiet / busy).toBeCloseTo(3, 1);
    expect(busy).toBeLessThan(100);
  });
});
