/**
 * A gateway with a cache: what reaches the origin, what reaches the client, what is said of it, and what is counted.
 */
import { describe, expect, it } from 'vitest';
import { cacheWords } from '../../../src/proxy/cache/cache-status.js';
import { expectAnswer, openCache } from './cache-harness.js';

const fresh = ['Cache-Control', 'max-age=60'];
const tagged = [...fresh, 'ETag', '"a"'];

describe('a hit', () => {
  it('RFC 9111 §3.1, §4, §5.1: needs no origin, tells its age, and has no field of one connection or exchange', () => {
    const cache = openCache();
    const { get, answer, advance, engine, records, cacheStats, stats } = cache;
    const first = get();
    answer([...fresh, 'X', '1', 'Connection', 'x-hop', 'X-Hop', '1', 'Keep-Alive', 'x', 'X-Request-Id', 'abc']);
    expectAnswer(first, 200, 'body');
    expect(cache.status(first)).toBe('w1; fwd=uri-miss; stored');
    expect(first.field('age')).toBeUndefined();
    advance(5900);
    const second = get();
    expectAnswer(second, 200, 'body');
    expect(second.head?.bodyBytes).toBe(4);
    expect(second.field('age')).toBe('5');
    expect(second.field('x')).toBe('1');
    expect(second.field('via')).toBe('1.1 w1 (cafe)');
    expect(second.field('date')).toBe('Thu, 01 Jan 1970 00:00:01 GMT');
    expect([second.field('x-hop'), second.field('keep-alive'), second.field('x-request-id')]).toEqual([undefined, undefined, undefined]);
    expect(cache.status(second)).toBe('w1; hit; ttl=55');
    expect(engine.attempts).toHaveLength(1);
    expect(records).toMatchObject([
      { cache: 'uri-miss', attempts: 1, origin: 'o1', responseBodyBytes: 4 },
      { cache: 'hit', attempts: 0, origin: undefined },
    ]);
    expect(cacheWords.map((_, index) => cacheStats.requests.at(index))).toEqual([1, 0, 0, 1, 0, 0, 0, 0]);
    expect(cacheStats).toMatchObject({ storedTotal: 1, store: { entries: 1, evictionsTotal: 0 } });
    expect(stats.responseBodyBytesTotal).toBe(8);
    expect(stats.attempts.at(0, 0)).toBe(1);
  });

  it('needs no place among those in flight', () => {
    const { get, answer, request } = openCache({}, { limits: { maxconn: 1 } });
    get();
    answer(fresh);
    request({ target: '/slow' });
    expectAnswer(get(), 200, 'body');
  });

  it('is found again by one that had to wait for a place', () => {
    const { get, answer, attempt, engine } = openCache({}, { limits: { maxconn: 1 } });
    const [one, two] = [get(), get()];
    expect(engine.attempts).toHaveLength(1);
    answer(fresh);
    expectAnswer(one, 200, 'body');
    expectAnswer(two, 200, 'body');
    expect(attempt()).toBe(attempt(0));
  });

  it('answers HEAD', () => {
    const { get, answer } = openCache();
    get();
    answer(fresh);
    const head = get('/', [], { method: 'HEAD' });
    expectAnswer(head, 200, '');
    expect(head.field('content-length')).toBe('4');
  });

  it('RFC 9111 §4: is of the same target, host and scheme alone', () => {
    const { get, answer, request, engine } = openCache();
    get('/a');
    answer(fresh);
    get('/A');
    request({ target: '/a', fields: ['Host', 'b.test'] });
    request({ target: '/a', fields: ['Host', 'a.test'], client: { secure: true } });
    request({ target: '/a', version: '1.0', fields: [] });
    expect(engine.attempts).toHaveLength(5);
    expectAnswer(request({ target: '/a', fields: ['Host', 'A.test:80'] }), 200, 'body');
  });

  it.each([0, 1, 65_536, 65_537, 90_000])('gives all of %i bytes, at the pace of the client', (size) => {
    const { get, answer } = openCache();
    const body = 'x'.repeat(size);
    get();
    answer(fresh, body);
    const client = get();
    expectAnswer(client, 200, body);
  });

  it('that nobody takes ends in time', () => {
    const { get, answer, advance, records } = openCache();
    get();
    answer(fresh, 'x'.repeat(90_000));
    const client = get('/', [], { takesTheEnd: false });
    advance(9_999);
    expect(client.state).toBe('open');
    advance(1);
    expect(client.state).toBe('cut');
    expect(records.at(-1)).toMatchObject({ cache: 'hit', fault: 'client-stalled' });
  });
});

