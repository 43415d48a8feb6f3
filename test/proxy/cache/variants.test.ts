/**
 * RFC 9111 §4.1 and §4.3: when no stored variant is what the request selects, the origin is asked whether one of them would do.
 */
import { describe, expect, it } from 'vitest';
import { confirmed, offeredVariants } from '../../../src/proxy/cache/validation.js';
import { expectAnswer, openCache, type CacheHarness } from './cache-harness.js';
import { storedOf } from './stored.js';

const fieldsOf = (etag: string): string[] => ['Cache-Control', 'max-age=60', 'Vary', 'Accept-Language', 'ETag', etag];

function withVariants(): CacheHarness {
  const cache = openCache();
  for (const [language, etag] of [['de', '"d"'], ['en', '"e"']] as const) {
    cache.get('/', ['Accept-Language', language]);
    cache.answer(fieldsOf(etag), `body ${language}`);
  }
  return cache;
}

describe('RFC 9111 §4.3.1: validators of all that is stored', () => {
  it('go along, and what a 304 names answers this request and those like it', () => {
    const { get, answer, attempt, engine, status, cacheStats, advance } = withVariants();
    advance(5000);
    const austrian = get('/', ['Accept-Language', 'de-AT']);
    expect(attempt().field('if-none-match')).toBe('"d", "e"');
    expect(attempt().field('if-modified-since')).toBeUndefined();
    answer(fieldsOf('"d"'), '', 304);
    expectAnswer(austrian, 200, 'body de');
    expect(status(austrian)).toBe('w1; fwd=vary-miss; fwd-status=304; ttl=60');
    for (const language of ['de-AT', 'de', 'en']) {
      expectAnswer(get('/', ['Accept-Language', language]), 200, `body ${language.slice(0, 2)}`);
    }
    expect(engine.attempts).toHaveLength(3);
    expect(cacheStats.store.entries).toBe(3);
    advance(56_000); // the one that was named is as fresh as its new sibling (§4.3.4)
    expect(status(get('/', ['Accept-Language', 'de']))).toBe('w1; hit; ttl=4');
    get('/', ['Accept-Language', 'en']);
    expect(engine.attempts).toHaveLength(4);
  });

  it('are offered behind that of the one that is stale, which may be outdated by another', () => {
    const { get, answer, attempt, advance } = withVariants();
    advance(60_000);
    const client = get('/', ['Accept-Language', 'de']);
    expect(attempt().field('if-none-match')).toBe('"d", "e"');
    answer(fieldsOf('"e"'), '', 304);
    expectAnswer(client, 200, 'body en');
    expectAnswer(get('/', ['Accept-Language', 'de']), 200, 'body en');
  });

  it('and a 304 that names none of them is not believed', () => {
    for (const fields of [fieldsOf('"x"'), ['Cache-Control', 'max-age=60']]) {
      const { get, answer, attempt, engine } = withVariants();
      const client = get('/', ['Accept-Language', 'fr']);
      answer(fields, '', 304);
      expect(engine.attempts).toHaveLength(4);
      expect(attempt().field('if-none-match')).toBeUndefined();
      answer(fieldsOf('"f"'), 'body fr');
      expectAnswer(client, 200, 'body fr');
    }
  });

  it('and another answer is one more variant', () => {
    const { get, answer, engine } = withVariants();
    const client = get('/', ['Accept-Language', 'fr']);
    answer(fieldsOf('"f"'), 'body fr');
    expectAnswer(client, 200, 'body fr');
    for (const language of ['de', 'en', 'fr']) expectAnswer(get('/', ['Accept-Language', language]), 200, `body ${language}`);
    expect(engine.attempts).toHaveLength(3);
  });

  it('each once, within 4 KiB, of whole responses, and not beside a date alone', () => {
    const [one, two, same, error] = [['ETag', '"1"'], ['ETag', '"2"'], ['ETag', '"1"'], []].map((fields) => storedOf(fields));
    const all = [one, two, same, error].flatMap((each) => each ?? []);
    expect(offeredVariants(all, undefined, []).map(({ policy }) => policy.etag)).toEqual(['"1"', '"2"']);
    expect(offeredVariants(all, one, []).map(({ policy }) => policy.etag)).toEqual(['"2"']);
    expect(offeredVariants(all, storedOf(['Last-Modified', 'Sun, 06 Nov 1994 08:49:37 GMT']), [])).toEqual([]);
    const long = Array.from({ length: 32 }, (_, index) => storedOf(['ETag', `"${index}${'x'.repeat(500)}"`]));
    expect(offeredVariants(long, undefined, [])).toHaveLength(8);
  });

  it('not when they are weak, for such a tag may be that of all codings (RFC 9110 §8.8.1)', () => {
    const { get, answer, attempt } = openCache();
    const fields = ['Cache-Control', 'max-age=60', 'Vary', 'Accept-Encoding', 'ETag', 'W/"a"'];
    get('/', ['Accept-Encoding', 'gzip']);
    answer([...fields, 'Content-Encoding', 'gzip'], 'coded');
    const plain = get('/');
    expect(attempt().field('if-none-match')).toBeUndefined();
    answer(fields, 'plain');
    expectAnswer(plain, 200, 'plain');
  });

  it('not when more than negotiation chose them, for a 304 need not repeat the fields that differ (RFC 9110 §15.4.5)', () => {
    const { get, answer, attempt } = openCache();
    const fields = ['Cache-Control', 'max-age=60', 'Vary', 'Origin, Accept', 'ETag', '"a"'];
    const fieldsFor = (origin: string): string[] => [...fields, 'Access-Control-Allow-Origin', origin];
    get('/', ['Origin', 'http://one.test', 'Accept', 'text/css']);
    answer(fieldsFor('http://one.test'));
    const two = get('/', ['Origin', 'http://two.test', 'Accept', 'text/css']);
    expect(attempt().field('if-none-match')).toBeUndefined();
    answer(fieldsFor('http://two.test'));
    expect(two.field('access-control-allow-origin')).toBe('http://two.test');
    get('/', ['Origin', 'http://two.test', 'Accept', '*/*']);
    expect(attempt().field('if-none-match')).toBe('"a"');
  });

  it.each([
    [[], false],
    [['Accept-Encoding', 'br'], false],
    [['Accept-Encoding', 'gzip;q=0, br'], false],
    [['Accept-Encoding', '*'], false],
    [['Accept-Encoding', 'br;q=1.0, GZIP;q=0.8'], true],
  ])('of a coded response only to who names its coding (RFC 9110 §12.5.3): %j', (passed, isOffered) => {
    const coded = storedOf(['ETag', '"1"', 'Content-Encoding', 'gzip']);
    expect(offeredVariants([coded], undefined, passed)).toEqual(isOffered ? [coded] : []);
  });
});

