/**
 * The store on disk: what comes back is what was put, in this life and the next, or nothing.
 */
import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { notePurge } from '../../../../src/proxy/cache/disk/absence.js';
import { closedLine, openLine } from '../../../../src/proxy/cache/disk/record.js';
import type { Meant } from '../../../../src/proxy/cache/entry-index.js';
import { ageS } from '../../../../src/proxy/cache/freshness.js';
import type { StoredResponse } from '../../../../src/proxy/cache/stored-response.js';
import { noonMs } from '../stored.js';
import { clockAt, contents, copyOf, journalOf, newDirectory, openDisk, openingDisk, readBack, response, turns } from './disk-harness.js';

describe('what is put', () => {
  it('comes back to the byte, with its variant, status and fields, in this life and the next', async () => {
    const directory = newDirectory();
    const put = [
      response('binary', randomBytes(200_000)),
      response('empty', ''),
      response('gone', 'no', [], [], 404),
      response('vary', '1', ['Vary', 'A'], ['A', '1']),
      response('vary', '2', ['Vary', 'A'], ['A', '2']),
    ];
    const first = await openDisk(directory);
    put.forEach((each) => first.store.put(each));
    await first.store.idle();
    const check = async ({ store }: typeof first): Promise<void> => {
      for (const each of put) {
        const request = each.variant.values.flatMap((value) => ['A', value.slice(1)]);
        const back = await readBack(store, each.key, request);
        expect(back).toMatchObject({ key: each.key, variant: each.variant, status: each.status, fields: each.fields });
        expect(back?.body.equals(each.body)).toBe(true);
        const { lifetimeMs, etag, responseMs } = each.policy;
        expect(back?.policy).toMatchObject({ lifetimeMs, etag, responseMs });
      }
      expect(store.find('vary', ['A', '3'])).toBeUndefined();
    };
    await check(first);
    await first.store.close(1000);
    const second = await openDisk(directory);
    expect(second.stats).toMatchObject({ entries: put.length, damagedTotal: 0, off: 0 });
    await check(second);
  });

  it('grows older while nobody is there, and never younger by a clock that was set back', async () => {
    const directory = newDirectory();
    const first = await openDisk(directory, { clock: clockAt(noonMs, 5000) });
    first.store.put(response('k')); // came at monotonic 0
    await first.store.idle();
    await first.store.close(1000);
    for (const [realtimeMs, expectedS] of [[noonMs + 30_000, 35], [noonMs - 3_600_000, 35]] as const) {
      const { store } = await openDisk(directory, { clock: clockAt(realtimeMs, 77) });
      const back = await readBack(store, 'k');
      expect(back && ageS(back.policy, 77)).toBe(expectedS);
      await store.close(1000);
    }
  });

  it('shares a file with what is equal, until the last has gone', async () => {
    const directory = newDirectory();
    const { store, stats } = await openDisk(directory);
    ['a', 'b'].forEach((key) => store.put(response(key, 'same')));
    await store.idle();
    expect([contents(directory).length, stats.entries]).toEqual([1, 2]);
    store.removeKey('a');
    await store.idle();
    expect((await readBack(store, 'b'))?.body.toString()).toBe('same');
    store.removeKey('b');
    await store.idle();
    expect(contents(directory)).toEqual([]);
  });

  it('is gone for ever when it was removed or replaced, also while it waited', async () => {
    const directory = newDirectory();
    const { store } = await openDisk(directory);
    const old = response('replaced', 'old');
    [response('removed'), old].forEach((each) => store.put(each));
    await store.idle();
    store.put(response('waits'));
    store.removeKey('waits');
    store.removeKey('removed');
    store.replace(old, { ...old, reason: 'fresh', policy: { ...old.policy, responseMs: 9 } });
    store.remove(old); // is not there any more
    await store.idle();
    const copy = readFileSync(journalOf(directory)); // as after kill -9
    await store.close(1000);
    writeFileSync(journalOf(directory), copy);
    const next = await openDisk(directory);
    expect([next.store.find('removed', []), next.store.find('waits', [])]).toEqual([undefined, undefined]);
    expect((await readBack(next.store, 'replaced'))?.reason).toBe('fresh');
  });
});

