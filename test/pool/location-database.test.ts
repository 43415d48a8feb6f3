/** Databases in MaxMind's format: what they say of networks, with and without the configuration over it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLocationDatabase, type LocationOfCodes } from '../../src/pool/location-database.js';
import { createLocations, readNetwork } from '../../src/pool/locations.js';
import { ServiceError } from '../../src/service.js';
import { writeDatabase, type Entry } from '../support/mmdb.js';

const country = (iso_code: string, continent: string) => ({ country: { iso_code }, continent: { code: continent } });

const entries: readonly Entry[] = [
  { network: '10.0.0.0/8', record: country('GB', 'EU') },
  { network: '11.0.0.0/9', record: country('FR', 'EU') },
  { network: '11.128.0.0/9', record: country('DE', 'EU') },
  { network: '12.1.2.0/24', record: country('US', 'NA') },
  { network: '13.0.0.0/8', record: { registered_country: { iso_code: 'GB' } } },
  { network: '14.0.0.0/8', record: { country: 'United Kingdom', country_code: 'GB' } },
  { network: '255.255.255.255', record: country('GB', 'EU') },
  { network: '2001:db8::/32', record: country('GB', 'EU') },
  { network: '2002:a00::/24', record: country('GB', 'EU') },
  { network: '2a00::/12', record: country('FR', 'EU') },
  { network: '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', record: country('GB', 'EU') },
];
const onlyIpv4 = entries.filter(({ network }) => !network.includes(':'));

/** London has Great Britain, Paris the rest of Europe. */
const locationOf: LocationOfCodes = (iso, continent) => (iso === 'GB' ? 0 : continent === 'EU' ? 1 : -1);
const london = { name: 'london', networks: [] };
const paris = { name: 'paris', networks: [] };

describe('a database', () => {
  it.each([
    { ipVersion: 6, recordBits: 24 },
    { ipVersion: 6, recordBits: 28 },
    { ipVersion: 4, recordBits: 24 },
    { ipVersion: 4, recordBits: 32 },
  ] as const)('says where networks are ($ipVersion, $recordBits)', (options) => {
    const networks = readLocationDatabase(writeDatabase(options.ipVersion === 6 ? entries : onlyIpv4, options), locationOf, 'x');
    const locations = createLocations([london, paris], networks);
    const of = (address: string): number[] => [locations.locate(address), locations.scopeBits];
    expect(of('10.1.2.3')).toEqual([0, 8]);
    expect(of('11.1.2.3')).toEqual([1, 8]); // two countries, one location
    expect(of('11.200.2.3')).toEqual([1, 8]);
    expect(of('12.1.2.3')[0]).toBe(-1);
    expect([of('13.1.1.1')[0], of('14.1.1.1')[0], of('255.255.255.255'), of('255.255.255.254')[0]]).toEqual([0, 0, [0, 32], -1]);
    if (options.ipVersion === 4) return;
    expect([of('2001:db8:1::1'), of('2a0f::1'), of('3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')]).toEqual([[0, 32], [1, 12], [0, 128]]);
    expect([of('2002:a00::1')[0], of('2001::1')[0], of('fe80::1')[0]]).toEqual([-1, -1, -1]);
  });

  it('yields to what the configuration says', () => {
    const networks = readLocationDatabase(writeDatabase(entries), locationOf, 'x');
    const locations = createLocations([london, { ...paris, networks: ['10.7.0.0/16', '0.0.0.0/5'] }], networks);
    expect(['10.7.1.1', '10.6.1.1', '1.1.1.1', '11.0.0.1'].map(locations.locate)).toEqual([1, 0, 1, 1]);
  });

  it('says the same as the networks that it was made of', () => {
    const ipv6 = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 7, maxLength: 7 }).map((groups) => {
      return `2a01:${groups.map((group) => group.toString(16)).join(':')}`;
    });
    const network = fc.oneof(
      fc.record({ address: fc.ipV4(), bits: fc.integer({ min: 1, max: 32 }) }),
      fc.record({ address: ipv6, bits: fc.integer({ min: 16, max: 128 }) }),
    );
    const textOf = ({ address, bits }: { readonly address: string; readonly bits: number }): string => `${address}/${bits}`;
    const shape = ([of]: [{ address: string; bits: number }, number]): string => JSON.stringify(readNetwork(textOf(of)));
    const tables = fc.uniqueArray(fc.tuple(network, fc.nat({ max: 1 })), { maxLength: 12, selector: shape });
    fc.assert(
      fc.property(tables, fc.oneof(fc.ipV4(), fc.constant('2a01::1')), (table, address) => {
        const wideFirst = table.toSorted(([a], [b]) => a.bits - b.bits);
        const known = wideFirst.map(([of, location]) => ({ ...readNetwork(textOf(of)), location }));
        const written = wideFirst.map(([of, at]) => ({ network: textOf(of), record: { country: at === 0 ? 'GB' : 'FR' } }));
        const direct = createLocations([london, paris], known);
        const read = createLocations([london, paris], readLocationDatabase(writeDatabase(written), (iso) => (iso === 'GB' ? 0 : 1), 'x'));
        for (const one of [address, ...table.map(([{ address: of }]) => of)]) {
          expect([read.locate(one), read.scopeBits]).toEqual([direct.locate(one), direct.scopeBits]);
        }
      }),
    );
  });

  it('may be empty', () => {
    expect(readLocationDatabase(writeDatabase([]), locationOf, 'x')).toEqual([]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('not a database\n'.repeat(100))],
    ['the marker alone', Buffer.from('abcdef4d61784d696e642e636f6d', 'hex')],
    ['one without its data', Buffer.concat([writeDatabase(entries).subarray(0, 60), writeDatabase(entries).subarray(-200)])],
  ])('is refused, and named, when it is %s', (_, content) => {
    const read = () => readLocationDatabase(content, locationOf, 'dns.locationDatabase: /a.mmdb');
    expect(read).toThrow(ServiceError);
    expect(read).toThrow("dns.locationDatabase: /a.mmdb is not a database in MaxMind's format: ");
  });
});
