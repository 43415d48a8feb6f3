/**
 * A purge through the control process: all workers or their names, over real endpoints.
 */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createVirtualClock, systemClock, type Clock } from '../../src/clock.js';
import { purgeAll } from '../../src/control/purge.js';
import { silentLog } from '../../src/log.js';
import { createEndpoint } from '../../src/metrics/endpoint.js';
import type { Metrics } from '../../src/metrics/metrics.js';
import { createPool } from '../../src/pool/pool.js';
import type { SocketAddress } from '../../src/service.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const metrics: Metrics = { contentType: 'text/plain', render: () => Promise.resolve(''), close: () => undefined };

async function endpoint(count: (said: unknown) => number, token?: string): Promise<SocketAddress> {
  const service = createEndpoint({
    ...{ listen: { address: '127.0.0.1', port: 0 }, what: 'worker', option: 'x', metrics, ready: () => ({ ready: true as const }) },
    ...{ clock: systemClock, log: silentLog, purge: async (said) => count(said), token },
  });
  await service.start();
  cleanups.push(() => service.stop(0));
  return service.address();
}

/** Takes requests and says nothing. */
async function silent(): Promise<{ readonly at: SocketAddress; readonly asked: Promise<unknown> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close(), () => server.closeAllConnections());
  return { at: { address: '127.0.0.1', port: (server.address() as AddressInfo).port }, asked: once(server, 'request') };
}

async function closedPort(): Promise<SocketAddress> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return { address: '127.0.0.1', port };
}

function tier(endpoints: readonly SocketAddress[], token?: string, clock: Clock = systemClock) {
  const members = endpoints.map((_, index) => ({ name: `w${index + 1}`, index, address: `127.0.0.${11 + index}`, port: 8080, weight: 1 }));
  const pool = createPool(members, { upThresh: 0.5, initialHealth: 'down', realtimeMs: () => 0 });
  return { pool, options: { pool, endpointOf: ({ index }: { index: number }) => endpoints[index] as SocketAddress, token, clock } };
}

describe('purgeAll', () => {
  it('asks all, also those that are down or disabled; counts, and names who did not', async () => {
    const said: unknown[] = [];
    const counting = (count: number) => (what: unknown) => {
      said.push(what);
      return count;
    };
    const strangers = [await closedPort(), await endpoint(() => 1, 'other')];
    const { pool, options } = tier([await endpoint(counting(3)), await endpoint(counting(4)), ...strangers, await endpoint(counting(9))]);
    pool.setAdmin('w5', 'disabled');
    expect(await purgeAll(options, { tag: 't' })).toEqual({
      purged: 16,
      workers: [{ name: 'w1', purged: 3 }, { name: 'w2', purged: 4 }, { name: 'w5', purged: 9 }],
      absent: ['w3'],
      failed: [{ name: 'w4', reason: 'changes need the token: set ROUNDHOUSE_TOKEN to the one that this process has' }],
    });
    expect(said).toEqual([{ tag: 't' }, { tag: 't' }, { tag: 't' }]);
  });

  it('marks what one that is away left on disk, and asks it again: it may have started meanwhile', async () => {
    const { options } = tier([await closedPort(), await closedPort()]);
    const marked: string[] = [];
    const onAbsent = async (worker: string): Promise<void> => {
      marked.push(worker);
      if (worker === 'w2') throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    const outcome = await purgeAll({ ...options, onAbsent }, { tag: 't' });
    expect(marked.toSorted()).toEqual(['w1', 'w2']);
    expect(outcome).toMatchObject({ absent: ['w1'], failed: [{ name: 'w2', reason: expect.stringContaining('could not be marked: EACCES') }] });
    let port = 0;
    const late = { ...options, endpointOf: () => ({ address: '127.0.0.1', port }), onAbsent: async () => void ({ port } = await endpoint(() => 5)) };
    port = (await closedPort()).port;
    expect(await purgeAll(late, { tag: 't' })).toMatchObject({ purged: 10, absent: [] });
  });

  it('waits 4 s for one that says nothing', async () => {
    const clock = createVirtualClock();
    const { at, asked } = await silent();
    const outcome = purgeAll(tier([at], undefined, clock).options, { tag: 't' });
    await asked;
    clock.advance(4000);
    expect(await outcome).toMatchObject({ purged: 0, failed: [{ name: 'w1', reason: 'no answer within 4000 ms' }] });
  });

  it('sends the token', async () => {
    const { options } = tier([await endpoint(() => 1, 'secret')], 'secret');
    expect(await purgeAll(options, {})).toMatchObject({ purged: 1, failed: [] });
  });

  it('passes on what a worker has to say of the request', async () => {
    const { options } = tier([
      await endpoint(() => {
        throw new RangeError('say what');
      }),
    ]);
    await expect(purgeAll(options, {})).rejects.toThrow('say what');
  });
});
