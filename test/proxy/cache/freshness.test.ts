/**
 * Freshness and age: lifetimes from every source, clocks that disagree, and what may be used stale.
 */
import { describe, expect, it } from 'vitest';
import { currentAgeMs, freshForS } from '../../../src/proxy/cache/freshness.js';
import { isStandInStatus, mayStandIn, requestDirectives, reuseOf, type Reuse } from '../../../src/proxy/cache/reuse.js';
import { cc, dateAt, lifetimeS, policyOf } from './stored.js';

describe('RFC 9111 §4.2.1: freshness lifetime', () => {
  it.each([
    ['s-maxage before max-age', ['Cache-Control', 'max-age=10, s-maxage=20', 'Expires', dateAt(30)], 20],
    ['max-age before Expires', ['Cache-Control', 'max-age=10', 'Expires', dateAt(30)], 10],
    ['Expires less Date', ['Date', dateAt(-10), 'Expires', dateAt(30)], 40],
    ['Expires less the time of receipt', ['Expires', dateAt(30)], 30],
    ['Expires in the past', ['Expires', dateAt(-30)], 0],
    ['Expires that is no date (§5.3)', ['Expires', '0', 'Last-Modified', dateAt(-1000)], 0],
    ['the first Expires', ['Expires', dateAt(30), 'Expires', dateAt(99)], 30],
    ['a max-age that is no number', ['Cache-Control', 'max-age=ten', 'Expires', dateAt(30)], 0],
    ['the greatest there is', cc('max-age=99999999999'), 2_147_483_648],
    ['a targeted field, and then no Expires', ['CDN-Cache-Control', 'no-transform', 'Expires', dateAt(30)], 0],
    ['a targeted field', ['CDN-Cache-Control', 'max-age=5', 'Cache-Control', 'max-age=50'], 5],
  ])('%s', (_what, fields, expected) => expect(lifetimeS(fields)).toBe(expected));
});

describe('RFC 9111 §4.2.2: heuristics', () => {
  const modified = ['Last-Modified', dateAt(-1000)];
  it('a tenth of the age at the origin', () => {
    expect(lifetimeS(modified)).toBe(100);
    expect(policyOf(modified).heuristic).toBe(true);
    expect(policyOf([...modified, ...cc('max-age=1')]).heuristic).toBe(false);
  });
  it('at most as configured', () => {
    expect(lifetimeS(['Last-Modified', dateAt(-100 * 86_400)])).toBe(86_400);
    expect(policyOf(modified, 200, { heuristicMaxS: 0 }).lifetimeMs).toBe(0);
    for (const status of [404, 405, 410, 414, 501]) expect(policyOf([], status, { negativeTtlS: 5 }).lifetimeMs).toBe(5000);
    for (const status of [200, 301, 400, 500, 503]) expect(policyOf([], status, { negativeTtlS: 5 }).lifetimeMs).toBe(0);
    expect(policyOf(['Cache-Control', 'max-age=1'], 404, { negativeTtlS: 5 }).lifetimeMs).toBe(1000);
  });
  it('not for other statuses, unless public', () => {
    expect(lifetimeS(modified, 302)).toBe(0);
    expect(lifetimeS([...modified, ...cc('public')], 302)).toBe(100);
  });
  it('not from the future', () => expect(lifetimeS(['Last-Modified', dateAt(1000)])).toBe(0));
});

describe('RFC 9111 §4.2.3: age', () => {
  const ageS = (fields: readonly string[], delayMs: number, residentMs: number): number =>
    currentAgeMs(policyOf(fields, 200, {}, delayMs), residentMs) / 1000;
  it.each([
    ['nothing known', [], 0, 0, 0],
    ['residence', [], 0, 5000, 5],
    ['the Age field', ['Age', '7'], 0, 5000, 12],
    ['the Date field', ['Date', dateAt(-9)], 0, 0, 9],
    ['the greater of both', ['Date', dateAt(-9), 'Age', '7'], 0, 0, 9],
    ['the time the answer took', ['Age', '7'], 2000, 0, 9],
    ['a Date in the future', ['Date', dateAt(500)], 0, 1000, 1],
    ['a Date that is none', ['Date', 'yesterday'], 0, 1000, 1],
    ['an Age that is none', ['Age', '-5'], 0, 0, 0],
  ])('%s', (_what, fields, delayMs, residentMs, expected) => expect(ageS(fields, delayMs, residentMs)).toBe(expected));
});

const reuse = (fields: readonly string[], ageS: number, request: readonly string[] = [], graceS = 0): Reuse =>
  reuseOf(policyOf(fields, 200, { graceS }), requestDirectives(request), ageS * 1000);

