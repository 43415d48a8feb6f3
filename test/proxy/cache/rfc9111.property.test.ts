/**
 * The cache's decisions beside two others': a slow model of RFC 9111, and the package http-cache-semantics where it decides the same.
 */
import CachePolicy from 'http-cache-semantics';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { currentAgeMs } from '../../../src/proxy/cache/freshness.js';
import { mayStandIn, requestDirectives, reuseOf } from '../../../src/proxy/cache/reuse.js';
import type { Fields } from '../../../src/proxy/fields.js';
import { modelReuse, modelStandsIn, modelStores, type Directive, type ModelRequest, type ModelResponse } from './rfc9111-model.js';
import { dateAt, noonMs, policyOf, whyNot } from './stored.js';

const ages = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 40));
const bad = fc.constantFrom('', '-1', '1.5', 'x');
const number = fc.oneof({ weight: 6, arbitrary: ages }, bad);
const timed = (...names: string[]): fc.Arbitrary<Directive> => fc.record({ name: fc.constantFrom(...names), argument: number });
const plain = (...names: string[]): fc.Arbitrary<Directive> =>
  fc.record({ name: fc.constantFrom(...names), argument: fc.constant(undefined) });
const naming = fc.record({ name: fc.constantFrom('private', 'no-cache'), argument: fc.constantFrom(undefined, 'set-cookie', 'x-a') });

const responseDirective = fc.oneof(
  { weight: 3, arbitrary: timed('max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error') },
  { weight: 2, arbitrary: plain('public', 'must-revalidate', 'proxy-revalidate', 'no-store', 'must-understand', 'immutable', 'no-transform', 'foo') },
  naming,
);
const requestDirective = fc.oneof(
  timed('max-age', 'min-fresh', 'max-stale', 'stale-if-error'),
  plain('no-cache', 'no-store', 'max-stale', 'only-if-cached', 'bar'),
);

const response: fc.Arbitrary<ModelResponse> = fc.record({
  status: fc.constantFrom(200, 200, 200, 203, 204, 206, 299, 301, 302, 304, 404, 500, 503, 599),
  directives: fc.array(responseDirective, { maxLength: 4 }),
  date: fc.option(fc.integer({ min: -20, max: 20 }), { nil: undefined }),
  expires: fc.option(fc.oneof(fc.integer({ min: -30, max: 30 }), fc.constant('invalid' as const)), { nil: undefined }),
  lastModified: fc.option(fc.integer({ min: -300, max: 20 }), { nil: undefined }),
  age: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
  etag: fc.boolean(),
  setCookie: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  varyStar: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

const request: fc.Arbitrary<ModelRequest> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'HEAD', 'POST'),
  authorization: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  directives: fc.array(requestDirective, { maxLength: 2 }),
});

/** As an origin could write it: one line or two, tokens or quoted strings, odd letters. */
function written(directives: readonly Directive[], style: number): Fields {
  const elements = directives.map(({ name, argument }, index) => {
    const word = (style & 1) === 1 ? name.toUpperCase() : name;
    if (argument === undefined) return word;
    return ((style >> 1) + index) % 2 === 1 ? `${word}="${argument}"` : `${word}=${argument}`;
  });
  if (elements.length === 0) return [];
  if ((style & 4) === 0) return ['Cache-Control', elements.join(', ')];
  return elements.flatMap((element) => ['cache-control', element]);
}

function fieldsOf({ directives, date, expires, lastModified, age, etag, setCookie, varyStar }: ModelResponse, style: number): Fields {
  const fields = [...written(directives, style)];
  if (date !== undefined) fields.push('Date', dateAt(date));
  if (expires !== undefined) fields.push('Expires', expires === 'invalid' ? '0' : dateAt(expires));
  if (lastModified !== undefined) fields.push('Last-Modified', dateAt(lastModified));
  if (age !== undefined) fields.push('Age', String(age));
  if (etag) fields.push('ETag', '"a"');
  if (setCookie) fields.push('Set-Cookie', 'a=1');
  if (varyStar) fields.push('Vary', '*');
  return fields;
}

