/**
 * Which stored response, which part of it, and what becomes of it: Vary, preconditions, ranges, validation, invalidation, and what
 * is said of it all.
 */
import { describe, expect, it } from 'vitest';
import { formatCacheStatus, withCacheStatus } from '../../../src/proxy/cache/cache-status.js';
import { invalidatedKeys } from '../../../src/proxy/cache/invalidation.js';
import { cacheKey } from '../../../src/proxy/cache/key.js';
import { select, selectRange } from '../../../src/proxy/cache/preconditions.js';
import { confirms, fetchFields, headConfirms, updatedFields } from '../../../src/proxy/cache/validation.js';
import { matches, sameVariant, selectVariant, variantOf } from '../../../src/proxy/cache/vary.js';
import { dateAt, noonMs, storedOf } from './stored.js';

describe('RFC 9111 §4.1: Vary', () => {
  const varies = ['Vary', 'Accept-Encoding, X-A'];
  it.each([
    ['the same', ['Accept-Encoding', 'gzip', 'X-A', '1'], true],
    ['in other words', ['x-a', '1', 'ACCEPT-ENCODING', ' gzip '], true],
    ['another value', ['Accept-Encoding', 'br', 'X-A', '1'], false],
    ['none', ['Accept-Encoding', 'gzip'], false],
    ['an empty one', ['Accept-Encoding', 'gzip', 'X-A', ''], false],
    ['other letters, where they mean the same', ['Accept-Encoding', 'GZIP', 'X-A', '1'], true],
  ])('%s', (_what, request, expected) =>
    expect(matches(variantOf(varies, ['Accept-Encoding', 'gzip', 'X-A', '1']), request)).toBe(expected),
  );
  it('other letters are another value elsewhere, and another order is everywhere', () => {
    expect(matches(variantOf(['Vary', 'X-A'], ['X-A', 'a']), ['X-A', 'A'])).toBe(false);
    const languages = variantOf(['Vary', 'Accept-Language'], ['Accept-Language', 'en, de;q=0.5']);
    expect(matches(languages, ['Accept-Language', 'EN,De ; Q=0.5'])).toBe(true);
    expect(matches(languages, ['Accept-Language', 'de;q=0.5, en'])).toBe(false);
  });
  it('absent matches absent', () => expect(matches(variantOf(varies, []), ['Other', '1'])).toBe(true));
  it('lines are joined and white space around commas does not count', () => {
    expect(matches(variantOf(['Vary', 'Accept'], ['Accept', 'a', 'Accept', 'b']), ['Accept', 'a , b'])).toBe(true);
    expect(matches(variantOf(['Vary', 'Accept'], ['Accept', 'a b']), ['Accept', 'ab'])).toBe(false);
  });
  it('§4: of several that match the most recent by Date', () => {
    const older = { response: storedOf(['Date', dateAt(-50), 'Vary', 'A'], 'older', ['A', '1']) };
    const newer = { response: storedOf(['Date', dateAt(-5), 'Vary', 'B'], 'newer', ['B', '1']) };
    expect(selectVariant([newer, older], ['A', '1', 'B', '1'])).toBe(newer);
    expect(selectVariant([newer, older], ['A', '1'])).toBe(older);
    expect(selectVariant([newer, older], [])).toBeUndefined();
  });
  it('variants are the same by names and values', () => {
    expect(sameVariant(variantOf(['Vary', 'A, b'], ['A', '1']), variantOf(['Vary', 'B, a, a'], ['a', '1']))).toBe(true);
    expect(sameVariant(variantOf(['Vary', 'A'], ['A', '1']), variantOf([], []))).toBe(false);
  });
});

const what = (fields: readonly string[], request: readonly string[], status = 200, method = 'GET'): string =>
  select(storedOf(fields, '', [], status), 10, method, request, noonMs).what;

describe('RFC 9111 §4.3.2, RFC 9110 §13: preconditions of clients', () => {
  const strong = ['ETag', '"a"', 'Last-Modified', dateAt(-100)];
  it.each([
    ['"a"', 'not-modified'],
    ['W/"a"', 'not-modified'],
    ['"b", "a"', 'not-modified'],
    ['"b, ", W/"a"', 'not-modified'],
    ['*', 'not-modified'],
    ['"b"', 'whole'],
    ['a', 'whole'],
    ['"A"', 'whole'],
  ])('§13.1.2 If-None-Match: %s', (value, expected) => expect(what(strong, ['If-None-Match', value])).toBe(expected));
  it('§13.1.2: weak on our side matches too', () => expect(what(['ETag', 'W/"a"'], ['If-None-Match', '"a"'])).toBe('not-modified'));
  it('§13.2.2: If-None-Match settles it, If-Modified-Since is not asked', () =>
    expect(what(strong, ['If-None-Match', '"b"', 'If-Modified-Since', dateAt(0)])).toBe('whole'));
  it.each([
    [dateAt(-100), 'not-modified'],
    [dateAt(-99), 'not-modified'],
    [dateAt(-101), 'whole'],
    ['no date', 'whole'],
  ])('§13.1.3 If-Modified-Since: %s', (value, expected) => expect(what(strong, ['If-Modified-Since', value])).toBe(expected));
  it('RFC 9111 §4.3.2: Date stands in for Last-Modified', () => {
    expect(what(['Date', dateAt(-10)], ['If-Modified-Since', dateAt(-10)])).toBe('not-modified');
    expect(what(['Date', dateAt(-10)], ['If-Modified-Since', dateAt(-11)])).toBe('whole');
  });
  it('§13.2.1: not for what is no success', () => expect(what(strong, ['If-None-Match', '"a"'], 404)).toBe('whole'));
});