describe('RFC 9111 §4: reuse', () => {
  it('§4.2: fresh while the lifetime exceeds the age', () => {
    expect(reuse(cc('max-age=10'), 9)).toBe('fresh');
    expect(reuse(cc('max-age=10'), 10)).toBe('validate');
    expect([0, 4999, 10_000, 12_500].map((nowMs) => freshForS(policyOf(cc('max-age=10')), nowMs))).toEqual([10, 6, 0, -2]);
  });
  it('§5.2.2.4: no-cache always asks', () => expect(reuse(cc('no-cache, max-age=10'), 0, cc('max-stale'))).toBe('validate'));
  it('§5.2.1.4: no-cache of the request', () => expect(reuse(cc('max-age=10'), 0, cc('no-cache'))).toBe('validate-request'));
  it('§5.4: Pragma where there is no Cache-Control', () => {
    expect(reuse(cc('max-age=10'), 0, ['Pragma', 'no-cache'])).toBe('validate-request');
    expect(reuse(cc('max-age=10'), 0, ['Pragma', 'no-cache', 'Cache-Control', 'max-age=5'])).toBe('fresh');
  });
  it('§5.2.1.1: max-age of the request', () => {
    expect(reuse(cc('max-age=10'), 5, cc('max-age=5'))).toBe('fresh');
    expect(reuse(cc('max-age=10'), 6, cc('max-age=5'))).toBe('validate-request');
    expect(reuse(cc('max-age=10'), 6, cc('max-age=bogus'))).toBe('fresh');
    expect(reuse(cc('max-age=10'), 1, cc('max-age=0'))).toBe('validate-request');
  });
  it('RFC 8246: immutable does not bind a shared cache whose client asks', () =>
    expect(reuse(cc('max-age=10, immutable'), 1, cc('max-age=0'))).toBe('validate-request'));
  it('§5.2.1.3: min-fresh', () => {
    expect(reuse(cc('max-age=10'), 5, cc('min-fresh=5'))).toBe('fresh');
    expect(reuse(cc('max-age=10'), 6, cc('min-fresh=5'))).toBe('validate-request');
  });
  it('§5.2.1.2: max-stale', () => {
    expect(reuse(cc('max-age=10'), 1e6, cc('max-stale'))).toBe('stale');
    expect(reuse(cc('max-age=10'), 15, cc('max-stale=5'))).toBe('stale');
    expect(reuse(cc('max-age=10'), 16, cc('max-stale=5'))).toBe('validate');
    expect(reuse(cc('max-age=10'), 16, cc('max-stale=50, max-age=12'))).toBe('validate');
  });
  it.each(['must-revalidate', 'proxy-revalidate', 's-maxage=10'])('§4.2.4, §5.2.2: %s forbids to use it stale', (directive) => {
    expect(reuse(cc(`max-age=10, ${directive}, stale-while-revalidate=60`), 11, cc('max-stale'))).toBe('validate');
    expect(mayStandIn(policyOf(cc(`max-age=10, ${directive}, stale-if-error=60`)), new Map(), 11_000)).toBe(false);
  });
});

describe('RFC 5861', () => {
  it('§3: stale-while-revalidate', () => {
    expect(reuse(cc('max-age=10, stale-while-revalidate=5'), 14)).toBe('stale-while-revalidate');
    expect(reuse(cc('max-age=10, stale-while-revalidate=5'), 15)).toBe('validate');
    expect(reuse(cc('max-age=10, stale-while-revalidate=bad'), 11)).toBe('validate');
  });
  it('§3: as configured where the response says nothing', () => {
    expect(reuse(cc('max-age=10'), 14, [], 5)).toBe('stale-while-revalidate');
    expect(reuse(cc('max-age=10, stale-while-revalidate=0'), 14, [], 5)).toBe('validate');
  });
  it('§4: stale-if-error, of the response, the request and the configuration', () => {
    const at14 = (fields: readonly string[], request: readonly string[] = [], staleIfErrorS = 0): boolean =>
      mayStandIn(policyOf(fields, 200, { staleIfErrorS }), requestDirectives(request), 14_000);
    expect(at14(cc('max-age=10'))).toBe(false);
    expect(at14(cc('max-age=10, stale-if-error=5'))).toBe(true);
    expect(at14(cc('max-age=10, stale-if-error=4'))).toBe(false);
    expect(at14(cc('max-age=10'), cc('stale-if-error=5'))).toBe(true);
    expect(at14(cc('max-age=10'), [], 5)).toBe(true);
  });
  it('§4: errors are 500, 502, 503 and 504', () => expect([499, 500, 501, 502, 503, 504, 505].filter(isStandInStatus)).toEqual([500, 502, 503, 504]));
});
