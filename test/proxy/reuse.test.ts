/**
 * The race for idle connections: an origin may close one just when a request comes (RFC 9112 §9.5). Whole workers, both engines.
 */
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { engines } from '../../src/proxy/engines/engines.js';
import { startRawOrigin, type TestOrigin } from '../support/origin-http.js';
import { keep, startWorkerWith } from './worker-harness.js';

interface RacingOrigin extends TestOrigin {
  /** Targets of requests as received, in order; those that were not answered too. */
  readonly asked: string[];
  /** How many connections were ended at their second request. */
  raced(): number;
}

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const targetOf = (head: string): string => head.split(' ', 2)[1] ?? '';

/**
 * Answers the first request of each connection and ends it at the first byte of the second, when the request is on its way: both for
 * as many at once as are to be `together`.
 */
async function startRacingOrigin(end: (socket: Socket) => void, together = 1): Promise<RacingOrigin> {
  const asked: string[] = [];
  const first: Socket[] = [];
  const second: Socket[] = [];
  let raced = 0;
  const origin = await startRawOrigin((socket, head) => {
    asked.push(targetOf(head));
    socket.once('data', (more: Buffer | string) => {
      asked.push(targetOf(String(more)));
      raced += 1;
      second.push(socket);
      if (second.length >= together) second.splice(0).forEach(end);
    });
    first.push(socket);
    if (first.length >= together || raced > 0) for (const each of first.splice(0)) each.write(answer);
  });
  return { ...origin, asked, raced: () => raced };
}

const ends: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['a FIN', (socket) => socket.end()],
  ['a reset', (socket) => socket.resetAndDestroy()],
];

describe.each(Object.entries(engines))('the %s engine, before an origin that ends idle connections at their reuse', (_, createEngine) => {
  it.each(ends)('by %s: a thousand GETs in turn see none of it', async (_what, end) => {
    const origin = keep(await startRacingOrigin(end));
    const { get, worker } = await startWorkerWith(createEngine, [origin.url]);
    for (let i = 0; i < 1000; i += 1) expect((await get({ path: `/${i}` })).status).toBe(200);
    expect(origin.raced()).toBeGreaterThan(400);
    expect(worker.stats.retriesTotal).toBe(origin.raced());
  });

  it.each(ends)('by %s: fifty GETs at once on fifty idle connections see none of it', async (_what, end) => {
    const origin = keep(await startRacingOrigin(end, 50));
    const { get, worker } = await startWorkerWith(createEngine, [origin.url]);
    const crowd = async (name: string) => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_each, i) => get({ path: `/${name}${i}` })));
      return answers.map(({ status }) => status);
    };
    expect(await crowd('a')).toEqual(Array<number>(50).fill(200));
    expect(await crowd('b')).toEqual(Array<number>(50).fill(200));
    expect(origin.raced()).toBe(50);
    expect(worker.stats).toMatchObject({ retriesTotal: 50, retriesDeniedTotal: 0 });
  });

  it.each(ends)('by %s: no POST comes twice', async (_what, end) => {
    const origin = keep(await startRacingOrigin(end));
    const { get } = await startWorkerWith(createEngine, [origin.url]);
    const statuses = new Map<number, number>();
    for (let i = 0; i < 200; i += 1) {
      const { status } = await get({ method: 'POST', path: `/${i}`, headers: { 'Content-Length': 0 } });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(origin.asked).toHaveLength(200);
    expect(new Set(origin.asked).size).toBe(200);
    expect([...statuses.keys()].sort()).toEqual([200, 502]);
    expect(statuses.get(502)).toBe(origin.raced());
  });
});
