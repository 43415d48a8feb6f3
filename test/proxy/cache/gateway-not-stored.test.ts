/**
 * A gateway with a cache: what is not stored, what is not kept, and what is not whole.
 */
import { describe, expect, it } from 'vitest';
import { notStoredReasons, type NotStored } from '../../../src/proxy/cache/storing.js';
import { UseCounts } from '../../../src/proxy/cache/use-counts.js';
import { expectAnswer, openCache, type CacheHarness } from './cache-harness.js';

const fresh = ['Cache-Control', 'max-age=60'];

const notStored = ({ cacheStats }: CacheHarness, reason: NotStored): number => cacheStats.notStored.at(notStoredReasons.indexOf(reason));

describe('what goes past', () => {
  it('§5.2.1.7: only-if-cached is answered 504 without a word to the origin', () => {
    const { get, status, engine, records } = openCache();
    const client = get('/', ['Cache-Control', 'only-if-cached']);
    expect(client.head?.status).toBe(504);
    expect(status(client)).toBe('w1; detail=only-if-cached');
    expect(engine.attempts).toHaveLength(0);
    expect(records).toMatchObject([{ cache: 'only-if-cached', fault: undefined }]);
  });

  it('§5.2.1.7: but from what is stored', () => {
    const { get, answer } = openCache();
    get();
    answer(fresh);
    expectAnswer(get('/', ['Cache-Control', 'only-if-cached']), 200, 'body');
  });

  it.each([
    ['no-store', ['Cache-Control', 'no-store'], 'no-store'],
    ['private', ['Cache-Control', 'private'], 'private'],
    ['a cookie', [...fresh, 'Set-Cookie', 'a=1'], 'set-cookie'],
    ['Vary: *', [...fresh, 'Vary', '*'], 'vary-star'],
    ['Vary on what we write ourselves', [...fresh, 'Vary', 'X-Forwarded-For'], 'vary-star'],
    ['nothing to go by', [], 'no-freshness'],
  ] as const)('%s is passed on and asked for anew', (_what, fields, reason) => {
    const cache = openCache();
    const { get, answer, engine, status } = cache;
    const client = get();
    answer(fields);
    expectAnswer(client, 200, 'body');
    expect(status(client)).toBe('w1; fwd=uri-miss');
    get();
    expect(engine.attempts).toHaveLength(2);
    expect(notStored(cache, reason)).toBe(1);
  });

  it('§3.5: what one got with credentials is not for others', () => {
    const { get, answer, engine } = openCache();
    get('/', ['Authorization', 'Basic eA==']);
    answer(fresh);
    get();
    expect(engine.attempts).toHaveLength(2);
    answer(['Cache-Control', 'public, max-age=60']);
    expectAnswer(get('/', ['Authorization', 'Basic eA==']), 200, 'body');
  });

  it.each(['X-HTTP-Method-Override', 'X-Original-URL', 'X-Rewrite-URL'])('%s could make the origin answer for something else', (name) => {
    const { get, answer, engine, status } = openCache();
    const client = get('/', [name, '/admin']);
    answer(fresh, 'admin');
    expect(status(client)).toBe('w1; fwd=bypass');
    get();
    expect(engine.attempts).toHaveLength(2);
  });

  it('a field that Connection takes away does not choose the variant', () => {
    const { get, answer, engine } = openCache();
    get('/', ['Connection', 'x-a', 'X-A', '1']);
    answer([...fresh, 'Vary', 'X-A'], 'without');
    get('/', ['X-A', '1']);
    expect(engine.attempts).toHaveLength(2);
    expectAnswer(get(), 200, 'without');
  });

  it('a GET with a body, and an upgrade', () => {
    const { get, request, attempt, status } = openCache();
    const client = get('/', [], { bodyBytes: 2 });
    attempt().connect();
    client.data('xx');
    client.end();
    attempt().head(200, fresh, 0);
    attempt().end();
    expect(status(client)).toBe('w1; fwd=bypass');
    request({ upgrade: 'websocket' });
    expect(attempt().tunnel).toBe(true);
  });
});

