/**
 * A worker that starts again over sockets: what its former life stored is a hit, unless it was invalidated or damaged.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/clock.js';
import { engines } from '../../../../src/proxy/engines/engines.js';
import { startHttpOrigin } from '../../../support/origin-http.js';
import { keep, startWorkerWith, until } from '../../worker-harness.js';
import { cacheSettings } from '../cache-harness.js';
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
});

it('kill -9 at any moment: every body afterwards is what the origin said', async () => {
  const { served, hits, wrong } = await killRounds(newDirectory(), 5);
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
