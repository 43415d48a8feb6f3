/**
 * Collapsed forwarding: many requests for one thing cause one to the origin, and nobody waits in vain for another's answer.
 */
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/proxy/fields.js';
import type { MemoryClient } from '../../support/memory-engine.js';
import { expectAnswer, openCache, type CacheHarness } from './cache-harness.js';

const fresh = ['Cache-Control', 'max-age=60'];
const tagged = [...fresh, 'ETag', '"a"'];

const crowd = ({ get }: CacheHarness, size: number, fieldsOf: (index: number) => Fields = () => []): MemoryClient[] =>
  Array.from({ length: size }, (_, index) => get('/', fieldsOf(index)));

const many = { limits: { maxconn: 2000 } };

describe('simultaneous misses', () => {
  it('of 1000 clients are one request, and all get the same', () => {
    const cache = openCache({}, many);
    const clients = crowd(cache, 1000);
    expect(cache.engine.attempts).toHaveLength(1);
    cache.answer(fresh);
    for (const client of clients) expectAnswer(client, 200, 'body');
    expect(cache.status(clients[0]!)).toBe('w1; fwd=uri-miss; stored');
    expect(cache.status(clients[999]!)).toBe('w1; fwd=uri-miss; stored; collapsed');
    expect(clients[999]?.field('age')).toBe('0');
    expect(cache.cacheStats.collapsedTotal).toBe(999);
    expect(cache.records.filter(({ attempts }) => attempts > 0)).toHaveLength(1);
  });

  it('followers read while it arrives, also those who come late', () => {
    const cache = openCache();
    const { get, attempt } = cache;
    const early = [get(), get()];
    attempt().connect();
    attempt().head(200, fresh);
    attempt().data('abc');
    for (const client of early) expect(client.body).toBe('abc');
    const late = get();
    expect(late).toMatchObject({ body: 'abc', state: 'open' });
    const part = get('/', ['If-None-Match', '"z"']);
    attempt().data('def');
    attempt().end();
    for (const client of [...early, late, part]) expectAnswer(client, 200, 'abcdef');
    expect(cache.engine.attempts).toHaveLength(1);
  });

  it('a range of what is arriving is served from it', () => {
    const { get, attempt, engine } = openCache();
    const whole = get();
    attempt().connect();
    attempt().head(200, tagged, 10);
    attempt().data('01234');
    get('/', ['Range', 'bytes=4-6']);
    expect(engine.attempts).toHaveLength(2); // a range that nothing is stored for goes past
    attempt(0).data('56789');
    attempt(0).end();
    expectAnswer(whole, 200, '0123456789');
    expectAnswer(get('/', ['Range', 'bytes=4-6']), 206, '456');
  });

  it('HEAD does not wait for a body', () => {
    const { get, engine } = openCache();
    get();
    get('/', [], { method: 'HEAD' });
    expect(engine.attempts).toHaveLength(2);
  });
});

describe('clients that leave', () => {
  it('the first one does not hurt the others', () => {
    const cache = openCache();
    const { attempt } = cache;
    const [leader, follower] = crowd(cache, 2);
    leader?.leave();
    expect(attempt().aborted).toBe(false);
    cache.answer(fresh);
    expectAnswer(follower!, 200, 'body');
    expectAnswer(cache.get(), 200, 'body');
  });

  it('nor in the middle of the body', () => {
    const cache = openCache();
    const { attempt } = cache;
    const [leader, follower] = crowd(cache, 2);
    attempt().connect();
    attempt().head(200, fresh, 4);
    attempt().data('bo');
    leader?.leave();
    attempt().data('dy');
    attempt().end();
    expectAnswer(follower!, 200, 'body');
  });

  it('all of them end it', () => {
    const cache = openCache();
    const clients = crowd(cache, 3);
    for (const client of clients) client.leave();
    expect(cache.attempt().aborted).toBe(true);
    cache.get();
    expect(cache.engine.attempts).toHaveLength(2);
  });

  it('one who has its 304 has not left: the rest is for the cache', () => {
    const { get, attempt } = openCache();
    const client = get('/', ['If-None-Match', '"a"']);
    attempt().connect();
    attempt().head(200, tagged, 4);
    expectAnswer(client, 304, '');
    attempt().data('body');
    attempt().end();
    expectAnswer(get(), 200, 'body');
  });

  it('a slow one holds nobody up while it can be stored', () => {
    const cache = openCache();
    const [slow, quick] = crowd(cache, 2);
    slow!.window = 1;
    cache.answer(fresh, 'x'.repeat(9000));
    expectAnswer(quick!, 200, 'x'.repeat(9000));
    slow!.drain();
    expectAnswer(slow!, 200, 'x'.repeat(9000));
  });
});

