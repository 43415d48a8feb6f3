/**
 * What an operator, or an origin by its groups, has removed: all of it, nothing else, and not what was under way either.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPurge } from '../../../src/proxy/cache/purge.js';
import { groupTag, tagsOf } from '../../../src/proxy/cache/tags.js';
import { createStore, type Store } from '../../../src/proxy/cache/store.js';
import { expectAnswer, openCache, type CacheHarness } from './cache-harness.js';
import { storedOf } from './stored.js';

const fresh = ['Cache-Control', 'max-age=60'];

function filled(fieldsOf: (target: string) => string[] = () => []): CacheHarness {
  const cache = openCache();
  for (const target of ['/a', '/a?x=1', '/b/1', '/b/2']) {
    cache.get(target);
    cache.answer([...fresh, ...fieldsOf(target)], target);
    expectAnswer(cache.get(target), 200, target);
  }
  return cache;
}

const stays = ({ get, engine }: CacheHarness, target: string): boolean => {
  const before = engine.attempts.length;
  get(target);
  return engine.attempts.length === before;
};

describe('a purge', () => {
  it('by URL has all variants of just that, however its host is written', () => {
    const cache = filled();
    expect(cache.gateway.purge({ url: 'HTTP://A.test:80/a' })).toBe(1);
    expect(['/a', '/a?x=1', '/b/1'].map((target) => stays(cache, target))).toEqual([false, true, true]);
    expect(cache.cacheStats.purgedTotal).toBe(1);
    expect(cache.gateway.purge({ url: 'http://a.test/nothing' })).toBe(0);
    expect(cache.gateway.purge({ url: 'https://a.test/b/1' })).toBe(0);
  });

  it('by prefix', () => {
    const cache = filled();
    expect(cache.gateway.purge({ prefix: 'http://a.test/b' })).toBe(2);
    expect(['/a', '/a?x=1', '/b/1', '/b/2'].map((target) => stays(cache, target))).toEqual([true, true, false, false]);
    expect(cache.gateway.purge({ prefix: 'http://a.test' })).toBe(2);
  });

  it('by tag', () => {
    const cache = filled((target) => (target.startsWith('/b') ? ['Surrogate-Key', `b  all${target}`, 'Cache-Tag', 'x y, z'] : ['Cache-Tag', 'all']));
    expect(cache.gateway.purge({ tag: 'b' })).toBe(2);
    expect(cache.gateway.purge({ tag: 'z' })).toBe(0);
    expect(['/a', '/b/1'].map((target) => stays(cache, target))).toEqual([true, false]);
    expect(cache.gateway.purge({ tag: 'all' })).toBe(2);
    expect(cache.cacheStats.store.entries).toBe(0);
  });

  it('softly: is validated, and may be used stale meanwhile', () => {
    const cache = filled(() => ['ETag', '"1"']);
    cache.get('/c');
    cache.answer(['Cache-Control', 'max-age=60, stale-while-revalidate=10'], 'c');
    expect(cache.gateway.purge({ prefix: 'http://a.test/', soft: true })).toBe(5);
    const client = cache.get('/a');
    expect(cache.attempt().field('if-none-match')).toBe('"1"');
    cache.answer(fresh, '', 304);
    expectAnswer(client, 200, '/a');
    expect(stays(cache, '/a')).toBe(true);
    const stale = cache.get('/c');
    expectAnswer(stale, 200, 'c');
    expect(cache.status(stale)).toContain('detail=stale-while-revalidate');
  });

  it.each([{ url: 'http://a.test/a' }, { prefix: 'http://a.test/' }, { tag: 't' }])('is over what is under way: %j', (purge) => {
    for (const when of ['before the head', 'in the body']) {
      const cache = openCache();
      const client = cache.get('/a');
      const attempt = cache.attempt();
      attempt.connect();
      if (when === 'before the head') cache.gateway.purge(purge);
      attempt.head(200, [...fresh, 'Cache-Tag', 't', 'Content-Length', '4'], 4);
      if (when === 'in the body') cache.gateway.purge(purge);
      attempt.data('body');
      attempt.end();
      expectAnswer(client, 200, 'body');
      expect(cache.cacheStats.store.entries).toBe(0);
      expect(stays(cache, '/a')).toBe(false);
    }
  });

  it('is over a validation that is under way', () => {
    const cache = filled(() => ['ETag', '"1"', 'Vary', 'Accept']);
    cache.advance(60_000);
    const client = cache.get('/a', ['Accept', 'text/css']);
    cache.gateway.purge({ url: 'http://a.test/a' });
    cache.answer([...fresh, 'ETag', '"1"'], '', 304);
    expectAnswer(client, 200, '/a');
    expect(stays(cache, '/a')).toBe(false);
  });

  it.each([
    [false, 'fails', 503, 'error'],
    [true, 'may stand in', 200, '/a'],
  ])('soft: %s; what was stored %s when its validation, under way, has an error', (soft, _, status, body) => {
    const cache = filled(() => ['Cache-Control', 'stale-if-error=600', 'ETag', '"1"']);
    cache.advance(60_000);
    const client = cache.get('/a');
    cache.gateway.purge({ url: 'http://a.test/a', soft });
    cache.answer([], 'error', 503);
    expectAnswer(client, status, body);
  });

  it.each([false, true])('soft: true; is not undone by an answer to HEAD, under way then: %s', (wasUnderWay) => {
    const cache = filled(() => ['ETag', '"1"']);
    const said = { url: 'http://a.test/a', soft: true };
    if (!wasUnderWay) cache.gateway.purge(said);
    cache.advance(10);
    cache.get('/a', ['Cache-Control', 'no-cache'], { method: 'HEAD' });
    cache.advance(10);
    if (wasUnderWay) cache.gateway.purge(said);
    cache.advance(10);
    cache.answer([...fresh, 'ETag', '"1"', 'Content-Length', '2'], '');
    expect(stays(cache, '/a')).toBe(!wasUnderWay);
  });

  it('leaves a tag in flight that is not its own', () => {
    const cache = openCache();
    cache.get('/a');
    const attempt = cache.attempt();
    attempt.connect();
    attempt.head(200, [...fresh, 'Cache-Tag', 'other', 'Content-Length', '4'], 4);
    cache.gateway.purge({ tag: 't' });
    attempt.data('body');
    attempt.end();
    expect(stays(cache, '/a')).toBe(true);
  });

  it.each([
    [{}, 'say one of'],
    [7, 'say one of'],
    [null, 'say one of'],
    [{ url: 'http://a.test/', tag: 'x' }, 'say one of'],
    [{ key: 'x' }, 'say one of'],
    [{ url: '/a' }, '"url": expected a URL as clients use it, such as http://www.example.org/a, got "/a"'],
    [{ prefix: 'ftp://a.test/' }, '"prefix": expected a URL'],
    [{ tag: '' }, '"tag" is a text of 1 to 8192 characters'],
    [{ tag: 'a', soft: 'yes' }, '"soft" is true or false'],
  ])('%j is none', (said, complaint) => expect(() => readPurge(said)).toThrow(complaint));
});

describe('RFC 9875', () => {
  const grouped = (target: string): string[] => ['Cache-Groups', target.startsWith('/b') ? '"b", "all";x=1' : '"all"'];

  it('§3: an unsafe request has its groups removed, of its own origin', () => {
    const cache = filled(grouped);
    cache.request({ target: '/a', fields: ['Host', 'b.test'] });
    cache.answer([...fresh, ...grouped('/b')], 'other');
    cache.get('/change', [], { method: 'POST' });
    cache.answer(['Cache-Group-Invalidation', '"b"'], '');
    expect(['/a', '/b/1', '/b/2'].map((target) => stays(cache, target))).toEqual([true, false, false]);
    expectAnswer(cache.request({ target: '/a', fields: ['Host', 'b.test'] }), 200, 'other');
    cache.get('/change', [], { method: 'POST' });
    cache.answer(['Cache-Group-Invalidation', '"all"'], '', 500);
    expect(stays(cache, '/a')).toBe(true);
  });

  it('§3: a safe one has not', () => {
    const cache = filled(grouped);
    cache.get('/other');
    cache.answer([...fresh, 'Cache-Group-Invalidation', '"all"']);
    expect(stays(cache, '/a')).toBe(true);
  });

  it.each([
    ['"a"', ['a']],
    [' "a" ,"b c";q=1;r, "d\\"e\\\\"', ['a', 'b c', 'd"e\\']],
    ['"a";x="b", "c";y=%"d";z=:e=:;f=?1', ['a', 'c']],
    ['"a";x="b" "c"', []],
    [`"a";x=${' '.repeat(4)}"b"`, []],
    ['a', []],
    ['"a", b', []],
    ['"a",', []],
    ['"a" "b"', []],
    ['"ä"', []],
  ])('§2: the list %s', (list, groups) => {
    expect(tagsOf('http://a.test/x/y', ['Cache-Groups', list])).toEqual(groups.map((group) => groupTag('http://a.test/', group)));
  });

  it('§2.1: has room for 32 groups of 32 characters', () => {
    const groups = Array.from({ length: 32 }, (_, index) => `"${String(index).padStart(32, 'g')}"`);
    expect(tagsOf('http://a.test/', ['Cache-Groups', groups.join(', ')])).toHaveLength(32);
    const tags = Array.from({ length: 200 }, (_, index) => `t${index}`).join(' ');
    expect(tagsOf('http://a.test/', ['Surrogate-Key', tags, 'Cache-Groups', groups.join(', ')])).toHaveLength(128 + 32);
  });
});

it('the index has just what is stored, whatever comes and goes', () => {
  const step = fc.record({ key: fc.nat(5), tags: fc.subarray(['a', 'b', 'c']), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const made = (): Store => {
        const store = createStore({ bytesMax: 12_000, entriesMax: 4 });
        for (const { key, tags, remove } of steps) {
          if (remove) store.removeKey(`http://a/${key}`);
          else store.put({ ...storedOf(['Cache-Tag', tags.join(',')]), key: `http://a/${key}` });
        }
        return store;
      };
      const keys = [0, 1, 2, 3, 4, 5].map((key) => `http://a/${key}`);
      const all = keys.flatMap((key) => made().allOf(key));
      expect(made().purge({ prefix: 'http://a/' }, false, 0)).toHaveLength(all.length);
      for (const tag of ['a', 'b', 'c']) {
        const store = made();
        const expected = all.filter(({ fields }) => fields[1]?.split(',').includes(tag)).map(({ key }) => key);
        expect(store.purge({ tag }, false, 0).map(({ key }) => key).toSorted()).toEqual(expected);
        expect([store.stats.entries, store.purge({ tag }, false, 0)]).toEqual([all.length - expected.length, []]);
      }
    }),
  );
});

it('an object in slices goes as one', () => {
  const cache = openCache({ sliceBytes: 4 });
  const range = (): void => {
    const before = cache.engine.attempts.length;
    const client = cache.get('/big', ['Range', 'bytes=1-2']);
    if (cache.engine.attempts.length > before) {
      const attempt = cache.attempt();
      attempt.connect();
      const fields = [...fresh, 'ETag', '"1"', 'Cache-Tag', 'big', 'Content-Range', 'bytes 0-3/9', 'Content-Length', '4'];
      attempt.head(206, fields, 4);
      attempt.data('abcd');
      attempt.end();
    }
    expectAnswer(client, 206, 'bc');
  };
  const all = [{ url: 'http://a.test/big' }, { prefix: 'http://a.test/b' }, { tag: 'big' }].flatMap((said) => [said, { ...said, soft: true }]);
  all.forEach((said, index) => {
    range();
    expect(cache.engine.attempts).toHaveLength(index + 1);
    expect(cache.gateway.purge(said)).toBe(1);
  });
  range();
  expect(cache.engine.attempts).toHaveLength(all.length + 1);
});

it.each([
  [false, 503],
  [true, 206],
])('soft: %s; an object in slices whose validation is under way answers %i when that has an error', (soft, status) => {
  const cache = openCache({ sliceBytes: 4 });
  const ask = () => cache.get('/big', ['Range', 'bytes=1-2']);
  const send = (code: number, fields: string[], body: string): void => {
    const attempt = cache.attempt();
    attempt.connect();
    attempt.head(code, [...fields, 'Content-Length', String(body.length)], body.length);
    attempt.data(body);
    attempt.end();
  };
  const first = ask();
  send(206, ['Cache-Control', 'max-age=60, stale-if-error=600', 'ETag', '"1"', 'Content-Range', 'bytes 0-3/9'], 'abcd');
  expectAnswer(first, 206, 'bc');
  cache.advance(61_000);
  const client = ask();
  cache.gateway.purge({ url: 'http://a.test/big', soft });
  send(503, [], 'error');
  expectAnswer(client, status, status === 503 ? 'error' : 'bc');
});
