/**
 * Slices over the memory engine: what becomes of an object that changes, or grows stale.
 */
import { describe, expect, it } from 'vitest';
import { expectAnswer } from '../cache-harness.js';
import { asked, bytes, open, range, slice, sliceHead, tagged } from './slices-harness.js';

describe('an object that changes', () => {
  const changed = ['Cache-Control', 'max-age=60', 'ETag', '"b"'];
  const other = 'abcdefghijkl';

  it('cuts those who are in its midst, and is served anew to the next', () => {
    const cache = open();
    const { get, attempt, cacheStats } = cache;
    const old = get('/', range('0-'));
    slice(attempt());
    attempt().connect();
    attempt().head(200, changed, 12);
    expect(old).toMatchObject({ state: 'cut', body: '0123' });
    expect(attempt().aborted).toBe(true);
    expect(cacheStats.slicedChangesTotal).toBe(1);
    const next = get('/', range('2-6'));
    slice(attempt(), changed, other);
    slice(attempt(), changed, other);
    expectAnswer(next, 206, 'cdefg');
    expect(next.field('etag')).toBe('"b"');
  });

  it('one who has nothing yet gets the new one', () => {
    const { get, attempt } = open();
    get('/', range('0-0'));
    slice(attempt());
    const client = get('/', range('4-5'));
    slice(attempt(), changed, other); // If-Range did not keep this origin from it
    slice(attempt(), changed, other);
    expectAnswer(client, 206, 'ef');
    expect(client.field('content-range')).toBe('bytes 4-5/12');
  });

  it('is found out also when the origin does not know If-Range, and both are of one length', () => {
    const cache = open();
    const old = cache.get('/', range('0-'));
    slice(cache.attempt());
    slice(cache.attempt(), changed, 'abcdefghij');
    expect(old).toMatchObject({ state: 'cut', body: '0123' });
    expect(cache.cacheStats).toMatchObject({ slicedChangesTotal: 1, storedTotal: 1 });
  });

  it('is not mixed with what another one is told', () => {
    const { get, attempt, answer } = open();
    const old = get('/', range('0-'));
    const { body } = sliceHead(attempt(), tagged, bytes);
    const first = attempt();
    get('/', [], { method: 'DELETE' });
    answer([], 'ok');
    const next = get('/', range('4-5'));
    first.data(body);
    first.end();
    slice(attempt(), changed, other); // for both
    expect(old).toMatchObject({ state: 'cut', body: '0123' });
    expectAnswer(next, 206, 'ef');
  });

  it('of another length alone is another one', () => {
    const cache = open();
    cache.get('/', range('0-'));
    slice(cache.attempt());
    slice(cache.attempt(), tagged, other);
    expect(cache.cacheStats.slicedChangesTotal).toBe(1);
    expect(cache.records.at(-1)).toMatchObject({ fault: 'invalid-response' });
  });

  it('again and again is passed on for a while: two origins do not agree', () => {
    const cache = open();
    const { get, attempt } = cache;
    get('/', range('0-0'));
    slice(attempt());
    for (const [fields, whole] of [[changed, other], [tagged, bytes]] as const) {
      get('/', range(fields === changed ? '4-5' : '2-3'));
      slice(attempt(), fields, whole);
      if (fields === changed) slice(attempt(), fields, whole);
    }
    expect(cache.cacheStats.slicedChangesTotal).toBe(2);
    expect(attempt().field('range')).toBe('bytes=2-3');
  });

  it('by an unsafe request is gone with its slices', () => {
    const cache = open();
    const { get, attempt, answer } = cache;
    get('/', range('0-3'));
    slice(attempt());
    get('/', [], { method: 'DELETE' });
    answer([], 'ok');
    const client = get('/', range('0-3'));
    expect(client.body).toBe('');
    slice(attempt());
    expectAnswer(client, 206, '0123');
    expect(cache.cacheStats.invalidatedTotal).toBe(1);
  });

  it('by an unsafe request while a slice is on its way: who reads may read on, and nothing is kept', () => {
    const cache = open();
    const { get, attempt, answer, engine } = cache;
    const client = get('/', range('0-6'));
    slice(attempt());
    const second = attempt();
    get('/', [], { method: 'DELETE' });
    answer([], 'ok');
    slice(second);
    expectAnswer(client, 206, '0123456');
    expect(cache.cacheStats.store.entries).toBe(1); // the first slice, to which there is no way any more
    get('/', range('4-5'));
    expect(engine.attempts).toHaveLength(4);
  });
});

describe('a stale object', () => {
  it('is validated once for all, and then as good as new', () => {
    const cache = open();
    const { get, attempt, advance } = cache;
    get('/', range('0-3'));
    slice(attempt());
    advance(60_000);
    const clients = [get('/', range('0-1')), get('/', range('1-3'))];
    expect([attempt().field('if-none-match'), attempt().field('range')]).toEqual(['"a"', 'bytes=0-3']);
    attempt().connect();
    attempt().head(304, tagged, 0);
    attempt().end();
    expectAnswer(clients[0]!, 206, '01');
    expectAnswer(clients[1]!, 206, '123');
    expect(cache.status(clients[0]!)).toBe('w1; fwd=stale; fwd-status=304');
    expectAnswer(get('/', range('0-0')), 206, '0');
    expect(asked(cache)).toHaveLength(2);
  });

  it('is not validated when it has been stale for longer than keepS', () => {
    const { get, attempt, advance, cacheStats } = open({ keepS: 10 });
    get('/', range('0-0'));
    slice(attempt());
    advance(60_000 + 10_000);
    const client = get('/', range('0-0'));
    expect([attempt().field('if-none-match'), cacheStats.store.entries]).toEqual([undefined, 0]);
    slice(attempt());
    expectAnswer(client, 206, '0');
  });

  it('that is another one now is served anew', () => {
    const { get, attempt, advance } = open();
    get('/', range('0-3'));
    slice(attempt());
    advance(60_000);
    const client = get('/', range('0-1'));
    slice(attempt(), ['ETag', '"b"', 'Cache-Control', 'max-age=60'], 'abcdef');
    expectAnswer(client, 206, 'ab');
  });

  it('a client that wants a newer one has it validated', () => {
    const { get, attempt } = open();
    get('/', range('0-3'));
    slice(attempt());
    const client = get('/', range('0-1', 'Cache-Control', 'no-cache'));
    attempt().connect();
    attempt().head(304, [], 0);
    attempt().end();
    expectAnswer(client, 206, '01');
  });

  it('stands in for an origin that is gone, by its leave', () => {
    const cache = open({ staleIfErrorS: 60 });
    const { get, attempt, advance, refuse } = cache;
    get('/', range('0-3'));
    slice(attempt());
    advance(61_000);
    const client = get('/', range('0-1'));
    refuse();
    expectAnswer(client, 206, '01');
    expect(cache.status(client)).toContain('detail=stale-if-error');
  });
});
