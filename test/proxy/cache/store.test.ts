/**
 * The memory store: never more than it may hold, never another's response, and what it says of its size is so.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStore, storedBytes } from '../../../src/proxy/cache/store.js';
import type { StoredResponse } from '../../../src/proxy/cache/stored-response.js';
import { storedOf } from './stored.js';

const response = (key: string, body = 'x', vary: readonly string[] = [], request: readonly string[] = []): StoredResponse => ({
  ...storedOf(['Cache-Control', 'max-age=60', ...vary], body, request),
  key,
});
const small = storedBytes(response('a'));

describe('the store', () => {
  it('gives back what was put, by key and variant', () => {
    const store = createStore({ bytesMax: 1e6, entriesMax: 10 });
    const one = response('k', '1', ['Vary', 'A'], ['A', '1']);
    const two = response('k', '2', ['Vary', 'A'], ['A', '2']);
    expect([store.put(one), store.put(two)]).toEqual([true, true]);
    expect(store.select('k', ['A', '1'])).toBe(one);
    expect(store.select('k', ['a', '2'])).toBe(two);
    expect(store.select('k', [])).toBeUndefined();
    expect(store.variesOn('k')).toEqual(['a']);
    expect(store.variesOn('l')).toBeUndefined();
    expect(store.removeKey('k')).toBe(2);
    expect(store.stats).toEqual({ bytes: 0, entries: 0, evictionsTotal: 0 });
  });

  it('a new response takes the place of the same variant', () => {
    const store = createStore({ bytesMax: 1e6, entriesMax: 10 });
    store.put(response('k', 'old'));
    store.put(response('k', 'newer'));
    expect(store.stats).toEqual({ bytes: small + 4, entries: 1, evictionsTotal: 0 });
    expect(store.select('k', [])?.body.toString()).toBe('newer');
  });

  it('a freshened one only that of the one it was made from', () => {
    const store = createStore({ bytesMax: 1e6, entriesMax: 10 });
    const old = response('k');
    store.put(old);
    const fresh = { ...old, reason: 'fresh' };
    store.replace(old, fresh);
    expect(store.select('k', [])).toBe(fresh);
    store.replace(old, old);
    expect(store.select('k', [])).toBe(fresh);
    store.remove(old);
    expect(store.select('k', [])).toBe(fresh);
    store.remove(fresh);
    expect(store.stats.entries).toBe(0);
  });

  it('keeps 32 variants of a key', () => {
    const store = createStore({ bytesMax: 1e6, entriesMax: 1000 });
    for (let i = 0; i < 40; i += 1) store.put(response('k', 'x', ['Vary', 'A'], ['A', String(i)]));
    expect(store.stats.entries).toBe(32);
    expect(store.select('k', ['A', '7'])).toBeUndefined();
    expect(store.select('k', ['A', '8'])).toBeDefined();
  });

  it('what cannot fit is refused, and drives nothing out', () => {
    const store = createStore({ bytesMax: 2 * small, entriesMax: 10 });
    store.put(response('a'));
    expect(store.put(response('b', 'x'.repeat(2 * small)))).toBe(false);
    expect(store.variesOn('a')).toEqual([]);
  });

  it('bodies under way count', () => {
    const store = createStore({ bytesMax: 3 * small, entriesMax: 10 });
    store.put(response('a'));
    store.put(response('b'));
    expect(store.reserve(2 * small)).toBe(true);
    expect(store.stats).toEqual({ bytes: 3 * small, entries: 1, evictionsTotal: 1 });
    expect(store.reserve(2 * small)).toBe(false);
    expect(store.put(response('c', 'x'.repeat(small)))).toBe(false);
    store.release(2 * small);
    expect(store.stats.bytes).toBe(small);
  });
});

it('whatever is done to it: within its limits, and the sum is right', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const step = fc.oneof(
    fc.record({ do: fc.constant('put' as const), key, size: fc.nat(4000), variant: fc.nat(3) }),
    fc.record({ do: fc.constant('select' as const), key, size: fc.constant(0), variant: fc.nat(3) }),
    fc.record({ do: fc.constant('drop' as const), key, size: fc.constant(0), variant: fc.nat(3) }),
    fc.record({ do: fc.constant('reserve' as const), key, size: fc.nat(4000), variant: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = createStore({ bytesMax: 10_000, entriesMax: 4 });
      const model = new Map<string, StoredResponse>();
      let reserved = 0;
      for (const { do: what, key: name, size, variant } of steps) {
        const request = ['A', String(variant)];
        if (what === 'put') {
          const made = response(name, 'x'.repeat(size), ['Vary', 'A'], request);
          if (store.put(made)) model.set(`${name} ${variant}`, made);
          else model.delete(`${name} ${variant}`);
        } else if (what === 'select') {
          const found = store.select(name, request);
          if (found !== undefined) expect(found).toBe(model.get(`${name} ${variant}`));
        } else if (what === 'drop') {
          store.removeKey(name);
          expect(store.variesOn(name)).toBeUndefined();
        } else if (store.reserve(size)) reserved += size;
        const held = ['a', 'b', 'c', 'd', 'e'].flatMap((each) => [0, 1, 2, 3].flatMap((n) => store.select(each, ['A', String(n)]) ?? []));
        expect(store.stats.entries).toBe(held.length);
        expect(store.stats.bytes).toBe(reserved + held.reduce((sum, each) => sum + storedBytes(each), 0));
        expect(store.stats.bytes).toBeLessThanOrEqual(10_000);
        expect(store.stats.entries).toBeLessThanOrEqual(4);
      }
    }),
    { numRuns: 300 },
  );
});
