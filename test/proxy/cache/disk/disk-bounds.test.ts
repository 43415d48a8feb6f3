/**
 * The store on disk when there is no more room, no disk, or one that does not answer.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, stat, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../../src/clock.js';
import { silentLog } from '../../../../src/log.js';
import { Journal } from '../../../../src/proxy/cache/disk/journal.js';
import { outdateLine } from '../../../../src/proxy/cache/disk/record.js';
import { Watch } from '../../../../src/proxy/cache/disk/watch.js';
import { noonMs } from '../stored.js';
import { contents, files, journalOf, newDirectory, openDisk, openingDisk, readBack, response, turns } from './disk-harness.js';

describe('bounds', () => {
  it('never more bytes than it may hold, and the journal is written anew', async () => {
    const directory = newDirectory();
    const bytesMax = 400_000;
    const { store, stats } = await openDisk(directory, { bytesMax });
    for (let i = 0; i < 600; i += 1) {
      store.put(response(`k${i % 200}`, randomBytes(3000)));
      if (i % 20 !== 0) continue;
      await store.idle();
      const used = files(directory).reduce((sum, path) => sum + statSync(path).size, 0);
      expect(used).toBeLessThanOrEqual(bytesMax + 100); // the lock
    }
    expect(stats.entries).toBeGreaterThan(20);
    store.put(response('large', randomBytes(bytesMax)));
    await store.idle();
    expect(stats.skippedTotal).toBe(1);
  });

  it('what does not fit the queue is left out, and what it replaces is gone', async () => {
    const { store, stats } = await openDisk(newDirectory(), { bytesMax: 100_000_000 });
    store.put(response('b', 'old'));
    await store.idle();
    store.put(response('a', Buffer.alloc(16_000_000)));
    store.put(response('b', Buffer.alloc(1_000_000)));
    await store.idle();
    expect([stats.skippedTotal, store.find('b', [])]).toEqual([1, undefined]);
    expect((await readBack(store, 'a'))?.body.length).toBe(16_000_000);
  });

  it('a second store of the same worker stays off', async () => {
    const directory = newDirectory();
    await openDisk(directory);
    const second = await openDisk(directory);
    second.store.put(response('k'));
    expect([second.stats.off, second.store.find('k', [])]).toEqual([1, undefined]);
  });

  it('a file system without room: what does not fit is left out, and the rest goes on', async () => {
    const directory = newDirectory();
    const { store, stats } = await openDisk(directory);
    const body = Buffer.from('does not fit');
    const folder = join(directory, 'w1', 'content', createHash('sha256').update(body).digest('hex').slice(0, 2));
    mkdirSync(folder, { recursive: true });
    symlinkSync('/dev/full', join(folder, 'tmp-1'));
    store.put(response('a', body));
    store.put(response('b', 'fits'));
    await store.idle();
    expect(stats).toMatchObject({ skippedTotal: 1, entries: 1, off: 0 });
    expect((await readBack(store, 'b'))?.body.toString()).toBe('fits');
  });

  it('a journal without room ends it: what is taken away could not be written down', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'w1'));
    symlinkSync('/dev/full', journalOf(directory));
    const { store, stats } = await openDisk(directory);
    store.put(response('k'));
    await store.idle();
    expect([stats.off, store.find('k', [])]).toEqual([1, undefined]);
  });

  it('a disk that hangs for ten seconds ends it, and nobody waits for that', async () => {
    const directory = newDirectory();
    const filled = await openDisk(directory);
    filled.store.put(response('k'));
    await filled.store.close(1000);
    const [path = ''] = contents(directory);
    rmSync(path);
    execFileSync('mkfifo', [path]);
    const clock = createVirtualClock(noonMs);
    const { store, stats } = await openDisk(directory, { clock });
    const reading = readBack(store, 'k');
    await turns();
    expect(store.find('k', [])).toBeDefined();
    clock.advance(300);
    expect(store.find('k', [])).toBeUndefined(); // it is not asked again
    store.removeKey('k'); // nor is anybody held up
    clock.advance(9800);
    expect(stats).toMatchObject({ off: 1, entries: 0 });
    closeSync(openSync(path, 'w'));
    expect(await reading).toBeUndefined();
  });

  /** Of two responses; reading the first hangs until `answers` is called. */
  async function hanging() {
    const directory = newDirectory();
    const filled = await openDisk(directory);
    ['k', 'other'].forEach((key) => filled.store.put(response(key, key)));
    await filled.store.close(1000);
    const digest = createHash('sha256').update('k').digest('hex');
    const path = contents(directory).find((each) => each.endsWith(digest)) ?? '';
    rmSync(path);
    execFileSync('mkfifo', [path]);
    const clock = createVirtualClock(noonMs);
    const { store } = await openDisk(directory, { clock });
    const reading = readBack(store, 'k');
    await turns();
    clock.advance(300);
    const answers = (): Promise<unknown> => {
      writeFileSync(path, 'k');
      return reading;
    };
    return { store, answers, hasDrop: () => readFileSync(journalOf(directory), 'latin1').includes('"drop"') };
  }

  it('a disk that answers after all: what was taken out meanwhile is written then', async () => {
    const { store, answers, hasDrop } = await hanging();
    store.removeKey('other');
    await store.idle();
    expect(hasDrop()).toBe(false);
    expect(await answers()).toBeDefined();
    expect(hasDrop()).toBe(true);
  });

  it('the same for a purge, which is not answered before', async () => {
    const { store, answers, hasDrop } = await hanging();
    store.purge({ keys: ['other'] }, false, 0);
    let settled = false;
    const purged = store.settled().then(() => (settled = true));
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => stat('.', resolve)); // the disk does other things
    expect([hasDrop(), settled]).toEqual([false, false]);
    await Promise.all([answers(), purged]);
    expect(hasDrop()).toBe(true);
  });

  it('a journal that is given up while it is written anew is not there afterwards', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'w1'));
    const journal = new Journal(join(directory, 'w1'), new Watch(createVirtualClock(), () => undefined, () => undefined));
    await journal.open(() => undefined);
    journal.append(outdateLine(1, 0) + outdateLine(2, 0));
    let forgotten: Promise<void> | undefined;
    let moved = false;
    const isLive = (): boolean => {
      forgotten ??= journal.forget();
      return true;
    };
    await journal.compact('', isLive, () => (moved = true));
    await forgotten;
    await journal.close();
    expect([moved, existsSync(journalOf(directory))]).toEqual([false, false]);
  });

  it('what comes while it is opened: as much as the queue holds, and of the rest only that the old one is gone', async () => {
    const directory = newDirectory();
    const filled = await openDisk(directory, { bytesMax: 100_000_000 });
    filled.store.put(response('third', 'old'));
    await filled.store.close(1000);
    const { store, stats, opened } = openingDisk(directory, { bytesMax: 100_000_000 });
    for (const key of ['first', 'second', 'third']) store.put(response(key, Buffer.alloc(8_000_000, key)));
    await opened;
    await store.idle();
    expect([stats.entries, stats.skippedTotal, store.find('third', [])]).toEqual([2, 1, undefined]);
  });

  it('a file system that fails switches it off, with one line of log, and nothing comes back in the next life', async () => {
    const directory = newDirectory();
    const errors: object[] = [];
    const log = { ...silentLog, error: (fields: object) => void errors.push(fields) };
    const { store, stats } = await openDisk(directory, { log });
    store.put(response('before'));
    await store.idle();
    rmSync(join(directory, 'w1', 'content'), { recursive: true });
    writeFileSync(join(directory, 'w1', 'content'), 'a file in its place');
    ['a', 'b'].forEach((key) => store.put(response(key, key)));
    await store.idle();
    store.put(response('c'));
    expect([errors.length, stats.off, stats.entries, store.find('before', [])]).toEqual([1, 1, 0, undefined]);
    await store.close(1000);
    rmSync(join(directory, 'w1', 'content'));
    expect((await openDisk(directory)).stats).toMatchObject({ entries: 0, off: 0 });
  });
});
