/**
 * Origins that have a name, over real sockets, a real name server and both engines.
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { engines } from '../../src/proxy/engines/engines.js';
import type { WorkerOptions } from '../../src/proxy/worker.js';
import { startNameServer, type NameServer } from '../support/name-server.js';
import { limits as workerLimits, startWorkerWith } from './worker-harness.js';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Says where it is; probes too are answered. */
async function originAt(address: string, port = 0): Promise<number> {
  const answer: RequestListener = (_, response) => response.end(address);
  const server: Server = createServer(answer).listen(port, address);
  await once(server, 'listening');
  open.push(() => (server.closeAllConnections(), server.close()));
  return (server.address() as AddressInfo).port;
}

async function nameServer(addresses: readonly string[]): Promise<NameServer> {
  const server = await startNameServer({ 'origin.test': addresses });
  open.push(() => server.close());
  return server;
}

const asking = ({ server }: NameServer): Pick<WorkerOptions, 'resolver'> => ({
  resolver: { servers: [server], timeoutMs: 300, ttlMinS: 1, ttlMaxS: 3600, validS: 1 },
});

describe.each(Object.entries(engines))('the %s engine', (_, createEngine) => {
  async function workerFor(names: NameServer, port: number, limits: Partial<WorkerOptions['limits']> = {}) {
    const { get, worker } = await startWorkerWith(createEngine, [`http://origin.test:${port}`], {
      ...asking(names),
      ...(Object.keys(limits).length === 0 ? {} : { limits: { ...workerLimits, ...limits } }),
    });
    return { worker, from: async () => String((await get()).body), get };
  }

  it('spreads connections over all addresses', async () => {
    const port = await originAt('127.0.0.2');
    await originAt('127.0.0.3', port);
    const { from } = await workerFor(await nameServer(['127.0.0.2', '127.0.0.3']), port, { originRequestsMax: 1 });
    const seen = new Set<string>();
    for (let i = 0; i < 6; i += 1) seen.add(await from());
    expect([...seen].sort()).toEqual(['127.0.0.2', '127.0.0.3']);
  });

  it.each([[['127.0.0.2']], [['127.0.0.2', '127.0.0.3']]])('uses a connection again: %j', async (addresses) => {
    const port = await originAt('127.0.0.2');
    await originAt('127.0.0.3', port);
    const { from, worker } = await workerFor(await nameServer(addresses), port);
    const first = await from();
    for (let i = 0; i < 5; i += 1) expect(await from()).toBe(first);
    expect(worker.engine.originConnectionsTotal).toBe(1);
  });

  it('passes over an address that refuses', async () => {
    const port = await originAt('127.0.0.2');
    const { get, worker } = await workerFor(await nameServer(['127.0.0.4', '127.0.0.2', '::1']), port, { originRequestsMax: 1 });
    for (let i = 0; i < 6; i += 1) expect(await get()).toMatchObject({ status: 200, body: Buffer.from('127.0.0.2') });
    expect(worker.named.addresses.get('o1')?.count()).toBe(3);
  });

  it('follows the name within its TTL, away from connections that it has', async () => {
    const port = await originAt('127.0.0.2');
    await originAt('127.0.0.3', port);
    const names = await nameServer(['127.0.0.2']);
    names.ttlS = 1;
    const { from } = await workerFor(names, port);
    expect(await from()).toBe('127.0.0.2');
    names.names.set('origin.test', ['127.0.0.3']);
    const asked = names.asked;
    await expect.poll(() => names.asked, { timeout: 5000 }).toBeGreaterThan(asked);
    await expect.poll(from, { timeout: 5000 }).toBe('127.0.0.3');
    expect(await from()).toBe('127.0.0.3');
  });

  it('goes on while the name server is silent, and not when the name is gone', async () => {
    const port = await originAt('127.0.0.2');
    const names = await nameServer(['127.0.0.2']);
    names.ttlS = 1;
    const { from, get, worker } = await workerFor(names, port, { originRequestsMax: 1 });
    expect(await from()).toBe('127.0.0.2');
    names.isSilent = true;
    await expect.poll(() => worker.named.lookUps.at(0, 2), { timeout: 8000 }).toBe(1); // failed
    expect(await from()).toBe('127.0.0.2');
    names.isSilent = false;
    names.names.delete('origin.test');
    await expect.poll(() => worker.named.lookUps.at(0, 1), { timeout: 8000 }).toBeGreaterThan(0); // not found
    const gone = await get();
    expect([gone.status, String(gone.body)]).toEqual([502, expect.stringContaining('The origin cannot be reached.')]);
  });

  it('finds a name of the hosts file as the system does', async () => {
    const port = await originAt('127.0.0.1');
    const { get } = await startWorkerWith(createEngine, [`http://localhost:${port}`]);
    expect(String((await get()).body)).toBe('127.0.0.1');
  });
});
