/**
 * The least that virtual users can visit: our DNS server over a pool, and HTTP servers at its members' addresses, all in this
 * process, each to be slowed down, closed or left hanging.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../src/clock.js';
import { createDnsServer } from '../../src/dns/server.js';
import { silentLog } from '../../src/log.js';
import type { PoolMember } from '../../src/pool/pool.js';
import type { SocketAddress } from '../../src/service.js';
import { ownNetwork } from './addresses.js';
import { createDnsFixture, type DnsFixture } from './dns-fixture.js';

export interface SmallTier extends DnsFixture {
  readonly dns: SocketAddress;
  readonly members: readonly PoolMember[];
  readonly workers: readonly SocketAddress[];
  /** Requests served, by worker. */
  readonly served: number[];
  /** Before each response; 0 at once. */
  delayMs: number;
  /** Of each response. */
  status: number;
  stopDns(): Promise<void>;
  /** Closes its port and cuts its connections. */
  kill(worker: number): void;
  /** Closes all connections that wait for a request. */
  closeIdle(): void;
  stop(): Promise<void>;
}

export async function startSmallTier(count = 3): Promise<SmallTier> {
  const network = ownNetwork();
  const members = Array.from({ length: count }, (_, index) => {
    return { name: `w${index + 1}`, index, address: `${network}.${11 + index}`, port: 80, weight: 1 };
  });
  const fixture = createDnsFixture({ members, records: [] });
  const listen = { address: `${network}.1`, port: 0 };
  const tcp = { connectionsMax: 10, idleMs: 1000, pipelineMax: 10 };
  const dns = createDnsServer({ ...fixture, listen, tcp, clock: systemClock, log: silentLog });
  await dns.start();
  const served = members.map(() => 0);
  const servers = await Promise.all(members.map(({ address }, index) => startServer(address, () => {
    served[index] = (served[index] ?? 0) + 1;
    return tier;
  })));
  const kill = (worker: number): void => {
    servers[worker]?.close();
    servers[worker]?.closeAllConnections();
  };
  const tier: SmallTier = {
    ...fixture,
    ...{ members, served, kill, delayMs: 0, status: 200, dns: dns.address() },
    workers: servers.map((server) => {
      const { address, port } = server.address() as AddressInfo;
      return { address, port };
    }),
    stopDns: () => dns.stop(0),
    closeIdle: () => servers.forEach((server) => server.closeIdleConnections()),
    async stop() {
      members.forEach(({ index }) => kill(index));
      await dns.stop(0);
    },
  };
  return tier;
}

async function startServer(address: string, onRequest: () => Pick<SmallTier, 'delayMs' | 'status'>): Promise<Server> {
  const server = createServer((_, response) => {
    const { delayMs, status } = onRequest();
    const answer = (): void => void response.writeHead(status, { 'content-length': 2 }).end('ok');
    if (delayMs === 0) answer();
    else setTimeout(answer, delayMs);
  });
  server.listen(0, address);
  await once(server, 'listening');
  return server;
}