describe('while something else is under way', () => {
  it('what is removed while it is read is not given back, nor counted as damage', async () => {
    const { store, stats } = await openDisk(newDirectory());
    store.put(response('k'));
    await store.idle();
    const reading = readBack(store, 'k');
    await turns();
    store.removeKey('k');
    expect([await reading, stats.damagedTotal]).toEqual([undefined, 0]);
  });

  it.each([
    ['quick', 0],
    ['slow', 300],
  ])('what is removed while the journal is written anew is gone from the new one, on a %s disk', async (_, stepMs) => {
    const directory = newDirectory();
    let nowMs = 0;
    const clock = { ...clockAt(noonMs), monotonicMs: () => (nowMs += stepMs) }; // whatever is under way takes that long
    const { store, stats } = await openDisk(directory, { bytesMax: 100_000_000, clock });
    const keys = Array.from({ length: 600 }, (_, index) => `k${index}`);
    keys.forEach((key) => store.put(response(key, 'x', ['X-Padding', 'p'.repeat(8000)])));
    await store.idle();
    const whole = statSync(journalOf(directory)).size;
    keys.slice(0, 301).forEach((key) => store.removeKey(key)); // more than half
    const rewriting = store.idle();
    const left = keys.slice(301);
    while (statSync(journalOf(directory)).size >= whole && left.length > 260) {
      store.removeKey(left.shift() ?? ''); // its line has been copied
      await readBack(store, left.at(-1) ?? ''); // lets it go on for a while
    }
    await rewriting;
    expect(statSync(journalOf(directory)).size).toBeLessThan(whole / 2);
    const next = await copyOf(directory);
    expect([next.stats.entries, next.stats.damagedTotal]).toEqual([left.length, 0]);
    expect(stats).toMatchObject({ entries: left.length, off: 0 });
    for (const key of left.slice(0, 20)) expect((await readBack(store, key))?.body.toString()).toBe('x');
  });
});

describe('purge', () => {
  const tagged = (key: string, tag: string): StoredResponse => response(`http://a.test/${key}`, key, ['Cache-Tag', tag]);

  it('by tag, prefix and key, of what is on disk alone, and for ever', async () => {
    const directory = newDirectory();
    const { store } = await openDisk(directory);
    ['a', 'b', 'c', 'd'].forEach((key) => store.put(tagged(key, key === 'd' ? 'other' : 'tag')));
    store.put(response('http://b.test/a'));
    await store.idle();
    const purged = (meant: Meant): string[] => store.purge(meant, false, 0).map(({ key }) => key);
    expect(purged({ keys: ['http://a.test/a', 'http://a.test/none'] })).toEqual(['http://a.test/a']);
    expect(purged({ tag: 'tag' })).toEqual(['http://a.test/b', 'http://a.test/c']);
    expect(purged({ prefix: 'http://a.test/' })).toEqual(['http://a.test/d']);
    const next = await copyOf(directory);
    expect(next.stats.entries).toBe(1);
    expect(await readBack(next.store, 'http://b.test/a')).toBeDefined();
  });

  it('softly: stale from then on, in this life and the next', async () => {
    const directory = newDirectory();
    const { store } = await openDisk(directory, { clock: clockAt(noonMs, 20_000) });
    store.put(tagged('a', 'tag'));
    store.purge({ tag: 'tag' }, true, 10_000); // also while it waits
    await store.idle();
    expect((await readBack(store, 'http://a.test/a'))?.policy.lifetimeMs).toBe(10_000);
    const next = await copyOf(directory);
    expect((await readBack(next.store, 'http://a.test/a'))?.policy.lifetimeMs).toBe(10_000);
  });

  it('of one that was away: its next life starts empty, the one after that does not', async () => {
    const directory = newDirectory();
    const first = await openDisk(directory);
    first.store.put(response('k'));
    await first.store.idle();
    await first.store.close(1000);
    await notePurge(directory, 'w1');
    const second = await openDisk(directory);
    expect(second.stats.entries).toBe(0);
    second.store.put(response('k'));
    await second.store.close(1000);
    expect((await openDisk(directory)).stats.entries).toBe(1);
  });
});