describe('conditional requests and ranges', () => {
  it('RFC 9111 §4.3.2: are answered from what is stored', () => {
    const { get, answer } = openCache();
    get();
    answer([...tagged, 'Content-Type', 'text/plain']);
    const client = get('/', ['If-None-Match', '"a"']);
    expectAnswer(client, 304, '');
    expect([client.field('etag'), client.field('content-type'), client.field('age')]).toEqual(['"a"', undefined, '0']);
    expectAnswer(get('/', ['If-None-Match', '"b"']), 200, 'body');
  });

  it('RFC 9110 §14.6, §15.3.7.2: several ranges are parts with fields of their own', () => {
    const { get, answer, engine } = openCache();
    get();
    answer([...tagged, 'Content-Type', 'text/plain'], '0123456789');
    for (let round = 0; round < 3; round += 1) {
      const client = get('/', ['Range', 'bytes=0-1,7-']);
      const [, boundary] = /^multipart\/byteranges; boundary=(\w+)$/.exec(client.field('content-type') ?? '') ?? [];
      const part = (range: string, text: string): string => `\r\n--${boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes ${range}/10\r\n\r\n${text}`;
      const body = `${part('0-1', '01')}${part('7-9', '789')}\r\n--${boundary}--\r\n`;
      expectAnswer(client, 206, body);
      expect([client.head?.bodyBytes, client.field('content-range'), client.field('etag')]).toEqual([body.length, undefined, '"a"']);
    }
    expectAnswer(get('/', ['Range', 'bytes=0-1,7-', 'If-Range', '"b"']), 200, '0123456789');
    expectAnswer(get('/', ['Range', 'bytes=0-1,7-'], { method: 'HEAD' }), 200, '');
    expect(engine.attempts).toHaveLength(1);
  });

  it('are not the origin’s business when the cache has nothing: it wants the whole, and then answers', () => {
    const { get, answer, attempt } = openCache();
    const client = get('/', ['If-None-Match', '"a"', 'If-Modified-Since', 'Thu, 01 Jan 1970 00:00:01 GMT']);
    expect([attempt().field('if-none-match'), attempt().field('if-modified-since')]).toEqual([undefined, undefined]);
    answer(tagged);
    expectAnswer(client, 304, '');
    expectAnswer(get(), 200, 'body');
  });

  it('RFC 9110 §14: one range', () => {
    const { get, answer } = openCache();
    get();
    answer(tagged, '0123456789');
    const part = get('/', ['Range', 'bytes=2-4']);
    expectAnswer(part, 206, '234');
    expect(part.field('content-range')).toBe('bytes 2-4/10');
    expect(part.head?.bodyBytes).toBe(3);
    const beyond = get('/', ['Range', 'bytes=10-']);
    expectAnswer(beyond, 416, '');
    expect(beyond.field('content-range')).toBe('bytes */10');
    expectAnswer(get('/', ['Range', 'bytes=2-4', 'If-Range', '"b"']), 200, '0123456789');
  });

  it('a range of what is not stored goes past, and is not stored', () => {
    const { get, answer, attempt, engine } = openCache();
    const client = get('/', ['Range', 'bytes=0-1']);
    expect(attempt().field('range')).toBe('bytes=0-1');
    answer([...fresh, 'Content-Range', 'bytes 0-1/4'], 'bo', 206);
    expectAnswer(client, 206, 'bo');
    get();
    expect(engine.attempts).toHaveLength(2);
  });

  it('If-Match is for the origin', () => {
    const cache = openCache();
    cache.get();
    cache.answer(tagged);
    const client = cache.get('/', ['If-Match', '"b"']);
    expect(cache.attempt().field('if-match')).toBe('"b"');
    cache.answer([], 'no', 412);
    expect(cache.status(client)).toBe('w1; fwd=bypass');
  });
});

