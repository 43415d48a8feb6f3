/**
 * What a shared cache may store: each rule by the section that makes it.
 */
import { describe, expect, it } from 'vitest';
import { storableFields } from '../../../src/proxy/cache/storing.js';
import { parseDirectives } from '../../../src/proxy/cache/directives.js';
import { cc, dateAt, whyNot } from './stored.js';

const fresh = cc('max-age=60');
const withCookie = ['Cache-Control', 'max-age=60', 'Set-Cookie', 'a=1'];
const authorized = { request: ['Authorization', 'Basic eA=='] };

describe('RFC 9111 §3: storing', () => {
  it('a fresh 200 to a GET is stored', () => expect(whyNot(fresh)).toBeUndefined());
  it.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'REPORT'])('a response to %s is not', (method) => expect(whyNot(fresh, { method })).toBe('method'));
  it.each([100, 103, 206, 304])('%i is not: no final whole', (status) => expect(whyNot(fresh, { status })).toBe('status'));
  it.each([200, 201, 203, 204, 226, 300, 301, 302, 307, 308, 400, 403, 404, 410, 429, 500, 503, 599, 299])(
    '%i with explicit freshness is, whether it is known or not',
    (status) => expect(whyNot(fresh, { status })).toBeUndefined(),
  );
  it.each([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])('%i may be stored without (RFC 9110 §15.1)', (status) =>
    expect(whyNot(['ETag', '"a"'], { status })).toBeUndefined(),
  );
  it.each([201, 202, 302, 303, 307, 400, 403, 429, 500, 502, 503, 504])('%i may not', (status) =>
    expect(whyNot(['ETag', '"a"', 'Last-Modified', dateAt(-100)], { status })).toBe('no-freshness'),
  );
  it.each([
    ['public', ['Cache-Control', 'public', 'ETag', '"a"']],
    ['Expires', ['Expires', dateAt(60)]],
    ['s-maxage', cc('s-maxage=60')],
    ['max-age', cc('max-age=60')],
  ])('a 302 may with %s', (_what, fields) => expect(whyNot(fields, { status: 302 })).toBeUndefined());
  it('of no use is what is neither fresh nor can be validated', () => {
    expect(whyNot([])).toBe('no-freshness');
    expect(whyNot(cc('max-age=0'))).toBe('no-freshness');
    expect(whyNot(['Cache-Control', 'max-age=60', 'Age', '60'])).toBe('no-freshness');
    expect(whyNot(['Expires', '0'])).toBe('no-freshness');
    expect(whyNot(['Cache-Control', 'max-age=0', 'ETag', '"a"'])).toBeUndefined();
    expect(whyNot(['Expires', '0', 'Last-Modified', dateAt(-5)])).toBeUndefined();
  });
  it('a broken ETag is no validator', () => expect(whyNot(['ETag', 'a', 'Cache-Control', 'max-age=0'])).toBe('no-freshness'));
});

describe('RFC 9111 §5.2.2: response directives', () => {
  it('§5.2.2.5 no-store', () => {
    expect(whyNot(cc('no-store'))).toBe('no-store');
    expect(whyNot(cc('max-age=60, No-Store'))).toBe('no-store');
    expect(whyNot(cc('no-store="x", max-age=60'))).toBe('no-store');
  });
  it('§5.2.2.7 private', () => {
    expect(whyNot(cc('private, max-age=60'))).toBe('private');
    expect(whyNot(cc('private="X-A", max-age=60'))).toBeUndefined();
    expect(whyNot(cc('private=""'))).toBe('private');
    expect(whyNot(cc('private, s-maxage=60, public'))).toBe('private');
  });
  it('§5.2.2.7 fields that private names are not stored', () => {
    const fields = ['X-A', '1', 'X-B', '2', 'Cache-Control', 'private="x-a"'];
    expect(storableFields(fields, parseDirectives('private="x-a"'))).toEqual(fields.slice(2));
  });
  it('§5.2.2.4 no-cache is stored only if it can be validated, and fields that it names are left out', () => {
    expect(whyNot(cc('no-cache, max-age=60'))).toBe('no-freshness');
    expect(whyNot(['Cache-Control', 'no-cache', 'ETag', '"a"'])).toBeUndefined();
    expect(storableFields(['Set-Cookie', 'a', 'X', 'b'], parseDirectives('no-cache="set-cookie, foo"'))).toEqual(['X', 'b']);
  });
  it('§5.2.2.3 must-understand: an understood status sets no-store aside, another is not stored', () => {
    expect(whyNot(cc('must-understand, no-store, max-age=60'))).toBeUndefined();
    expect(whyNot(cc('must-understand, no-store, max-age=60'), { status: 299 })).toBe('status');
    expect(whyNot(cc('must-understand, max-age=60'), { status: 599 })).toBe('status');
  });
  it('§5.2.1.5 no-store in the request', () => expect(whyNot(fresh, { request: cc('no-store') })).toBe('no-store-request'));
});

describe('RFC 9111 §3.5: requests with Authorization', () => {
  it.each(['max-age=60', 'max-age=60, proxy-revalidate', 'max-age=60, no-cache="a"'])('%s is not enough', (list) =>
    expect(whyNot(cc(list), authorized)).toBe('authorization'),
  );
  it.each(['max-age=60, public', 'max-age=60, must-revalidate', 's-maxage=60'])('%s is', (list) => expect(whyNot(cc(list), authorized)).toBeUndefined());
  it('private stays private', () => expect(whyNot(cc('private, public, max-age=60'), authorized)).toBe('private'));
});

describe('RFC 9111 §7.3: cookies', () => {
  it('Set-Cookie is not shared', () => expect(whyNot(withCookie)).toBe('set-cookie'));
  it('but when the configuration says so', () => expect(whyNot(withCookie, { setCookie: true })).toBeUndefined());
  it.each(['private', 'no-cache'])('and is left out where %s names it', (name) =>
    expect(whyNot(['Cache-Control', `max-age=60, ${name}="Set-Cookie"`, 'Set-Cookie', 'a=1'])).toBeUndefined(),
  );
});

describe('RFC 9111 §4.1: Vary', () => {
  it.each(['*', 'Accept, *', ' * ,Accept'])('%s matches nothing, so it is not stored', (list) =>
    expect(whyNot(['Vary', list, ...fresh])).toBe('vary-star'),
  );
  it('also in a second line', () => expect(whyNot(['Vary', 'Accept', 'Vary', '*', ...fresh])).toBe('vary-star'));
});

describe('RFC 9111 §3.1: fields that are not stored', () => {
  it('Age and Content-Length are made anew', () => {
    expect(storableFields(['Age', '5', 'Content-Length', '4', 'Via', '1.1 x', 'X', '1'], new Map())).toEqual(['Via', '1.1 x', 'X', '1']);
  });
});

describe('RFC 9213 §2.2: targeted fields', () => {
  it('the first of the target list that is there is obeyed alone', () => {
    expect(whyNot(['Cache-Control', 'no-store', 'CDN-Cache-Control', 'max-age=60'])).toBeUndefined();
    expect(whyNot(['Cache-Control', 'max-age=60', 'CDN-Cache-Control', 'no-store'])).toBe('no-store');
    expect(whyNot(['CDN-Cache-Control', 'no-store', 'Roundhouse-Cache-Control', 'max-age=60'])).toBeUndefined();
  });
  it('one that cannot be read is ignored', () => expect(whyNot(['Cache-Control', 'no-store', 'CDN-Cache-Control', 'max-age=60,'])).toBe('no-store'));
});
