/**
 * What the system says of a name, and what name servers say of its TTL: over real sockets. getaddrinfo takes an address for a name that it
 * knows, and our name server can be asked for one.
 */
import { Resolver } from 'node:dns/promises';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { askSystem, createLookUps } from '../../src/proxy/origin-lookup.js';
import { startNameServer, type NameServer } from '../support/name-server.js';

const open: NameServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function nameServer(names: Readonly<Record<string, readonly string[]>>): Promise<NameServer> {
  const server = await startNameServer(names);
  open.push(server);
  return server;
}

function resolverOf({ server }: NameServer): Resolver {
  const resolver = new Resolver({ timeout: 60_000, tries: 1 });
  resolver.setServers([server]);
  return resolver;
}

it.each([
  ['of the same address is believed', ['127.0.0.1'], 7],
  ['of another address is not', ['192.0.2.1'], undefined],
  ['of nothing is none', [], undefined],
])('a TTL %s', async (_, addresses, ttlS) => {
  const server = await nameServer({ '127.0.0.1': addresses });
  server.ttlS = 7;
  expect(await askSystem(resolverOf(server), '127.0.0.1', systemClock)).toEqual({ addresses: ['127.0.0.1'], ttlS });
});

it('a silent name server does not keep what the system knows', async () => {
  const server = await nameServer({});
  server.isSilent = true;
  const resolver = resolverOf(server);
  expect(await askSystem(resolver, '127.0.0.1', systemClock)).toEqual({ addresses: ['127.0.0.1'], ttlS: undefined });
  expect(server.asked).toBe(1);
  resolver.cancel();
});

it('what is under way can be given up', async () => {
  const server = await nameServer({});
  server.isSilent = true;
  const [address = '', port] = server.server.split(':');
  const lookUps = createLookUps({ servers: [{ address, port: Number(port) }], timeoutMs: 60_000, clock: systemClock });
  const asked = lookUps.find('origin.test');
  lookUps.cancel();
  await expect(asked).rejects.toMatchObject({ result: 'failed', code: 'EAI_AGAIN' });
});
