/** How long connections to an origin live, and how many of them are kept. */
import { expect, it } from 'vitest';
import type { CreateEngine } from '../../../../src/proxy/engines/engine.js';
import { answering } from '../../../support/lenient-origin.js';
import { until } from '../../worker-harness.js';
import { startHarness, type Harness } from './harness.js';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** @returns whether it went over a connection that had served before */
async function ask(h: Harness): Promise<boolean> {
  const attempt = h.send({});
  const [reused] = await attempt.until('onConnect');
  await attempt.until('onEnd');
  return reused as boolean; // onConnect's argument
}

async function atOnce(h: Harness, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => ask(h)));
}

export function originConnectionTests(create: CreateEngine): void {
  it('keeps as many idle connections as it may, and closes the others', async () => {
    const h = await startHarness(create, { limits: { originIdleMax: 2 }, onConnection: answering(ok) });
    await atOnce(h, 5);
    await until(() => h.engine.stats.originConnections === 2);
    await atOnce(h, 2);
    expect(h.engine.stats).toMatchObject({ originConnections: 2, originConnectionsTotal: 5 });
  });

  it('keeps none if it may keep none', async () => {
    const h = await startHarness(create, { limits: { originIdleMax: 0 }, onConnection: answering(ok) });
    expect([await ask(h), await ask(h)]).toEqual([false, false]);
    await until(() => h.engine.stats.originConnections === 0);
  });

  it('sends so many requests over one connection, and no more', async () => {
    const h = await startHarness(create, { limits: { originRequestsMax: 3 }, onConnection: answering(ok) });
    const reused: boolean[] = [];
    while (reused.length < 7) reused.push(await ask(h));
    expect(reused).toEqual([false, true, true, false, true, true, false]);
    await until(() => h.engine.stats.originConnections === 1);
  });

  it('closes a connection that has grown old when its request is over', async () => {
    const timeouts = { originKeepAliveMs: 3_000_000, originAgeMs: 3_600_000 };
    const h = await startHarness(create, { timeouts, onConnection: answering(ok) });
    expect([await ask(h), await ask(h)]).toEqual([false, true]);
    h.clock.advance(2_000_000);
    expect(await ask(h)).toBe(true);
    h.clock.advance(2_000_000);
    expect([await ask(h), await ask(h)]).toEqual([true, false]);
  });

  it('serves those who wait on new connections when the old ones have had their share', async () => {
    const h = await startHarness(create, { limits: { originConnectionsMax: 1, originRequestsMax: 2 }, onConnection: answering(ok) });
    await atOnce(h, 7);
    expect(h.engine.stats.originConnectionsTotal).toBe(4);
  });

  it('forgets those who gave up waiting, and serves the others in their order', async () => {
    const h = await startHarness(create, { limits: { originConnectionsMax: 1 } });
    const first = h.send({ target: '/first' });
    const connection = await h.origin.next();
    await connection.until((text) => text.includes('/first'));
    const waiting = Array.from({ length: 1000 }, (_, index) => h.send({ target: `/${index}` }));
    const kept = [3, 500, 999];
    waiting.forEach((attempt, index) => void (kept.includes(index) ? 0 : attempt.abort()));
    connection.send(ok);
    await first.until('onEnd');
    for (const index of kept) {
      await connection.until((text) => text.includes(`/${index} `));
      connection.send(ok);
      await waiting[index]?.until('onEnd');
    }
    expect(connection.text.match(/GET \S+/g)).toEqual(['GET /first', 'GET /3', 'GET /500', 'GET /999']);
  });
}
