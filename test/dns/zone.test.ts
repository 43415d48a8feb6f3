import { describe, expect, it } from 'vitest';
import { createZone, type ZoneOptions, type ZoneRecord } from '../../src/dns/zone.js';
import { createPool } from '../../src/pool/pool.js';
import { ServiceError } from '../../src/service.js';
import { members, zoneOptions } from '../support/dns-fixture.js';

const pool = createPool(members, { upThresh: 0.5, initialHealth: 'up', realtimeMs: () => 0 });
const build = (overrides: Partial<ZoneOptions>) => () => createZone(zoneOptions(pool, overrides));
const record = (name: string, type: ZoneRecord['type'], value: string): ZoneRecord => ({ name, type, ttlS: 60, value });

describe('createZone', () => {
  it.each([
    ['a bad value', [record('mail', 'A', '1.2.3')], 'zone roundhouse.test: record 1 (mail A "1.2.3"): expected an IPv4 address, such as 192.0.2.1'],
    ['a name outside', [record('a', 'A', '192.0.2.1'), record('example.org.', 'A', '192.0.2.1')], 'record 2 (example.org. A "192.0.2.1"): the name example.org is outside the zone roundhouse.test'],
    ['a name that only looks inside', [record('xroundhouse.test.', 'A', '192.0.2.1')], 'is outside the zone'],
    ['CNAME beside other data', [record('x', 'CNAME', 'y'), record('X', 'TXT', 't')], 'zone roundhouse.test: x.roundhouse.test: CNAME cannot stand beside other records'],
    ['CNAME at the apex', [record('@', 'CNAME', 'y')], 'CNAME cannot stand beside other records'],
    ['two CNAME', [record('x', 'CNAME', 'y'), record('x', 'CNAME', 'z')], 'only one CNAME'],
    ['NS below the apex', [record('sub', 'NS', 'ns.example.org.')], 'delegations are not supported'],
    ['an address at the service name', [record('WWW', 'A', '192.0.2.1')], 'the addresses of this name come from the pool'],
    ['an alias at the service name', [record('www', 'CNAME', 'mail')], 'the addresses of this name come from the pool'],
    ['an address at a worker', [record('w1', 'AAAA', '::1')], 'this name belongs to a worker'],
    ['a set that no message holds', Array.from({ length: 300 }, (_, n) => record('huge', 'TXT', `${n}`.padEnd(250, 'x'))), 'at most 60000 fit'],
  ] as const)('refuses %s', (_, records, message) => {
    expect(build({ records })).toThrow(ServiceError);
    expect(build({ records })).toThrow(message);
  });

  it.each([
    ['the root', { zone: '.' }, 'expected a name, not the root'],
    ['no name server', { nameservers: [] }, 'expected at least one name server'],
    ['a name server in the zone without address', { nameservers: ['ns.roundhouse.test.'] }, 'name server ns.roundhouse.test.: it is in the zone but has no address'],
    ['a name server at an address that nobody reaches', { nameserverAddress: '0.0.0.0' }, 'name server ns1: 0.0.0.0 is not an address that others can reach'],
    ['a name server that is an alias', { nameservers: ['ns1'], records: [record('ns1', 'CNAME', 'mail')] }, 'must not be an alias'],
  ] as const)('refuses %s', (_, overrides, message) => {
    expect(build(overrides)).toThrow(message);
  });

  it('refuses a worker with the service name', () => {
    const rotated = { ...zoneOptions(pool).rotated, name: 'w2' };
    expect(build({ rotated })).toThrow('worker w2: a worker must not have the service name');
  });

  it.each([
    ['www', 'location www: the service and each location must have names of their own'],
    ['W3', 'worker w3: a worker must not have the service name or that of a location'],
    ['mail', 'record 1 (mail A "192.0.2.1"): the addresses of this name come from the pool'],
    ['far.away.', 'location far.away.: the name far.away is outside the zone'],
  ])('refuses a location with the name %s', (name, message) => {
    const { rotated } = zoneOptions(pool);
    expect(build({ locations: [{ ...rotated, name }], records: [record('mail', 'A', '192.0.2.1')] })).toThrow(message);
  });

  it.each([
    ['name servers elsewhere need no address', { nameservers: ['ns.example.org.'], nameserverAddress: '0.0.0.0' }],
    ['a record gives the name server its address', { nameserverAddress: '0.0.0.0', records: [record('ns1', 'A', '192.0.2.53')] }],
    ['a name server may be a worker', { nameservers: ['w1.roundhouse.test.'] }],
    ['other types may stand at the service name', { records: [record('www', 'CAA', '0 issue ca'), record('w1', 'TXT', 'x')] }],
    ['NS at the apex adds to ours', { records: [record('@', 'NS', 'ns.example.org.')] }],
  ] as const)('allows: %s', (_, overrides) => {
    expect(build(overrides)).not.toThrow();
  });

  it('takes equal records once, and the least TTL of a set', () => {
    const records: ZoneRecord[] = [record('x', 'A', '192.0.2.1'), { ...record('x', 'A', '192.0.2.1'), ttlS: 5 }, record('x', 'A', '192.0.2.2')];
    const zone = createZone(zoneOptions(pool, { records }));
    const name = { lower: Uint8Array.from(Buffer.from('\x01x\x0aroundhouse\x04test\0', 'latin1')), labelAt: Uint8Array.of(0, 2, 13), labels: 3, bytes: 19 };
    const sets = zone.find(name, zone.apexAt(name))?.sets ?? [];
    expect(sets.map(({ records: encoded }) => encoded.map((bytes) => [bytes.readUInt32BE(6), bytes.at(-1)]))).toEqual([
      [
        [5, 1],
        [5, 2],
      ],
    ]);
  });
});
