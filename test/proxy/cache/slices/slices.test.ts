/**
 * Slices over the memory engine: what the origin is asked, and what the client gets.
 */
import { describe, expect, it } from 'vitest';
import { expectAnswer } from '../cache-harness.js';
import { asked, bytes, open, range, slice, sliceHead, tagged } from './slices-harness.js';

describe('a range of what is not stored', () => {
  it('is cut from the slices that it needs, which are fetched once', () => {
    const cache = open();
    const { get, attempt } = cache;
    const client = get('/', range('5-8'));
    expect(asked(cache)).toEqual(['bytes=4-7']);
    slice(attempt());
    expect(client).toMatchObject({ state: 'open', body: '567' });
    expect(asked(cache)).toEqual(['bytes=4-7', 'bytes=8-11']);
    expect(attempt().field('if-range')).toBe('"a"');
    slice(attempt());
    expectAnswer(client, 206, '5678');
    expect([client.field('content-range'), client.field('content-type'), client.head?.bodyBytes]).toEqual(['bytes 5-8/10', 'video/mp4', 4]);
    expect(cache.status(client)).toBe('w1; fwd=uri-miss; stored');
    const again = get('/', range('6-9'));
    expectAnswer(again, 206, '6789');
    expect(cache.status(again)).toBe('w1; hit; ttl=60');
    expect(asked(cache)).toHaveLength(2);
    expect(cache.cacheStats.storedTotal).toBe(2);
  });

  it('has its head as soon as the origin’s is there, and bytes as they come', () => {
    const { get, attempt } = open();
    const client = get('/', range('1-'));
    sliceHead(attempt(), tagged, bytes);
    expect(client.head?.status).toBe(206);
    attempt().data('01');
    expect(client.body).toBe('1');
  });

  it('beyond the end is 416, by the origin’s word and then by ours', () => {
    const { get, attempt, engine } = open();
    const unknown = get('/', range('40-'));
    attempt().connect();
    attempt().head(416, ['Content-Range', 'bytes */10'], 0);
    attempt().end();
    expectAnswer(unknown, 416, '');
    get('/', range('0-0'));
    slice(attempt());
    const known = get('/', range('10-'));
    expectAnswer(known, 416, '');
    expect(known.field('content-range')).toBe('bytes */10');
    expect(engine.attempts).toHaveLength(2);
  });

  it('of several parts, or of the end of something unknown, goes past', () => {
    const cache = open();
    for (const value of ['0-1,3-4', '-2']) cache.get('/', range(value));
    expect(asked(cache)).toEqual(['bytes=0-1,3-4', 'bytes=-2']);
  });

  it('the end of what is known is cut from it', () => {
    const { get, attempt } = open();
    get('/', range('0-0'));
    slice(attempt());
    const client = get('/', range('-2'));
    slice(attempt());
    expectAnswer(client, 206, '89');
  });

  it('with If-Range for another one is answered with the whole', () => {
    const { get, attempt } = open();
    const client = get('/', range('8-', 'If-Range', '"b"'));
    for (let each = 0; each < 3; each += 1) slice(attempt());
    expectAnswer(client, 200, bytes);
  });

  it('the client’s own If-None-Match is answered from what comes', () => {
    const { get, attempt } = open();
    const client = get('/', range('0-1', 'If-None-Match', '"a"'));
    expect(attempt().field('if-none-match')).toBeUndefined();
    slice(attempt());
    expectAnswer(client, 304, '');
    expectAnswer(get('/', range('0-1')), 206, '01');
  });
});

describe('a whole', () => {
  it('that is known to be sliced is made of slices', () => {
    const cache = open();
    const { get, attempt } = cache;
    get('/', range('4-5'));
    slice(attempt());
    const client = get();
    slice(attempt());
    slice(attempt());
    expectAnswer(client, 200, bytes);
    expect(client.head?.bodyBytes).toBe(10);
    expect(asked(cache)).toEqual(['bytes=4-7', 'bytes=0-3', 'bytes=8-11']);
  });

  it('that passes by because it is too long leaves its slices, also when it breaks off', () => {
    const cache = open({ objectBytesMax: 5 });
    const { get, attempt } = cache;
    get();
    attempt().connect();
    attempt().head(200, [...tagged, 'Accept-Ranges', 'bytes'], 10);
    attempt().data('01');
    attempt().data('23456');
    attempt().fault('reset-mid-response');
    const client = get();
    expect(client.body).toBe('0123');
    slice(attempt());
    slice(attempt());
    expectAnswer(client, 200, bytes);
    expect(asked(cache)).toEqual([undefined, 'bytes=4-7', 'bytes=8-11']);
  });

  it('leaves none when the origin may not give the rest, or it could not be joined', () => {
    for (const fields of [tagged, ['Cache-Control', 'max-age=60', 'ETag', 'W/"a"', 'Accept-Ranges', 'bytes']]) {
      const cache = open({ objectBytesMax: 5 });
      cache.get();
      cache.answer(fields, bytes);
      cache.get();
      expect(asked(cache)).toEqual([undefined, undefined]);
    }
  });
});

describe('origins that give no slices', () => {
  it('a 200 that may be stored is, whole', () => {
    const cache = open();
    const { get, attempt, answer } = cache;
    const client = get('/', range('2-3'));
    attempt().connect();
    attempt().head(200, tagged, 10);
    expect(attempt(0).aborted).toBe(true);
    answer(tagged, bytes);
    expectAnswer(client, 206, '23');
    expectAnswer(get('/', range('8-')), 206, '89');
    expect(asked(cache)).toEqual(['bytes=0-3', undefined]);
  });

  it('a 200 that is too long goes to who asked, and for a while ranges are passed on', () => {
    const cache = open({ objectBytesMax: 5 });
    const { get, answer, advance } = cache;
    const client = get('/', range('2-3'));
    answer(tagged, bytes);
    expectAnswer(client, 200, bytes);
    get('/', range('2-3'));
    advance(120_000);
    get('/', range('2-3'));
    expect(asked(cache)).toEqual(['bytes=0-3', 'bytes=2-3', 'bytes=0-3']);
  });

  it.each([
    ['a weak ETag', ['Cache-Control', 'max-age=60', 'ETag', 'W/"a"']],
    ['no validator', ['Cache-Control', 'max-age=60']],
    ['no-store', ['Cache-Control', 'no-store', 'ETag', '"a"']],
  ])('with %s: a part goes to who asked for just that, the others ask for themselves', (_, fields) => {
    for (const [value, passes] of [['0-3', true], ['1-2', false]] as const) {
      const cache = open();
      const clients = [cache.get('/', range(value)), cache.get('/', range(value))];
      slice(cache.attempt(0), fields);
      expect(asked(cache)).toEqual(['bytes=0-3', ...clients.slice(passes ? 1 : 0).map(() => `bytes=${value}`)]);
      if (passes) expectAnswer(clients[0]!, 206, '0123');
      else expect(clients[0]!.state).toBe('open');
    }
  });

  it('an error is for who asked, and is no news of the object', () => {
    const cache = open();
    const { get, attempt, answer } = cache;
    get('/', range('0-0'));
    slice(attempt());
    const client = get('/', range('4-'));
    answer([], 'down', 503);
    expectAnswer(client, 503, 'down');
    expectAnswer(get('/', range('0-3')), 206, '0123');
  });
});