describe('answers that are not for all', () => {
  it('go to the first, and release the others all at once', () => {
    const cache = openCache({}, many);
    const { engine, attempt } = cache;
    const clients = crowd(cache, 100);
    attempt(0).connect();
    attempt(0).head(200, ['Cache-Control', 'private'], 4);
    expect(engine.attempts).toHaveLength(100);
    attempt(0).data('mine');
    attempt(0).end();
    expectAnswer(clients[0]!, 200, 'mine');
    clients.slice(1).forEach((client, index) => {
      const own = attempt(index + 1);
      own.connect();
      own.head(200, ['Cache-Control', 'private'], 1);
      own.data('o');
      own.end();
      expectAnswer(client, 200, 'o');
    });
  });

  it('are for nobody when the one who asked has left', () => {
    const cache = openCache();
    const [leader, follower] = crowd(cache, 2, (index) => ['Cookie', `user=${index}`]);
    leader?.leave();
    cache.attempt(0).connect();
    cache.attempt(0).head(200, ['Cache-Control', 'private'], 4);
    expect(cache.attempt(0).aborted).toBe(true);
    expect(cache.attempt(1).field('cookie')).toBe('user=1');
    cache.answer(['Cache-Control', 'private'], 'own');
    expectAnswer(follower!, 200, 'own');
  });

  it('hit-for-miss: the next ones do not wait for each other, for a while', () => {
    const cache = openCache();
    const { engine, answer, advance } = cache;
    cache.get();
    answer(['Cache-Control', 'private']);
    crowd(cache, 3);
    expect(engine.attempts).toHaveLength(4);
    engine.attempts.slice(1).forEach((attempt) => attempt.fault('connect-refused'));
    advance(120_000);
    crowd(cache, 3);
    expect(engine.attempts).toHaveLength(5);
  });

  it('hit-for-miss ends when something is stored', () => {
    const cache = openCache();
    cache.get();
    cache.answer(['Cache-Control', 'private']);
    cache.get();
    cache.answer(['Cache-Control', 'max-age=1']);
    expectAnswer(cache.get(), 200, 'body');
    cache.advance(2000);
    crowd(cache, 3);
    expect(cache.engine.attempts).toHaveLength(3);
  });

  it('RFC 9111 §4: one that must not be reused unasked is not shared either', () => {
    const cache = openCache();
    crowd(cache, 3);
    cache.answer(['Cache-Control', 'no-cache', 'ETag', '"a"']);
    expect(cache.engine.attempts).toHaveLength(3);
  });

  it('fields that are for one alone are not for followers', () => {
    const cache = openCache();
    const [first, second] = crowd(cache, 2);
    cache.answer(['Cache-Control', 'max-age=60, private="X-Mine"', 'X-Mine', '1']);
    expect([first, second].map((client) => client?.field('x-mine'))).toEqual(['1', undefined]);
  });

  it('a body that turns out too long goes to all who wait for it, at the pace of the slowest', () => {
    const cache = openCache({ objectBytesMax: 4 });
    const { attempt } = cache;
    const [slow, quick] = crowd(cache, 2);
    attempt().connect();
    attempt().head(200, fresh);
    attempt().data('abc');
    slow!.window = 1;
    attempt().data('def');
    expect(attempt().flowing).toBe(false);
    expect([slow!.body, quick!.body]).toEqual(['abcdef', 'abcdef']);
    cache.get();
    expect(cache.engine.attempts).toHaveLength(2); // it is too late to join
    slow!.window = 1;
    slow!.drain();
    expect(attempt(0).flowing).toBe(true);
    attempt(0).data('ghi');
    slow!.leave();
    attempt(0).data('j');
    attempt(0).end();
    expectAnswer(quick!, 200, 'abcdefghij');
  });
});