describe('RFC 9111 §4.1: variants', () => {
  it('are stored side by side', () => {
    const { get, answer, engine, status } = openCache();
    const vary = [...fresh, 'Vary', 'Accept-Encoding'];
    get('/', ['Accept-Encoding', 'gzip']);
    answer(vary, 'zipped');
    const plain = get();
    expect(engine.attempts).toHaveLength(2);
    answer(vary, 'plain');
    expect(status(plain)).toBe('w1; fwd=vary-miss; stored');
    expectAnswer(get('/', ['accept-encoding', 'gzip']), 200, 'zipped');
    expectAnswer(get(), 200, 'plain');
  });
});

describe('RFC 9111 §4.4: invalidation', () => {
  const post = { method: 'POST', bodyBytes: 0 };

  it('RFC 9111 §4.4: a successful unsafe request is written through and removes its target and what its answer names', () => {
    const { get, answer, engine, cacheStats, status } = openCache();
    for (const target of ['/a', '/b', '/c']) {
      get(target);
      answer(fresh);
    }
    const client = get('/a', [], post);
    answer(['Location', 'http://10.0.0.1:9000/b', 'Content-Location', 'http://other.test/c'], '', 201);
    expect(status(client)).toBe('w1; fwd=method');
    for (const target of ['/a', '/b', '/c']) get(target);
    expect(engine.attempts).toHaveLength(6);
    expect(cacheStats.invalidatedTotal).toBe(2);
  });

  it('one that failed removes nothing', () => {
    const { get, answer } = openCache();
    get();
    answer(fresh);
    get('/', [], post);
    answer([], 'no', 400);
    expectAnswer(get(), 200, 'body');
  });

  it('what was on its way at the time is not stored', () => {
    const cache = openCache();
    const { get, answer, attempt, engine } = cache;
    const client = get();
    attempt(0).connect();
    attempt(0).head(200, fresh, 4);
    get('/', [], post);
    answer([], '', 204);
    attempt(0).data('body');
    attempt(0).end();
    expectAnswer(client, 200, 'body');
    expect(notStored(cache, 'invalidated')).toBe(1);
    get();
    expect(engine.attempts).toHaveLength(3);
  });
});

describe('what is not whole, or too much', () => {
  it('RFC 9111 §3.3: a response that broke off is cut and not stored', () => {
    const cache = openCache();
    const { get, attempt, records } = cache;
    const client = get();
    attempt().connect();
    attempt().head(200, fresh, 4);
    attempt().data('bo');
    attempt().fault('reset-mid-response');
    expect(client).toMatchObject({ state: 'cut', body: 'bo' });
    expect(records).toMatchObject([{ fault: 'reset-mid-response', status: 200, attempts: 1 }]);
    expect(notStored(cache, 'incomplete')).toBe(1);
    expect(cache.cacheStats.store).toMatchObject({ bytes: 0, entries: 0 });
  });

  it('a body that is said to be too long goes straight through', () => {
    const cache = openCache({ objectBytesMax: 10 });
    const client = cache.get();
    cache.answer(fresh, 'x'.repeat(11));
    expectAnswer(client, 200, 'x'.repeat(11));
    expect(notStored(cache, 'too-large')).toBe(1);
    expect(cache.cacheStats.store).toMatchObject({ bytes: 0, entries: 0 });
  });

  it('one that turns out to be goes on through, at the pace of the client', () => {
    const cache = openCache({ objectBytesMax: 10 });
    const { get, attempt } = cache;
    const client = get();
    attempt().connect();
    attempt().head(200, fresh);
    attempt().data('0123456789');
    client.window = 1;
    attempt().data('abc');
    expect(attempt().flowing).toBe(false);
    client.window = Infinity;
    client.drain();
    expect(attempt().flowing).toBe(true);
    attempt().data('def');
    attempt().end();
    expectAnswer(client, 200, '0123456789abcdef');
    expect(notStored(cache, 'too-large')).toBe(1);
    expect(cache.cacheStats.store).toMatchObject({ bytes: 0, entries: 0 });
  });

  it('bodies under way may not fill more than there is', () => {
    const cache = openCache({ bytesMax: 5000, objectBytesMax: 5000 });
    const { get, attempt } = cache;
    for (const target of ['/a', '/b']) {
      get(target);
      attempt().connect();
      attempt().head(200, fresh, 3000);
    }
    expect(notStored(cache, 'no-room')).toBe(1);
    expect(cache.cacheStats.store.bytes).toBe(3000);
  });

  it('one without a known length is stored when it has ended', () => {
    const { get, attempt } = openCache();
    const client = get();
    attempt().connect();
    attempt().head(200, fresh);
    attempt().data('a');
    attempt().data('b'.repeat(9000));
    attempt().end();
    expect(client.head?.bodyBytes).toBeUndefined();
    expectAnswer(client, 200, `a${'b'.repeat(9000)}`);
    expectAnswer(get(), 200, `a${'b'.repeat(9000)}`);
  });

  it('a client that leaves alone takes the fetch with it', () => {
    const cache = openCache();
    const { get, attempt } = cache;
    const client = get();
    attempt().connect();
    attempt().head(200, fresh, 4);
    attempt().data('bo');
    client.leave();
    expect(attempt().aborted).toBe(true);
    expect(notStored(cache, 'abandoned')).toBe(1);
    expect(cache.cacheStats.store).toMatchObject({ bytes: 0, entries: 0 });
    get();
    expect(cache.engine.attempts).toHaveLength(2);
  });

  it('a client slower than the origin costs the origin no time', () => {
    const { get, attempt, advance } = openCache();
    const client = get();
    client.window = 1;
    attempt().connect();
    attempt().head(200, fresh, 6);
    attempt().data('abc');
    attempt().data('def');
    expect(attempt().flowing).toBe(true);
    attempt().end();
    expect(client).toMatchObject({ state: 'open', body: 'abc' });
    expectAnswer(get(), 200, 'abcdef');
    advance(9000);
    client.window = Infinity;
    client.drain();
    expectAnswer(client, 200, 'abcdef');
  });

  it('a client that was slow once and waits now is not stalled', () => {
    const { get, attempt, advance } = openCache();
    const client = get();
    client.window = 1;
    attempt().connect();
    attempt().head(200, fresh, 6);
    attempt().data('abc');
    advance(5000);
    client.window = Infinity;
    client.drain();
    advance(1000);
    attempt().data('d');
    advance(9000);
    attempt().data('ef');
    attempt().end();
    expectAnswer(client, 200, 'abcdef');
  });
});