describe('validation', () => {
  it('RFC 9111 §4.3.3, §4.3.4: a 304 makes it fresh again, with its new fields', () => {
    const cache = openCache();
    const { get, answer, attempt, advance, engine } = cache;
    get();
    answer([...tagged, 'X', 'old', 'Y', '1', 'Last-Modified', 'Thu, 01 Jan 1970 00:00:00 GMT']);
    advance(61_000);
    const client = get();
    expect([attempt().field('if-none-match'), attempt().field('if-modified-since')]).toEqual(['"a"', 'Thu, 01 Jan 1970 00:00:00 GMT']);
    answer(['ETag', '"a"', 'X', 'new', 'Cache-Control', 'max-age=30'], '', 304);
    expectAnswer(client, 200, 'body');
    expect([client.field('x'), client.field('y'), client.field('age')]).toEqual(['new', '1', '0']);
    expect(cache.status(client)).toBe('w1; fwd=stale; fwd-status=304; ttl=30');
    advance(29_000);
    expect(cache.status(get())).toBe('w1; hit; ttl=1');
    expect(engine.attempts).toHaveLength(2);
    expect(cache.cacheStats.store.entries).toBe(1);
  });

  it('§4.3.3: a 200 replaces it', () => {
    const { get, answer, advance, engine, status, cacheStats } = openCache();
    get();
    answer(tagged, 'old');
    advance(61_000);
    const client = get();
    answer(tagged, 'newer');
    expectAnswer(client, 200, 'newer');
    expect(status(client)).toBe('w1; fwd=stale; stored');
    expectAnswer(get(), 200, 'newer');
    expect(engine.attempts).toHaveLength(2);
    expect(cacheStats.store.entries).toBe(1);
  });

  it('§4.3.4: a 304 of something else is no answer: the whole is fetched', () => {
    const { get, answer, advance, attempt, engine } = openCache();
    get();
    answer(tagged, 'old');
    advance(61_000);
    const client = get();
    answer(['ETag', '"b"'], '', 304);
    expect(attempt().field('if-none-match')).toBeUndefined();
    answer([...fresh, 'ETag', '"b"'], 'newer');
    expectAnswer(client, 200, 'newer');
    expect(engine.attempts).toHaveLength(3);
  });

  it('§4.3.5: HEAD freshens or removes what is stored', () => {
    const { get, answer, advance, engine, status } = openCache();
    get();
    answer(tagged);
    advance(61_000);
    const head = get('/', [], { method: 'HEAD' });
    answer([...tagged, 'Content-Length', '4']);
    expectAnswer(head, 200, '');
    expect(status(get())).toBe('w1; hit; ttl=60');
    advance(61_000);
    get('/', [], { method: 'HEAD' });
    answer([...fresh, 'ETag', '"b"', 'Content-Length', '4']);
    get();
    expect(engine.attempts).toHaveLength(4);
  });

  it('an answer that may not be stored takes the stored one’s place all the same', () => {
    const { get, answer, advance, cacheStats } = openCache();
    get();
    answer(tagged);
    advance(61_000);
    const client = get();
    answer(['Cache-Control', 'private'], 'mine');
    expectAnswer(client, 200, 'mine');
    expect(cacheStats.store.entries).toBe(0);
  });

  it('§5.2.1.4: no-cache of a client', () => {
    const { get, answer, status } = openCache();
    get();
    answer(tagged);
    const client = get('/', ['Cache-Control', 'no-cache']);
    answer([], '', 304);
    expectAnswer(client, 200, 'body');
    expect(status(client)).toBe('w1; fwd=request; fwd-status=304; ttl=60');
  });

  it('a 304 that says no-store is the last word', () => {
    const { get, answer, advance, cacheStats } = openCache();
    get();
    answer(tagged);
    advance(61_000);
    const client = get();
    answer(['Cache-Control', 'no-store'], '', 304);
    expectAnswer(client, 200, 'body');
    expect(cacheStats.store.entries).toBe(0);
  });

  it('a range of what is stale is cut from the whole', () => {
    const { get, answer, advance, attempt } = openCache();
    get();
    answer(tagged, '0123456789');
    advance(61_000);
    const still = get('/', ['Range', 'bytes=1-2']);
    expect(attempt().field('range')).toBeUndefined();
    answer([...tagged], '', 304);
    expectAnswer(still, 206, '12');
    advance(61_000);
    const changed = get('/', ['Range', 'bytes=1-2']);
    answer([...fresh, 'ETag', '"b"'], 'abcdef');
    expectAnswer(changed, 206, 'bc');
    expectAnswer(get(), 200, 'abcdef');
  });
});