const requestFieldsOf = ({ authorization, directives }: ModelRequest, style: number): Fields => [
  ...written(directives, style),
  ...(authorization ? ['Authorization', 'Basic eA=='] : []),
];

const runs = { numRuns: 20_000 };

it('RFC 9111 §3: stores what the model stores', () => {
  fc.assert(
    fc.property(request, response, fc.nat(7), (asked, answer, style) => {
      const { method } = asked;
      const reason = whyNot(fieldsOf(answer, style), { method, status: answer.status, request: requestFieldsOf(asked, style) });
      expect(reason === undefined).toBe(modelStores(asked, answer));
    }),
    runs,
  );
});

it('RFC 9111 §4, RFC 5861: reuses what the model reuses', () => {
  fc.assert(
    fc.property(request, response, fc.nat(7), fc.integer({ min: 0, max: 60 }), (asked, answer, style, nowS) => {
      const policy = policyOf(fieldsOf(answer, style), answer.status);
      const directives = requestDirectives(requestFieldsOf(asked, style));
      const reuse = reuseOf(policy, directives, nowS * 1000);
      expect(reuse.startsWith('validate') ? 'ask' : reuse).toBe(modelReuse(asked, answer, nowS));
      expect(mayStandIn(policy, directives, nowS * 1000)).toBe(modelStandsIn(asked, answer, nowS));
    }),
    runs,
  );
});

/** The same fields as node's parser would give them to the package. */
function headersOf(fields: Fields): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] ?? '').toLowerCase();
    headers[name] = headers[name] === undefined ? (fields[i + 1] ?? '') : `${headers[name]}, ${fields[i + 1]}`;
  }
  return headers;
}

/**
 * Left out, as the package decides otherwise or not at all: arguments that are no number, several of one name (it gives up on all),
 * `must-understand`, `proxy-revalidate` and Set-Cookie (it makes them stale), 2^31, other statuses, heuristics, a Date in the past
 * (which to it is no age).
 */
const common = response.filter(({ directives, status, date, setCookie, lastModified }) => {
  const names = directives.map(({ name }) => name);
  const numbers = directives.every(({ argument }) => argument === undefined || (typeof argument === 'number' && argument < 2 ** 31));
  if (new Set(names).size < names.length || !numbers) return false;
  if (names.includes('must-understand') || names.includes('proxy-revalidate')) return false;
  return status === 200 && !setCookie && lastModified === undefined && (date ?? 0) >= 0;
});

it('agrees with http-cache-semantics on age, freshness and storing, where both decide', () => {
  const options = { immutableMinTimeToLive: 0 };
  let compared = 0;
  fc.assert(
    fc.property(request, common, fc.integer({ min: 0, max: 60 }), (asked, answer, nowS) => {
      const { method } = asked;
      const headers = headersOf(requestFieldsOf(asked, 0));
      const fields = fieldsOf(answer, 0);
      const theirs = withNow(0, () => new CachePolicy({ method, headers }, { status: 200, headers: headersOf(fields) }, options));
      const policy = policyOf(fields);
      const ageMs = currentAgeMs(policy, nowS * 1000);
      expect(ageMs / 1000).toBe(withNow(nowS, () => theirs.age()));
      const reason = whyNot(fields, { method, request: requestFieldsOf(asked, 0) });
      if (method !== 'GET' || reason === 'no-freshness' || reason === 'vary-star') return;
      compared += 1;
      expect(reason === undefined).toBe(theirs.storable());
      if (reason === undefined && !policy.noCache) expect(policy.lifetimeMs > ageMs).toBe(!withNow(nowS, () => theirs.stale()));
    }),
    { numRuns: 5000 },
  );
  expect(compared).toBeGreaterThan(500);
});

/** The package asks the system for the time. */
function withNow<T>(offsetS: number, action: () => T): T {
  const real = Date.now;
  Date.now = () => noonMs + offsetS * 1000;
  try {
    return action();
  } finally {
    Date.now = real;
  }
}
