/** TTL policies and how they are written. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPool, type PoolMember } from '../../src/pool/pool.js';
import { constantTtl, healthBoundedTtl, parseTtl, type TtlPolicy } from '../../src/pool/ttl.js';
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

  it('says how MAX/MIN is meant when they are swapped', () => {
    expect(() => parseTtl('5/30')).toThrow('the first must not be below the second, got "5/30"; write 30/5');
  });
});