describe('RFC 9111 §4.3.1: what is plain', () => {
  const plain = storedOf(['ETag', '"1"', 'Vary', 'Accept-Encoding']);
  const plainForAll = storedOf(['ETag', '"1"', 'Vary', 'Accept-Encoding, Accept'], '', ['Accept-Encoding', 'gzip']);

  it.each([
    ['is offered to who reads no codings', plain, ['Accept-Encoding', 'gzip;q=0'], true],
    ['is not to who does, or it would stay so for all of them', plain, ['Accept-Encoding', 'gzip'], false],
    ['is, when it is so for that list', plainForAll, ['Accept-Encoding', 'gzip', 'Accept', '*/*'], true],
    ['is, when codings had no part in it', storedOf(['ETag', '"1"', 'Vary', 'Accept']), ['Accept-Encoding', 'gzip', 'Accept', '*/*'], true],
  ])('%s', (_, stored, passed, isOffered) => {
    expect(offeredVariants([stored], undefined, passed)).toEqual(isOffered ? [stored] : []);
  });
});

describe('RFC 9111 §4.3.4: a 304 speaks of', () => {
  const [one, two] = [storedOf(['ETag', 'W/"1"']), storedOf(['ETag', '"2"'])];

  it('the selected response when it names it, strongly or weakly', () => {
    for (const etag of ['W/"1"', '"1"']) expect(confirmed(['ETag', etag], one, [two])).toBe(one);
  });

  it('another response only when it has the same strong validator', () => {
    expect(confirmed(['ETag', '"2"'], one, [two])).toBe(two);
    expect(confirmed(['ETag', 'W/"2"'], one, [two])).toBeUndefined();
    expect(confirmed([], undefined, [two])).toBeUndefined();
  });

  it('the selected response when it names none and was asked about no other', () => {
    expect(confirmed([], one, [])).toBe(one);
    expect(confirmed([], one, [two])).toBeUndefined();
  });
});
