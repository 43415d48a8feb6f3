import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addressAt, originsOf, shownTtl, weighsDemand, weighsLoads, workersOf } from '../../src/config/effective.js';
import { effectiveYaml } from '../../src/config/print.js';
import { loadConfig } from '../../src/config/load.js';
import type { ConfigInput } from '../../src/config/schema.js';

const directory = mkdtempSync(join(tmpdir(), 'roundhouse-effective-'));
afterAll(() => rmSync(directory, { recursive: true }));

const config = (overrides: ConfigInput) => loadConfig({ overrides }).config;

describe('the list of workers', () => {
  it('counts addresses up', () => {
    expect(workersOf(config({ workers: { count: 2, address: '10.0.0.255', port: 80 } }))).toEqual([
      { name: 'w1', index: 0, address: '10.0.0.255', port: 80, metricsPort: 9101, weight: 1 },
      { name: 'w2', index: 1, address: '10.0.1.0', port: 80, metricsPort: 9101, weight: 1 },
    ]);
  });

  it('takes from members what they say and from the pool what they do not', () => {
    const members = [{ name: 'a', address6: '::1', port: 81 }, { name: 'b', address: '10.0.0.1', metricsPort: 82, weight: 3, location: 'EU' }];
    expect(workersOf(config({ workers: { members }, locations: { eu: {}, far: { workers: ['A'] } } }))).toEqual([
      { name: 'a', index: 0, address6: '::1', port: 81, metricsPort: 9101, weight: 1, location: 'far' },
      { name: 'b', index: 1, address: '10.0.0.1', port: 8080, metricsPort: 82, weight: 3, location: 'eu' },
    ]);
  });

  it('has a port of TLS where there is one', () => {
    const proxy = { tls: { certificates: [{ certificate: 'a.pem', key: 'a.key' }] } };
    const tlsPorts = (workers: ConfigInput['workers']) => workersOf(config({ workers, proxy })).map(({ tlsPort }) => tlsPort);
    const members = [{ name: 'a', address: '10.0.0.1', tlsPort: 444 }, { name: 'b', address: '10.0.0.2' }];
    expect(tlsPorts({ count: 2, tlsPort: 443 })).toEqual([443, 443]);
    expect(tlsPorts({ members, tlsPort: 443 })).toEqual([444, 443]);
    expect(tlsPorts({ members })).toEqual([444, undefined]);
  });
});

describe('what the DNS side goes by', () => {
  it.each<[ConfigInput['dns'], { readonly loads: boolean; readonly demand: boolean }]>([
    [{}, { loads: false, demand: false }],
    [{ alarm: 0.9 }, { loads: true, demand: false }],
    [{ policy: 'least-loaded' }, { loads: true, demand: false }],
    [{ policy: 'least-backlog' }, { loads: true, demand: false }],
    [{ policy: 'two-tier' }, { loads: false, demand: true }],
    [{ policy: 'fixed', ttl: '240/per-domain' }, { loads: false, demand: true }],
    [{ ttl: '240/per-domain-and-server' }, { loads: false, demand: true }],
    [{ ttl: '30/5' }, { loads: false, demand: false }],
    [{ policy: './mine.js' }, { loads: true, demand: true }],
  ])('%j', (dns, { loads, demand }) => {
    expect({ loads: weighsLoads(config({ dns })), demand: weighsDemand(config({ dns })) }).toEqual({ loads, demand });
  });

  it.each([[30, '30 s'], ['30/5', '30/5 s'], ['240/per-domain', '240 s/per-domain']])('shows a TTL of %j as %s', (ttl, shown) => {
    expect(shownTtl(config({ dns: { ttl } }))).toBe(shown);
  });
});

it('addresses count up through all bytes and end with the last one', () => {
  const bytes = (address: string): number => Buffer.from(address.split('.').map(Number)).readUInt32BE();
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(1000), (first, by) => {
      const sum = bytes(first) + by;
      const address = addressAt(first, by);
      expect(address === undefined ? 2 ** 32 : bytes(address)).toBe(Math.min(sum, 2 ** 32));
    }),
  );
});

describe('the list of origins', () => {
  it('is the built-in one by default, at an address that can be reached', () => {
    expect(originsOf(config({}))).toEqual([{ name: 'origin', url: 'http://127.0.0.1:9000', weight: 1 }]);
    expect(originsOf(config({ origin: { address: '::' } }))[0]?.url).toBe('http://[::1]:9000');
    expect(originsOf(config({ origin: { address: '0.0.0.0', port: 1 } }))[0]?.url).toBe('http://127.0.0.1:1');
  });

  it('names them by their place', () => {
    const origins = ['http://a.test', { url: 'http://b.test', name: 'blue' }, { url: 'https://c.test', weight: 4, tls: { serverName: 'd.test' } }];
    expect(originsOf(config({ origins }))).toEqual([
      { name: 'o1', url: 'http://a.test', weight: 1 },
      { name: 'blue', url: 'http://b.test', weight: 1, tls: { verify: true } },
      { name: 'o3', url: 'https://c.test', weight: 4, tls: { verify: true, serverName: 'd.test' } },
    ]);
  });
});

/** Valid configurations from all over the schema; strings that YAML would take for something else included. */
const text = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('null', 'yes', '- a', '#', '1e3', '0x1f', ': ', '&a', '"', 'a\n  b', ' ', '~'));
const unquoted = text.filter((value) => !value.trimStart().startsWith('"'));
const trusted = fc.array(fc.oneof(fc.ipV4(), fc.constantFrom('10.0.0.0/8', '2001:db8::/32')));
const configs = fc.record(
  {
    origins: fc
      .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 5 })
      .map((hosts) => hosts.map((host) => (host % 2 ? `http://h${host}.test` : { url: `https://h${host}.test:8443`, weight: host }))),
    dns: fc.record(
      {
        ttl: fc.oneof(
          fc.integer({ min: 0, max: 86_400 }),
          fc.tuple(fc.nat(99), fc.nat(99)).map(([a, b]) => `${Math.max(a, b)}/${Math.min(a, b)}`),
        ),
        policy: fc.constantFrom('fixed', 'affinity', './x.js'),
        records: fc.array(fc.record({ name: fc.constantFrom('@', 'txt', '*.deep'), type: fc.constant('TXT'), value: unquoted })),
      },
      { requiredKeys: [] },
    ),
    workers: fc.oneof(
      fc.record({ count: fc.integer({ min: 1, max: 250 }) }),
      fc.record({ members: fc.constant([{ name: 'no', address: '127.1.0.1' }, { name: '0x1', address6: '::1', weight: 9 }]) }),
    ),
    proxy: fc.record({ accessLogFile: text, trustedNetworks: trusted, proxyProtocolNetworks: trusted }, { requiredKeys: [] }),
    origin: fc.record({ directory: text }),
    log: fc.record({ to: text }),
  },
  { requiredKeys: [] },
).filter(({ origins, origin }) => origins === undefined || origin === undefined);

it('the effective configuration loads to itself', () => {
  const file = join(directory, 'effective.yaml');
  fc.assert(
    fc.property(configs, (overrides) => {
      const first = loadConfig({ overrides }).config;
      writeFileSync(file, effectiveYaml(first));
      expect(loadConfig({ file }).config).toEqual(first);
    }),
  );
});