describe('what happens while it is opened', () => {
  it('is not forgotten when it ends before that: the next life starts empty', async () => {
    const directory = newDirectory();
    const first = await openDisk(directory);
    first.store.put(response('k'));
    await first.store.close(1000);
    const { store, opened } = openingDisk(directory);
    store.removeKey('k');
    await Promise.all([store.close(1000), opened]);
    expect((await openDisk(directory)).stats).toMatchObject({ entries: 0, off: 0 });
  });

  it('is done when it is open', async () => {
    const directory = newDirectory();
    const first = await openDisk(directory);
    ['gone', 'purged', 'replaced', 'stays'].forEach((key) => first.store.put(response(key, key, key === 'purged' ? ['Cache-Tag', 't'] : [])));
    await first.store.close(1000);
    const { store, opened } = openingDisk(directory);
    store.removeKey('gone');
    store.purge({ tag: 't' }, false, 0);
    store.put(response('replaced', 'new'));
    store.put(response('new'));
    expect(store.find('stays', [])).toBeUndefined();
    await opened;
    await store.idle();
    expect(await Promise.all(['gone', 'purged', 'replaced', 'stays', 'new'].map(async (key) => (await readBack(store, key))?.body.toString()))).toEqual([
      ...[undefined, undefined, 'new', 'stays', 'x'],
    ]);
  });
});

describe('a machine that fell', () => {
  const openWith = async (lines: readonly string[]): Promise<number> => {
    const directory = newDirectory();
    const { store } = await openDisk(directory);
    store.put(response('k'));
    await store.idle();
    await store.close(1000);
    const put = readFileSync(journalOf(directory), 'latin1').split('\n').find((line) => line.includes('"put"'));
    writeFileSync(journalOf(directory), [...lines.map((line) => line.replace('PUT\n', `${put}\n`))].join(''));
    return (await openDisk(directory)).stats.entries;
  };

  it.each<[string, string[], number]>([
    ['went in peace: it is kept', [openLine('other', 1), 'PUT\n', closedLine(2)], 1],
    ['did not: nobody knows what its journal lacks', [openLine('other', 1), 'PUT\n'], 0],
    ['does not say which run it was', [openLine('', 1), 'PUT\n'], 0],
    ['fell before another life', [openLine('other', 1), 'PUT\n', openLine('another', 2), closedLine(3)], 0],
  ])('a life that %s', async (_, lines, entries) => {
    expect(await openWith(lines)).toBe(entries);
  });
});

describe('damage', () => {
  it('in a body: it is not given back, but counted and dropped', async () => {
    const directory = newDirectory();
    const { store, stats } = await openDisk(directory);
    ['flipped', 'missing'].forEach((key) => store.put(response(key, key)));
    await store.idle();
    const [one = '', two = ''] = contents(directory);
    const bytes = readFileSync(one);
    bytes[0] = (bytes[0] as number) ^ 1;
    writeFileSync(one, bytes);
    rmSync(two);
    expect([await readBack(store, 'flipped'), await readBack(store, 'missing')]).toEqual([undefined, undefined]);
    expect(stats).toMatchObject({ damagedTotal: 2, entries: 0, hitsTotal: 0, off: 0 });
  });

  it('at every byte of the last line: that one is lost, and no other', async () => {
    const directory = newDirectory();
    const { store } = await openDisk(directory);
    for (const key of ['first', 'last']) {
      store.put(response(key, 'same'));
      await store.idle();
    }
    await store.close(1000);
    const text = readFileSync(journalOf(directory), 'latin1').split('\n').filter((line) => line.includes('"put"')).map((line) => `${line}\n`);
    const whole = text.join('');
    for (let length = (text[0] ?? '').length; length <= whole.length; length += 1) {
      writeFileSync(journalOf(directory), whole);
      truncateSync(journalOf(directory), length);
      const next = await openDisk(directory);
      expect([(await readBack(next.store, 'first'))?.body.toString(), next.stats.entries]).toEqual(['same', length === whole.length ? 2 : 1]);
      await next.store.close(1000);
    }
  });

  it('in the middle of the journal: what stood before may have been taken away there', async () => {
    const directory = newDirectory();
    const { store } = await openDisk(directory);
    store.put(response('k'));
    await store.idle();
    await store.close(1000);
    appendFileSync(journalOf(directory), 'damaged\n');
    expect((await openDisk(directory)).store.find('k', [])).toBeUndefined();
  });

  it('orphans and halves of bodies go at the start', async () => {
    const directory = newDirectory();
    const { store } = await openDisk(directory);
    store.put(response('k'));
    await store.idle();
    await store.close(1000);
    const [path = ''] = contents(directory);
    writeFileSync(join(path, '..', 'tmp-1'), 'half');
    writeFileSync(join(path, '..', path.slice(-64).replace(/.$/, '_').replace('_', path.endsWith('0') ? '1' : '0')), 'orphan');
    const next = await openDisk(directory);
    await next.store.idle();
    expect(contents(directory)).toEqual([path]);
  });
});