describe('RFC 9110 §14: one byte range', () => {
  it.each([
    ['bytes=0-0', { what: 'range', first: 0, last: 0 }],
    ['bytes=2-5', { what: 'range', first: 2, last: 5 }],
    ['bytes=2-', { what: 'range', first: 2, last: 9 }],
    ['bytes=-3', { what: 'range', first: 7, last: 9 }],
    ['bytes=-30', { what: 'range', first: 0, last: 9 }],
    ['BYTES= 5-99999999999999999999 ', { what: 'range', first: 5, last: 9 }],
    ['bytes=10-', { what: 'unsatisfiable' }],
    ['bytes=-0', { what: 'unsatisfiable' }],
    ['bytes=5-2', { what: 'whole' }],
    ['bytes=0-1,3-4', { what: 'ranges', ranges: [{ first: 0, last: 1 }, { first: 3, last: 4 }] }],
    ['bytes= 8- , -1\t', { what: 'whole' }],
    ['bytes=7-, 0-0', { what: 'ranges', ranges: [{ first: 7, last: 9 }, { first: 0, last: 0 }] }],
    ['bytes=-1, 0-0, 20-30, -0', { what: 'ranges', ranges: [{ first: 9, last: 9 }, { first: 0, last: 0 }] }],
    ['bytes=20-30, 2-3', { what: 'range', first: 2, last: 3 }],
    ['bytes=20-30, 40-', { what: 'unsatisfiable' }],
    ['bytes=0-1, 1-2', { what: 'whole' }],
    ['bytes=0-1, x', { what: 'whole' }],
    ['bytes=0-1,,3-4', { what: 'whole' }],
    [`bytes=${Array.from({ length: 17 }, (_, index) => `${index}-${index}`).join()}`, { what: 'whole' }],
    ['lines=0-1', { what: 'whole' }],
    ['bytes=-', { what: 'whole' }],
    ['bytes=a-b', { what: 'whole' }],
  ])('%s of 10', (value, expected) => expect(selectRange(value, 10)).toEqual(expected));
  it('an empty body has none', () => expect(selectRange('bytes=0-', 0).what).toBe('unsatisfiable'));
  it('§14.2: only for GET, and only of a 200', () => {
    expect(what([], ['Range', 'bytes=0-1'], 200, 'HEAD')).toBe('whole');
    expect(what([], ['Range', 'bytes=0-1'], 203)).toBe('whole');
    expect(what([], ['Range', 'bytes=0-1'], 404)).toBe('whole');
    expect(what([], ['Range', 'bytes=0-1'])).toBe('range');
  });
  it('§13.2.2: If-None-Match comes first', () => expect(what(['ETag', '"a"'], ['If-None-Match', '"a"', 'Range', 'bytes=0-1'])).toBe('not-modified'));
  it.each([
    ['"a"', ['ETag', '"a"'], 'range'],
    ['"b"', ['ETag', '"a"'], 'whole'],
    ['W/"a"', ['ETag', 'W/"a"'], 'whole'],
    ['"a"', ['ETag', 'W/"a"'], 'whole'],
    [dateAt(-100), ['Last-Modified', dateAt(-100)], 'range'],
    [dateAt(-99), ['Last-Modified', dateAt(-100)], 'whole'],
    [dateAt(0), ['Last-Modified', dateAt(0)], 'whole'],
    ['nonsense', ['ETag', '"a"'], 'whole'],
  ])('§13.1.5 If-Range: %s', (value, fields, expected) => expect(what(fields, ['Range', 'bytes=0-1', 'If-Range', value])).toBe(expected));
});

describe('RFC 9111 §4.3.1: the question to the origin', () => {
  it('has our validators and none of the client’s', () => {
    const stored = storedOf(['ETag', '"a"', 'Last-Modified', 'sun, 06 Nov 1994 08:49:37 GMT']);
    const request = ['X', '1', 'If-None-Match', '"z"', 'Range', 'bytes=0-1', 'If-Range', '"z"', 'if-modified-since', 'x'];
    expect(fetchFields(request, stored, [])).toEqual(['X', '1', 'If-None-Match', '"a"', 'If-Modified-Since', 'sun, 06 Nov 1994 08:49:37 GMT']);
    expect(fetchFields(request, undefined, [])).toEqual(['X', '1']);
  });
});

