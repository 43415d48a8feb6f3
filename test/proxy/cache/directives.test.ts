/**
 * Reading Cache-Control, targeted fields, Age and dates: what is on the wire and what it means.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ageSeconds, deltaSeconds, listField, namedFields, parseDirectives, parseTargeted } from '../../../src/proxy/cache/directives.js';
import { formatHttpDate, parseHttpDate } from '../../../src/proxy/cache/http-date.js';
import { noonMs } from './stored.js';

const seconds = (list: string, name = 'max-age'): number | undefined => deltaSeconds(parseDirectives(list), name);

describe('RFC 9111 §5.2: Cache-Control', () => {
  it.each([
    ['max-age=60', 60],
    ['MAX-AGE=60', 60],
    ['max-age="60"', 60],
    ['max-age = 60', 60],
    ['public,max-age=60', 60],
    [',, public ,\t max-age=60 ,', 60],
    ['a="x, max-age=1", max-age=60', 60],
    ['a="x\\", max-age=1", max-age=60', 60],
    ['max-age=0060', 60],
    ['foo=bar=baz, max-age=60', 60],
  ])('%s', (list, expected) => expect(seconds(list)).toBe(expected));

  it.each(['max-age', 'max-age=', 'max-age=-1', 'max-age=1.5', 'max-age=1e3', 'max-age=60s', 'max-age="6 0"', 'max-age=0x10', "max-age='60'"])(
    '§4.2.1: %s is no number',
    (list) => expect(seconds(list)).toBeNaN(),
  );

  it('§4.2.1: of two the first counts, whatever the other says', () => {
    expect(seconds('max-age=60, max-age=1')).toBe(60);
    expect(seconds('max-age=x, max-age=1')).toBeNaN();
    const fields = ['Cache-Control', 'max-age=60', 'X', 'max-age=7', 'cache-control', 'max-age=1'];
    expect(seconds(listField(fields, 'cache-control') ?? '')).toBe(60);
  });

  it.each(['2147483648', '2147483649', '99999999999999999999999'])('§1.2.2: %s s is 2^31', (value) =>
    expect(seconds(`max-age=${value}`)).toBe(2_147_483_648),
  );

  it('§5.2.3: what nobody knows is kept apart and harms nothing', () => {
    expect([...parseDirectives('community="UCI", max-age=1, x').entries()]).toEqual([['community', 'UCI'], ['max-age', '1'], ['x', true]]);
    expect(parseDirectives('private-ish, no-storex').has('no-store')).toBe(false);
  });

  it.each([
    ['private', 'all'],
    ['private=""', 'all'],
    ['private=" , "', 'all'],
    ['private="Set-Cookie"', ['set-cookie']],
    ['private=Set-Cookie', ['set-cookie']],
    ['private="a, B ,c"', ['a', 'b', 'c']],
    ['private="a", private="b"', ['a', 'b']],
    ['private="a", private', 'all'],
    ['private, private="a"', 'all'],
  ])('§5.2.2.7: %s', (list, expected) => {
    const named = namedFields(parseDirectives(list), 'private');
    expect(named instanceof Set ? [...named] : named).toEqual(expected);
  });

  it('is read in linear time: quadratic would take longer than a test may', () => {
    for (const list of ['"'.repeat(60_000), 'a='.repeat(30_000), 'a="'.repeat(20_000), '\\"'.repeat(30_000), ', '.repeat(30_000), ' '.repeat(60_000)]) {
      expect(parseDirectives(list).get('no-store')).toBeUndefined();
      parseTargeted(list);
    }
  });

  it.each(['=, no-store', '"", no-store', '="x", no-store', 'a="b, no-store', '"no-store"'])('%s may well mean no-store', (list) =>
    expect(parseDirectives(list).has('no-store')).toBe(true),
  );

  it('a directive survives whatever stands beside it', () => {
    const other = fc.stringMatching(/^[a-z]{1,8}(=([0-9]{1,4}|"[a-z ,=]{0,9}"))?$/);
    fc.assert(
      fc.property(fc.array(other), fc.array(other), fc.constantFrom(',', ', ', ' ,', ',,'), (before, after, comma) => {
        expect(parseDirectives([...before, 'no-store', 'max-age="5"', ...after].join(comma)).has('no-store')).toBe(true);
      }),
    );
  });
});

describe('RFC 9213 §2.1: targeted fields', () => {
  it.each([
    ['max-age=60', [['max-age', '60']]],
    ['max-age=60, no-store', [['max-age', '60'], ['no-store', true]]],
    ['max-age=60, max-age=5', [['max-age', '5']]],
    ['no-store=?0, max-age=1', [['max-age', '1']]],
    ['private="a, b"', [['private', 'a, b']]],
    ['max-age=60;x=1, must-revalidate;y', [['max-age', '60'], ['must-revalidate', true]]],
  ])('%s', (list, expected) => expect([...(parseTargeted(list) ?? [])]).toEqual(expected));

  it.each(['max-age="60"', 'max-age=6.0', 'max-age=a', 'max-age=-1', 's-maxage="1", no-store', 'max-age=?1', 'max-age'])(
    '§2.1: %j has not the type that it must have',
    (list) => expect(parseTargeted(list)).toBeUndefined(),
  );

  it.each(['', '  ', 'MAX-AGE=60', 'max-age=60,', 'max-age = 60', 'max-age=60 no-store', 'max-age="', '=1', 'max-age=60;;'])(
    '%j is no dictionary and is ignored',
    (list) => expect(parseTargeted(list)).toBeUndefined(),
  );
});

describe('RFC 9111 §5.1: Age', () => {
  it.each([
    [undefined, 0],
    ['10', 10],
    [' 10 ', 10],
    ['10, 20', 10],
    ['-1', 0],
    ['1.5', 0],
    ['abc', 0],
    ['99999999999', 2_147_483_648],
  ])('%s', (value, expected) => expect(ageSeconds(value)).toBe(expected));
});

describe('RFC 9110 §5.6.7: dates', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sun Nov  6 08:49:37 1994', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['sun, 06 nov 1994 08:49:37 gmt', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Friday, 06-Nov-76 08:49:37 GMT', Date.UTC(2076, 10, 6, 8, 49, 37)],
    ['Sunday, 06-Nov-77 08:49:37 GMT', Date.UTC(1977, 10, 6, 8, 49, 37)],
    ['Thu, 29 Feb 2024 00:00:60 GMT', Date.UTC(2024, 1, 29, 0, 1)],
    ['Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59)],
  ])('%s', (value, expected) => expect(parseHttpDate(value, noonMs)).toBe(expected));

  it.each([
    ...['0', '-1', '', 'now', 'Sun, 06 Nov 1994 08:49:37', 'Sun, 06 Nov 1994 08:49:37 UTC', 'Sun, 06 Nov 1994 08:49:37 +0000'],
    ...['Sun, 6 Nov 1994 08:49:37 GMT', 'Sun 06 Nov 1994 08:49:37 GMT', 'Sun, 31 Feb 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 24:00:00 GMT'],
    ...['1994-11-06T08:49:37Z', 'Sun, 06 Nov 94 08:49:37 GMT', 'Sun, 00 Nov 1994 08:49:37 GMT', 'Sun,  06 Nov 1994 08:49:37 GMT'],
  ])('%j is none', (value) => expect(parseHttpDate(value, noonMs)).toBeUndefined());

  it('what is written is read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (s) => {
        expect(parseHttpDate(formatHttpDate(s * 1000), noonMs)).toBe(s * 1000);
      }),
    );
  });
});
