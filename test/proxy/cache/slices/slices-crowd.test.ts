/**
 * Slices over the memory engine: clients that come together, leave, or are slow.
 */
import { describe, expect, it } from 'vitest';
import { expectAnswer } from '../cache-harness.js';
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

  it('a slice that breaks off, or is longer than it said, ends those who read it', () => {
    for (const [rest, fault] of [['', 'reset-mid-response'], ['23456', 'invalid-response']] as const) {
      const cache = open();
      const client = cache.get('/', range('0-'));
      cache.attempt().connect();
      cache.attempt().head(206, [...tagged, 'Content-Range', 'bytes 0-3/10'], undefined);
      cache.attempt().data('01');
      if (rest !== '') cache.attempt().data(rest);
      cache.attempt().end();
      expect(client.state).toBe('cut');
      expect(cache.records.at(-1)).toMatchObject({ fault });
      expect(cache.cacheStats.storedTotal).toBe(0);
    }
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
