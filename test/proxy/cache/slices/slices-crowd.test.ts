/**
 * Slices over the memory engine: clients that come together, leave, or are slow.
 */
import { describe, expect, it } from 'vitest';
import { expectAnswer, openCache } from '../cache-harness.js';
import { asked, bytes, open, range, slice, sliceHead, tagged } from './slices-harness.js';

describe('who comes and goes', () => {
  it('1,000 clients share each slice', () => {
    const cache = open();
    const { get, attempt, engine } = cache;
    const clients = Array.from({ length: 1000 }, (_, index) => get('/', range(`${index % 10}-`)));
    for (let index = 0; index < engine.attempts.length; index += 1) slice(attempt(index));
    clients.forEach((client, index) => expectAnswer(client, 206, bytes.slice(index % 10)));
    expect(asked(cache).toSorted()).toEqual(['bytes=0-3', 'bytes=4-7', 'bytes=8-11']);
  });

  it('nothing is fetched for nobody, and no more than one slice ahead', () => {
    const cache = open();
    const { get, attempt } = cache;
    const client = get('/', range('0-'));
    client.window = 0;
    slice(attempt());
    expect(asked(cache)).toEqual(['bytes=0-3', 'bytes=4-7']);
    slice(attempt());
    expect(asked(cache)).toHaveLength(2);
    client.leave();
    get('/', range('8-')).leave();
    expect(attempt().aborted).toBe(true);
  });

  it('one who has all that was wanted has not left: the rest of the slice is for the cache', () => {
    const { get, attempt, engine } = open();
    const client = get('/', range('0-1'));
    sliceHead(attempt(), tagged, bytes);
    attempt().data('01');
    expectAnswer(client, 206, '01');
    attempt().data('23');
    attempt().end();
    expectAnswer(get('/', range('2-3')), 206, '23');
    expect(engine.attempts).toHaveLength(1);
  });

  it.each([
    ['breaks off', '', 'reset-mid-response'],
    ['is longer than it said', '23456', 'invalid-response'],
  ])('a slice that %s is asked for once more for who has begun, and ends them then', (_, rest, fault) => {
    const cache = open();
    const client = cache.get('/', range('0-'));
    for (const intent of ['first', 'again']) {
      const attempt = cache.attempt();
      expect(attempt.field('if-range')).toBe(intent === 'first' ? undefined : '"a"');
      attempt.connect();
      attempt.head(206, [...tagged, 'Content-Range', 'bytes 0-3/10'], undefined);
      attempt.data('01');
      if (rest === '') attempt.end();
      else attempt.data(rest);
    }
    expect(client).toMatchObject({ state: 'cut', body: '01' });
    expect(cache.records.at(-1)).toMatchObject({ fault });
    expect(cache.cacheStats.storedTotal).toBe(0);
  });

  it('who has begun goes on where it was when the origin is well again', () => {
    const cache = open();
    const { get, attempt, answer } = cache;
    const clients = [get('/', range('0-')), get('/', range('1-'))];
    sliceHead(attempt(), tagged, bytes);
    attempt().data('01');
    attempt().fault('reset-mid-response');
    slice(attempt());
    answer([], 'down', 503); // ahead of time: nobody is hurt
    slice(attempt());
    slice(attempt());
    expectAnswer(clients[0]!, 206, bytes);
    expectAnswer(clients[1]!, 206, bytes.slice(1));
  });

  it('what is stored is served without the origin and without a place', () => {
    const cache = openCache({ sliceBytes: 4 }, { limits: { maxconn: 1 } });
    const { get, attempt, request } = cache;
    get('/', range('0-3'));
    slice(attempt());
    request({ target: '/slow' });
    expectAnswer(get('/', range('1-2', 'Cache-Control', 'only-if-cached')), 206, '12');
    expectAnswer(get('/', range('10-')), 416, '');
    expectAnswer(get('/', range('3-4', 'Cache-Control', 'only-if-cached')), 504, expect.any(String) as string);
  });

  it('what varies is kept apart', () => {
    const cache = open();
    const { get, attempt } = cache;
    const clients = ['a', 'b'].map((language) => get('/', range('0-3', 'Accept-Language', language)));
    const varied = [...tagged, 'Vary', 'Accept-Language'];
    slice(attempt(), varied);
    expectAnswer(clients[0]!, 206, '0123');
    slice(attempt(), ['Cache-Control', 'max-age=60', 'ETag', '"b"', 'Vary', 'Accept-Language'], 'abcdefg');
    expectAnswer(clients[1]!, 206, 'abcd');
    expectAnswer(get('/', range('1-2', 'Accept-Language', 'a')), 206, '12');
    expectAnswer(get('/', range('1-2', 'Accept-Language', 'b')), 206, 'bc');
  });
});
