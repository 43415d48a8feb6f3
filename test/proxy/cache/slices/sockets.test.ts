/**
 * Slices in a whole worker over sockets and each engine: a crowd, a player that seeks, and long bodies through little memory.
 */
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { engines } from '../../../../src/proxy/engines/engines.js';
import { PatternCheck } from '../../../support/pattern.js';
import { startHttpOrigin } from '../../../support/origin-http.js';
import { keep, startWorkerWith, until } from '../../worker-harness.js';
import { cacheSettings } from '../cache-harness.js';
import { bytesOf, media, serveMedia, type Media } from './media-origin.js';

const mebibyte = 1_048_576;

describe.each(Object.entries(engines))('the %s engine', (_, createEngine) => {
  const start = async (state: Media, settings: Partial<typeof cacheSettings> = {}) => {
    const origin = keep(await startHttpOrigin(serveMedia(state)));
    const cache = { ...cacheSettings, bytesMax: 50_000_000, sliceBytes: 65_536, ...settings };
    return { origin, ...(await startWorkerWith(createEngine, [origin.url], { cache })) };
  };

  it('1,000 simultaneous ranges of a cold object: each slice is fetched once', async () => {
    const length = 500_000;
    const state = media({ length });
    const { get } = await start(state);
    const starts = Array.from({ length: 1000 }, (__, index) => index * 490);
    const answers = await Promise.all(starts.map((first) => get({ headers: { Range: `bytes=${first}-${first + 9999}` } })));
    answers.forEach(({ status, body, complete }, index) => {
      const first = starts[index] as number; // of the same length
      expect([status, complete]).toEqual([206, true]);
      expect(body.equals(bytesOf(1, first, Math.min(10_000, length - first)))).toBe(true);
    });
    const slices = state.asked.map(({ range }) => range);
    expect(slices).toHaveLength(Math.ceil(length / 65_536));
    expect(new Set(slices).size).toBe(slices.length);
  });

  it('a player that asks for all and then seeks has its place at once, and nothing between is fetched', async () => {
    const state = media({ length: 50 * mebibyte });
    const { port, get } = await start(state);
    const socket = connect(port, '127.0.0.1');
    let came = 0;
    socket.on('data', (chunk: Buffer) => {
      came += chunk.length;
      socket.pause();
    });
    socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nRange: bytes=0-\r\n\r\n');
    await until(() => came > 0);
    socket.destroy();
    const middle = 25 * mebibyte + 7;
    const part = await get({ headers: { Host: 'a.test', Range: `bytes=${middle}-${middle + 99_999}` } });
    expect(part.body.equals(bytesOf(1, middle, 100_000))).toBe(true);
    const fetched = state.asked.length;
    expect(fetched * 65_536).toBeLessThan(25 * mebibyte);
    await get({ headers: { Host: 'a.test', Range: `bytes=${middle}-${middle + 99_999}` } });
    expect(state.asked).toHaveLength(fetched);
  });

  it('200 MB to five readers at their own pace, through a cache of 32 MiB', { timeout: 60_000 }, async () => {
    const state = media({ length: 200_000_000 });
    const settings = { bytesMax: 32 * mebibyte, sliceBytes: mebibyte };
    const { port, worker } = await start(state, settings);
    const before = process.memoryUsage().rss;
    let most = 0;
    const read = (index: number): Promise<PatternCheck> => readAll(port, index, () => {
      most = Math.max(most, process.memoryUsage().rss);
      expect(worker.cache.store.bytes).toBeLessThanOrEqual(settings.bytesMax);
    });
    const checks = await Promise.all([0, 1, 2, 3, 4].map(read));
    for (const { isRight, position } of checks) expect([isRight, position]).toEqual([true, 7919 + state.length]);
    // Slices that were let go wait for the collector; the object itself would be 200 MB, five of them 1 GB.
    expect(most - before).toBeLessThan(180_000_000);
    expect(state.asked.every(({ status }) => status === 206)).toBe(true);
  });
});

/** Reads it from the wire, and stops for a while each megabyte, for another while each reader. */
function readAll(port: number, index: number, onPiece: () => void): Promise<PatternCheck> {
  const check = new PatternCheck(7919);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let head = '';
    let inBody = false;
    socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nRange: bytes=0-\r\nConnection: close\r\n\r\n');
    socket.on('data', (chunk: Buffer) => {
      let body = chunk;
      if (!inBody) {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        inBody = true;
        body = Buffer.from(head.slice(end + 4), 'latin1');
      }
      const mebibytes = Math.floor(check.position / mebibyte);
      check.push(body);
      if (Math.floor(check.position / mebibyte) === mebibytes) return;
      onPiece();
      socket.pause();
      let turns = 3 * index;
      const wait = (): void => void (turns-- > 0 ? setImmediate(wait) : socket.resume());
      wait();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(check));
  });
}