describe('the end', () => {
  it('a worker that stops answers those who wait, and asks no more', () => {
    const { get, gateway, attempt, records } = openCache({ graceS: 60 });
    const waiting = get();
    gateway.cut();
    expect(waiting.head?.status).toBe(503);
    expect(attempt().aborted).toBe(true);
    expect(records).toHaveLength(0);
  });

  it('interim responses pass', () => {
    const { get, attempt } = openCache();
    const client = get();
    attempt().connect();
    attempt().inform(103, ['Link', '</x>']);
    expect(client.informed).toMatchObject([{ status: 103 }]);
    attempt().head(200, fresh, 0);
    attempt().end();
    expectAnswer(client, 200, '');
  });
});

describe('minUses', () => {
  it('stores what is asked for so often, and lets requests share a fetch as ever', () => {
    const { get, answer, engine, status, cacheStats } = openCache({ minUses: 3 });
    for (const word of ['w1; fwd=uri-miss', 'w1; fwd=uri-miss', 'w1; fwd=uri-miss; stored']) {
      const client = get();
      answer(['Cache-Control', 'max-age=60']);
      expectAnswer(client, 200, 'body');
      expect(status(client)).toBe(word);
    }
    expectAnswer(get(), 200, 'body');
    expect(engine.attempts).toHaveLength(3);
    expect(cacheStats.notStored.at(notStoredReasons.indexOf('few-uses'))).toBe(2);
    const together = [get('/b'), get('/b'), get('/b')];
    expect(engine.attempts).toHaveLength(4);
    answer(['Cache-Control', 'max-age=60']);
    together.forEach((client) => expectAnswer(client, 200, 'body'));
    expectAnswer(get('/b'), 200, 'body');
  });

  it('counts no more URLs than it has room for', () => {
    const uses = new UseCounts(2);
    uses.use('first');
    for (let key = 0; key < 65_536; key += 1) uses.use(`k${key}`);
    uses.use('first');
    expect(uses.suffices('first')).toBe(false);
    uses.use('first');
    expect(uses.suffices('first')).toBe(true);
  });
});

it('a negative TTL keeps a 404 that says nothing', () => {
  const { get, answer, engine, advance } = openCache({ negativeTtlS: 5 });
  get();
  answer([], 'none', 404);
  expectAnswer(get(), 404, 'none');
  advance(5000);
  get();
  expect(engine.attempts).toHaveLength(2);
});