describe('variants', () => {
  const vary = [...fresh, 'Vary', 'Accept-Encoding'];
  const encodings = ['gzip', 'br', 'zstd'];

  it('who waited for another variant asks for its own, all of one together', () => {
    const cache = openCache();
    const clients = crowd(cache, 9, (index) => ['Accept-Encoding', encodings[index % 3]!]);
    expect(cache.engine.attempts).toHaveLength(1);
    cache.attempt().connect();
    cache.attempt().head(200, vary, 4);
    expect(cache.engine.attempts.map((attempt) => attempt.field('accept-encoding'))).toEqual(encodings);
    cache.attempt(0).data('gzip');
    cache.attempt(0).end();
    cache.answer(vary, 'zstd');
    const br = cache.attempt(1);
    br.connect();
    br.head(200, vary, 2);
    br.data('br');
    br.end();
    clients.forEach((client, index) => expectAnswer(client, 200, encodings[index % 3]!));
    expect(cache.engine.attempts).toHaveLength(3);
  });

  it('when it is known what varies, each variant is fetched by itself from the start', () => {
    const cache = openCache();
    cache.get('/', ['Accept-Encoding', 'gzip']);
    cache.answer(vary, 'gzip');
    crowd(cache, 4, (index) => ['Accept-Encoding', encodings[1 + (index % 2)]!]);
    expect(cache.engine.attempts).toHaveLength(3);
  });
});

describe('faults and validation', () => {
  it('an origin that fails fails all', () => {
    const cache = openCache();
    const clients = crowd(cache, 3);
    cache.refuse();
    for (const client of clients) expect(client.head?.status).toBe(502);
    expect(cache.records).toHaveLength(3);
  });

  it('one that breaks off cuts all', () => {
    const cache = openCache();
    const clients = crowd(cache, 3);
    cache.attempt().connect();
    cache.attempt().head(200, fresh, 4);
    cache.attempt().data('b');
    cache.attempt().fault('reset-mid-response');
    for (const client of clients) expect(client.state).toBe('cut');
  });

  it('one retry is enough for all', () => {
    const cache = openCache({}, { originNames: ['o1', 'o2'] });
    const clients = crowd(cache, 3);
    cache.refuse();
    cache.answer(fresh);
    for (const client of clients) expectAnswer(client, 200, 'body');
    expect(cache.engine.attempts).toHaveLength(2);
    expect(cache.records[0]).toMatchObject({ attempts: 2, origin: 'o2' });
  });

  it('one validation, too', () => {
    const cache = openCache();
    cache.get();
    cache.answer(tagged);
    cache.advance(61_000);
    const clients = crowd(cache, 5);
    expect(cache.engine.attempts).toHaveLength(2);
    cache.answer([], '', 304);
    for (const client of clients) expectAnswer(client, 200, 'body');
    expect(cache.status(clients[4]!)).toBe('w1; fwd=stale; fwd-status=304; ttl=60; collapsed');
  });

  it('one error, for which what is stored stands in with those who take it', () => {
    const cache = openCache();
    cache.get();
    cache.answer(tagged, 'old');
    cache.advance(61_000);
    const clients = crowd(cache, 2, (index) => (index === 0 ? [] : ['Cache-Control', 'stale-if-error=60']));
    cache.answer([], 'broken', 500);
    expectAnswer(clients[0]!, 500, 'broken');
    expectAnswer(clients[1]!, 200, 'old');
  });

  it('retries of others and the end of the worker leave nothing behind', () => {
    const cache = openCache();
    const clients = crowd(cache, 3);
    cache.attempt().connect();
    cache.attempt().head(200, fresh, 10);
    cache.attempt().data('b');
    cache.gateway.cut();
    for (const client of clients) expect(client.state).toBe('cut');
    expect(cache.attempt().aborted).toBe(true);
    expect(cache.cacheStats.store).toMatchObject({ bytes: 0, entries: 0 });
  });
});