describe('RFC 9111 §4.3.3, §4.3.4, §4.3.5: the answer', () => {
  const stored = storedOf(['ETag', '"a"', 'Last-Modified', dateAt(-100), 'X', 'old', 'Content-Type', 'text/plain', 'Cache-Control', 'max-age=1']);
  it('another validator is another response', () => {
    expect(confirms(['ETag', '"a"'], stored)).toBe(true);
    expect(confirms([], stored)).toBe(true);
    expect(confirms(['ETag', 'W/"a"'], stored)).toBe(true);
    expect(confirms(['ETag', '"b"'], stored)).toBe(false);
    expect(confirms(['Last-Modified', dateAt(-99)], stored)).toBe(false);
    expect(confirms(['ETag', '"a"'], storedOf(['Last-Modified', dateAt(-100)]))).toBe(false);
  });
  it('§4.3.5: a HEAD with another length is, too', () => {
    expect(headConfirms(['ETag', '"a"', 'Content-Length', '4'], stored)).toBe(true);
    expect(headConfirms(['ETag', '"a"', 'Content-Length', '5'], stored)).toBe(false);
  });
  it('§3.2: fields of the update replace, those of the body stay', () => {
    const update = ['x', 'new', 'X', 'newer', 'Content-Length', '99', 'Content-Type', 'text/html', 'Cache-Control', 'max-age=9', 'Y', '1'];
    expect(updatedFields(['X', 'old', 'Age', '9', 'Content-Type', 'text/plain', 'Cache-Control', 'max-age=1', 'ETag', '"a"'], update)).toEqual(
      ['ETag', '"a"', 'x', 'new', 'X', 'newer', 'Content-Type', 'text/html', 'Cache-Control', 'max-age=9', 'Y', '1'],
    );
  });
});

describe('RFC 9111 §4.4: invalidation', () => {
  const key = 'http://a.test/x?y';
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'REPORT'])('%s makes its target invalid', (method) => expect(invalidatedKeys(method, key, 200, [])).toEqual([key]));
  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE'])('%s does not', (method) => expect(invalidatedKeys(method, key, 200, [])).toEqual([]));
  it.each([400, 404, 500, 503])('an error, %i, does not', (status) => expect(invalidatedKeys('POST', key, status, [])).toEqual([]));
  it('Location and Content-Location go with it when they are of the same origin', () => {
    const fields = ['Location', '/z', 'Content-Location', 'HTTP://A.test:80/w?v#f'];
    expect(invalidatedKeys('POST', key, 201, fields)).toEqual([key, 'http://a.test/z', 'http://a.test/w?v']);
  });
  it.each(['http://b.test/', 'https://a.test/', 'http://a.test:81/', '//b.test/x', 'http://[', 'data:,x'])('never %s', (location) =>
    expect(invalidatedKeys('POST', key, 303, ['Location', location])).toEqual([key]),
  );
});

describe('RFC 9111 §2: keys', () => {
  it.each([
    ['http', 'A.test', 'http://a.test/P'],
    ['http', 'a.test:80', 'http://a.test/P'],
    ['http', 'a.test:', 'http://a.test/P'],
    ['https', 'a.test:443', 'https://a.test/P'],
    ['https', 'a.test:80', 'https://a.test:80/P'],
  ] as const)('%s %s', (scheme, authority, expected) => expect(cacheKey({ scheme, authority }, '/P')).toBe(expected));
});

describe('RFC 9211: Cache-Status', () => {
  it.each([
    [{ word: 'hit', ttlS: 30 }, 'w1; hit; ttl=30'],
    [{ word: 'hit', ttlS: -3, detail: 'stale-while-revalidate' }, 'w1; hit; ttl=-3; detail=stale-while-revalidate'],
    [{ word: 'uri-miss', stored: true, collapsed: true }, 'w1; fwd=uri-miss; stored; collapsed'],
    [{ word: 'stale', fwdStatus: 304 }, 'w1; fwd=stale; fwd-status=304'],
  ] as const)('%o', (status, expected) => expect(formatCacheStatus('w1', status)).toBe(expected));
  it('a name that is no token is a string', () => expect(formatCacheStatus('1 "w"', { word: 'hit' })).toBe('"1 \\"w\\""; hit'));
  it('§2: ours stands last', () =>
    expect(withCacheStatus(['cache-status', 'Origin; hit', 'X', '1', 'Cache-Status', 'CDN; fwd=miss'], 'w1; hit')).toEqual(
      ['X', '1', 'Cache-Status', 'Origin; hit, CDN; fwd=miss, w1; hit'],
    ));
});