describe('RFC 5861', () => {
  it('§3: stale-while-revalidate answers at once and asks behind', () => {
    const { get, answer, advance, engine, status, cacheStats, records } = openCache();
    get();
    answer(['Cache-Control', 'max-age=60, stale-while-revalidate=30', 'ETag', '"a"'], 'old');
    advance(61_000);
    const client = get();
    expectAnswer(client, 200, 'old');
    expect(status(client)).toBe('w1; hit; ttl=-1; detail=stale-while-revalidate');
    expect(engine.attempts).toHaveLength(2);
    expectAnswer(get(), 200, 'old');
    expect(engine.attempts).toHaveLength(2);
    answer(tagged, 'newer');
    expectAnswer(get(), 200, 'newer');
    expect(engine.attempts).toHaveLength(2);
    expect(cacheStats.backgroundTotal).toBe(1);
    expect(records).toHaveLength(4);
  });

  it('§3: a failure behind changes nothing', () => {
    const { get, answer, advance, refuse, stats } = openCache({ graceS: 30 });
    get();
    answer(tagged, 'old');
    advance(61_000);
    get();
    refuse();
    expectAnswer(get(), 200, 'old');
    answer([], 'broken', 503);
    expectAnswer(get(), 200, 'old');
    expect(stats.inFlight).toBe(1); // the third one's question
  });

  it('§3: what is asked behind needs a place like any other', () => {
    const { get, answer, advance, engine } = openCache({ graceS: 30 }, { limits: { maxconn: 1, maxqueue: 1 } });
    get();
    answer(tagged, 'old');
    advance(61_000);
    get('/slow');
    expectAnswer(get(), 200, 'old');
    expect(engine.attempts.map(({ request }) => request.target)).toEqual(['/', '/slow']);
    answer([], 'slow');
    expect(engine.attempts.map(({ request }) => request.target)).toEqual(['/', '/slow', '/']);
  });

  it('keepS: what has been stale for longer is not even validated', () => {
    const { get, answer, advance, attempt, cacheStats } = openCache({ keepS: 10, graceS: 5 });
    get();
    answer(tagged, 'old');
    advance(60_000 + 14_900);
    get();
    expect(attempt().request.fields).toContain('If-None-Match');
    answer(tagged, '', 304);
    advance(60_000 + 15_000);
    const client = get();
    expect(attempt().request.fields).not.toContain('If-None-Match');
    expect(cacheStats.store.entries).toBe(0);
    answer(tagged, 'new');
    expectAnswer(client, 200, 'new');
  });

  it('§4: stale-if-error stands in for an error of the origin', () => {
    const { get, answer, advance, status } = openCache();
    get();
    answer(['Cache-Control', 'max-age=60, stale-if-error=30', 'ETag', '"a"'], 'old');
    advance(61_000);
    const client = get();
    answer([], 'broken', 503);
    expectAnswer(client, 200, 'old');
    expect(status(client)).toBe('w1; fwd=stale; fwd-status=503; ttl=-1; detail=stale-if-error');
  });

  it('§4: and for an origin that is not there', () => {
    const { get, answer, advance, refuse, records } = openCache({ staleIfErrorS: 30 });
    get();
    answer(tagged, 'old');
    advance(61_000);
    const client = get();
    refuse();
    expectAnswer(client, 200, 'old');
    expect(records.at(-1)).toMatchObject({ cache: 'stale', attempts: 1, fault: undefined, status: 200 });
  });

  it('but not where it may not: the error is the client’s', () => {
    const { get, answer, advance, refuse, records, status } = openCache({ staleIfErrorS: 30 });
    get();
    answer(['Cache-Control', 'max-age=60, must-revalidate', 'ETag', '"a"'], 'old');
    advance(61_000);
    const broken = get();
    answer([], 'broken', 503);
    expectAnswer(broken, 503, 'broken');
    expect(status(broken)).toBe('w1; fwd=stale');
    const gone = get();
    refuse();
    expect(gone.head?.status).toBe(502);
    expect(status(gone)).toBe('w1; fwd=stale');
    expect(records.at(-1)).toMatchObject({ fault: 'connect-refused', status: 502, attempts: 1 });
  });
});
