/**
 * An independent reader of our answers: Node's own resolver (c-ares) over real sockets.
 */
import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createDnsServer } from '../../src/dns/server.js';
import { silentLog } from '../../src/log.js';
import { createDnsFixture } from '../support/dns-fixture.js';

const zone = 'roundhouse.test';
const resolver = new Resolver({ timeout: 2000, tries: 2 });
const server = createDnsServer({
  ...createDnsFixture(),
  listen: { address: '127.0.0.1', port: 0 },
  tcp: { connectionsMax: 9, idleMs: 5000, pipelineMax: 9 },
  clock: systemClock,
  log: silentLog,
});

beforeAll(async () => {
  await server.start();
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
});
afterAll(() => server.stop(0));

describe('c-ares', () => {
  it('reads addresses, straight and through aliases, in the order we gave', async () => {
    expect(await resolver.resolve4(`www.${zone}`, { ttl: true })).toEqual([1, 2, 3, 4].map((last) => ({ address: `192.0.2.${last}`, ttl: 30 })));
    expect(await resolver.resolve4(`ALIAS2.${zone}`)).toEqual([2, 3, 4, 1].map((last) => `192.0.2.${last}`));
    expect(await resolver.resolve6(`www.${zone}`)).toEqual([1, 2, 3, 4].map((last) => `2001:db8::${last}`));
    expect(await resolver.resolveCname(`alias2.${zone}`)).toEqual([`alias.${zone}`]);
  });

  it('reads the other types', async () => {
    // Newer Node versions add the record's type.
    expect(await resolver.resolveMx(zone)).toMatchObject([{ exchange: `mail.${zone}`, priority: 10 }]);
    expect(await resolver.resolveNs(zone)).toMatchObject([`ns1.${zone}`]);
    expect(await resolver.resolveSoa(zone)).toMatchObject({
      nsname: `ns1.${zone}`,
      hostmaster: `hostmaster.${zone}`,
      serial: 1_700_000_000,
      refresh: 3600,
      retry: 600,
      expire: 1_209_600,
      minttl: 10,
    });
    expect(await resolver.resolveSrv(`_sip._udp.${zone}`)).toMatchObject([{ name: `mail.${zone}`, port: 5060, priority: 0, weight: 5 }]);
    expect(await resolver.resolveCaa(zone)).toMatchObject([{ critical: 0, issue: 'ca.example.org' }]);
    expect(await resolver.resolveTxt(`x.wild.${zone}`)).toMatchObject([['any card']]);
  });

  it('comes back over TCP for what was truncated', async () => {
    expect((await resolver.resolveTxt(`big.${zone}`)).flat().join('').length).toBe(2000);
  });

  it.each([
    [`nowhere.${zone}`, 'ENOTFOUND'],
    [`below.nothing.${zone}`, 'ENODATA'],
    ['example.org', 'EREFUSED'],
  ])('reads %s as %s', async (name, code) => {
    await expect(resolver.resolve4(name)).rejects.toMatchObject({ code });
  });
});
