/**
 * A worker that starts again over sockets: what its former life stored is a hit, unless it was invalidated or damaged.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, cpSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/clock.js';
import { engines } from '../../../../src/proxy/engines/engines.js';
import { startHttpOrigin } from '../../../support/origin-http.js';
import { keep, startWorkerWith, until } from '../../worker-harness.js';
import { cacheSettings } from '../cache-harness.js';
import { bytesOf, media, serveMedia } from '../slices/media-origin.js';
import { killRounds } from '../../../support/kill-rounds.js';
import { newDirectory } from './disk-harness.js';

describe.each(Object.entries(engines))('the %s engine', (_, createEngine) => {
  it('serves after a restart what was stored before, and Age counts on', async () => {
    const directory = newDirectory();
    const origin = keep(
      await startHttpOrigin(({ url = '', headers }, response) => {
        const head = { 'Cache-Control': 'max-age=600', ...(url === '/vary' ? { Vary: 'Accept' } : {}) };
        response.writeHead(url === '/404' ? 404 : 200, head).end(`${url} ${headers.accept ?? ''}`);
      }),
    );
    const settings = { cache: { ...cacheSettings, disk: { directory, bytesMax: 10_000_000, entriesMax: 1000 } } };
    const start = async (laterMs = 0) => {
      const clock = { ...systemClock, realtimeMs: () => systemClock.realtimeMs() + laterMs };
      const started = await startWorkerWith(createEngine, [origin.url], { ...settings, clock });
      await started.worker.warm();
      return started;
    };
    const first = await start();
    for (const path of ['/a', '/404', '/gone', '/damaged', '/vary']) await first.get({ path, headers: { Host: 'a.test' } });
    await until(() => first.worker.cache.disk.entries === 5);
    await first.get({ path: '/gone', method: 'POST', headers: { Host: 'a.test' } });
    await first.worker.stop(1000);
    damage(directory, '/damaged ');
    const { length } = origin.requests;

    const second = await start(100_000);
    const get = (path: string, headers = {}) => second.get({ path, headers: { Host: 'a.test', ...headers } });
    const hits = await Promise.all(Array.from({ length: 20 }, () => get('/a')));
    expect(new Set(hits.map(({ body }) => body.toString()))).toEqual(new Set(['/a ']));
    expect(Number(hits[0]?.headers['age'])).toBeGreaterThanOrEqual(100);
    expect(hits[0]?.headers['cache-status']).toContain('hit');
    expect(second.worker.cache.disk.hitsTotal).toBe(1);
    const only = { 'Cache-Control': 'only-if-cached' };
    expect((await get('/404', only)).status).toBe(404);
    expect((await get('/gone', only)).status).toBe(504);
    const head = await second.get({ path: '/vary', method: 'HEAD', headers: { Host: 'a.test' } });
    expect(head.headers['content-length']).toBe('6');
    expect(origin.requests).toHaveLength(length);
    expect((await get('/damaged')).body.toString()).toBe('/damaged ');
    expect([origin.requests.length, second.worker.cache.disk.damagedTotal]).toEqual([length + 1, 1]);
    expect((await get('/vary', { Accept: 'b' })).body.toString()).toBe('/vary b');
  });

  it('serves slices after a restart, those that are damaged from the origin', async () => {
    const directory = newDirectory();
    const state = media({ length: 1_000_000 });
    const origin = keep(await startHttpOrigin(serveMedia(state)));
    const disk = { directory, bytesMax: 10_000_000, entriesMax: 1000 };
    const cache = { ...cacheSettings, sliceBytes: 65_536, bytesMax: 4_000_000, disk };
    const life = async () => {
      const started = await startWorkerWith(createEngine, [origin.url], { cache });
      await started.worker.warm();
      return started;
    };
    const range = (first: number, last: number) => ({ headers: { Host: 'a.test', Range: `bytes=${first}-${last}` } });
    const first = await life();
    await first.get(range(0, 600_000));
    await first.worker.stop(1000);
    const asked = state.asked.length;

    const second = await life();
    for (const [from, to] of [[10, 500_000], [0, 600_000], [200_000, 200_001]] as const) {
      const { status, body, headers } = await second.get(range(from, to));
      expect([status, body.equals(bytesOf(1, from, to - from + 1)), String(headers['cache-status']).includes('hit')]).toEqual([206, true, true]);
    }
    const only = { headers: { ...range(0, 300_000).headers, 'Cache-Control': 'only-if-cached' } };
    expect((await second.get(only)).status).toBe(206);
    expect(state.asked).toHaveLength(asked);
    expect((await second.get({ headers: { ...range(0, 999_999).headers, 'Cache-Control': 'only-if-cached' } })).status).toBe(504);
    await second.worker.stop(1000);

    damage(directory, bytesOf(1, 65_536, 20).toString('latin1'));
    const third = await life();
    const whole = await third.get(range(0, 600_000));
    expect(whole.body.equals(bytesOf(1, 0, 600_001))).toBe(true);
    expect([third.worker.cache.disk.damagedTotal, state.asked.length]).toEqual([1, asked + 1]);
  });

  it('purges what is on disk alone, also for its next life', async () => {
    const directory = newDirectory();
    const origin = keep(await startHttpOrigin((_request, response) => response.setHeader('Cache-Control', 'max-age=600').setHeader('Cache-Tag', 'all').end('x')));
    const cache = { ...cacheSettings, entriesMax: 2, disk: { directory, bytesMax: 10_000_000, entriesMax: 1000 } };
    const first = await startWorkerWith(createEngine, [origin.url], { cache });
    await first.worker.warm();
    for (let i = 0; i < 10; i += 1) await first.get({ path: `/${i}`, headers: { Host: 'a.test' } });
    await until(() => first.worker.cache.disk.entries === 10);
    expect(first.worker.cache.store.entries).toBe(2);
    expect(await first.worker.purge({ url: 'http://a.test/0' })).toBe(1);
    expect(await first.worker.purge({ tag: 'all', soft: true })).toBe(9);
    const { headers } = await first.get({ path: '/1', headers: { Host: 'a.test' } });
    expect(headers['cache-status']).toContain('fwd=stale');
    expect(await first.worker.purge({ tag: 'all' })).toBe(9);
    expect([first.worker.cache.disk.entries, first.worker.cache.store.entries]).toEqual([0, 0]);
    const copy = newDirectory();
    cpSync(join(directory, 'w1'), join(copy, 'w1'), { recursive: true, filter: (path) => !path.endsWith('lock') }); // as after kill -9
    const second = await startWorkerWith(createEngine, [origin.url], { cache: { ...cache, disk: { ...cache.disk, directory: copy } } });
    await second.worker.warm();
    expect(second.worker.cache.disk).toMatchObject({ entries: 0, off: 0, damagedTotal: 0 });
  });

  it('does not wait for a disk that hangs', async () => {
    const directory = newDirectory();
    const origin = keep(await startHttpOrigin((_request, response) => response.setHeader('Cache-Control', 'max-age=600').end('x')));
    const cache = { ...cacheSettings, disk: { directory, bytesMax: 10_000_000, entriesMax: 1000 } };
    const first = await startWorkerWith(createEngine, [origin.url], { cache });
    await first.worker.warm();
    await first.get({ path: '/a', headers: { Host: 'a.test' } });
    await until(() => first.worker.cache.disk.entries === 1);
    await first.worker.stop(1000);
    const pipe = becomesPipe(directory);
    const second = await startWorkerWith(createEngine, [origin.url], { cache });
    await second.worker.warm();
    const [slow, ...others] = await Promise.all(Array.from({ length: 5 }, () => second.get({ path: '/a', headers: { Host: 'a.test' } })));
    expect([slow, ...others].map((answer) => answer?.body.toString())).toEqual(Array.from({ length: 5 }, () => 'x'));
    expect(slow?.headers['cache-status']).toContain('fwd=uri-miss');
    expect((await second.get({ path: '/b', headers: { Host: 'a.test' } })).body.toString()).toBe('x'); // while it still hangs
    expect(origin.requests.map(({ url }) => url)).toEqual(['/a', '/a', '/b']);
    closeSync(openSync(pipe, 'w')); // it answers after all
  });
});

it('kill -9 at any moment: every body afterwards is what the origin said', async () => {
  const { served, hits, wrong } = await killRounds(newDirectory(), 5, 1);
  expect(wrong).toEqual([]);
  expect(served).toBeGreaterThan(0);
  expect(hits).toBeGreaterThan(0);
}, 60_000);

/** Flips a bit of the body that begins so. */
function damage(directory: string, text: string): void {
  for (const entry of readdirSync(join(directory, 'w1', 'content'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !readFileSync(path, 'latin1').startsWith(text)) continue;
    const bytes = readFileSync(path);
    bytes[0] = (bytes[0] as number) ^ 1;
    writeFileSync(path, bytes);
  }
}

/** In the place of its one body: whoever opens it to read waits until somebody writes. @returns its path. */
function becomesPipe(directory: string): string {
  const [entry] = readdirSync(join(directory, 'w1', 'content'), { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  const path = join(entry?.parentPath ?? '', entry?.name ?? '');
  rmSync(path);
  execFileSync('mkfifo', [path]);
  return path;
}
