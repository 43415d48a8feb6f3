/** Networks to locations: the longest prefix, how far the answer holds, and the policy that goes by it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLocations, readNetwork, type KnownNetwork } from '../../src/pool/locations.js';
import { addressBytes, readAddress } from '../../src/pool/address.js';
import { bitAt } from '../../src/pool/prefix-tree.js';
import { createNearest } from '../../src/pool/policies/nearest.js';
import { createRoundRobin } from '../../src/pool/policies/round-robin.js';
import type { PoolMember } from '../../src/pool/pool.js';
import { createRandom } from '../../src/random.js';

const bytesOf = (address: string): { bytes: Uint8Array; familyBits: number } => {
  const familyBits = readAddress(address);
  return { bytes: addressBytes.slice(0, familyBits / 8), familyBits };
};

describe('addresses', () => {
  it.each([
    ['192.0.2.1', [192, 0, 2, 1]],
    ['::ffff:192.0.2.1', [192, 0, 2, 1]],
    ['::FFFF:c000:201', [192, 0, 2, 1]],
    ['2001:db8::1', [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['fe80::1%eth0', [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['', []],
    ['192.0.2', []],
    ['example.org', []],
    ['2001:db8::1::2', []],
  ])('%s', (text, bytes) => {
    expect([...bytesOf(text).bytes]).toEqual(bytes);
  });
});

describe('networks', () => {
  it.each([
    ['10.1.2.3/8', 32, 8, [10, 0, 0, 0]],
    ['10.1.2.3', 32, 32, [10, 1, 2, 3]],
    ['255.255.255.255/1', 32, 1, [128, 0, 0, 0]],
    ['0.0.0.0/0', 32, 0, [0, 0, 0, 0]],
    ['::ffff:10.0.0.0/104', 32, 8, [10, 0, 0, 0]],
    ['2001:db8:ff::/33', 128, 33, [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ])('%s', (text, familyBits, bits, bytes) => {
    const network = readNetwork(text);
    expect({ ...network, bytes: [...network.bytes] }).toEqual({ familyBits, bits, bytes });
  });

  it.each(['10.0.0.0/33', '10.0.0.0/x', '10.0.0/8', '::/129', '::ffff:10.0.0.0/90', 'x', '10.0.0.0/-1', '10.0.0.0/1.5'])('refuse %s', (text) => {
    expect(() => readNetwork(text)).toThrow('expected an address or a prefix such as 10.0.0.0/8');
  });
});

describe('locations', () => {
  const locations = createLocations([
    { name: 'london', networks: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'] },
    { name: 'paris', networks: ['10.5.0.0/16', '2001:db8:5::/48'] },
  ]);
  const london = 0;
  const paris = 1;

  it.each([
    ['10.1.2.3', london, 14], // 10.4.0.0/14 has Paris in it, 10.0.0.0/14 has not
    ['10.5.200.1', paris, 16],
    ['10.4.0.1', london, 16],
    ['10.255.0.0', london, 9],
    ['192.0.2.7', london, 32],
    ['192.0.2.6', -1, 32],
    ['128.0.0.1', -1, 2],
    ['2001:db8:5:1::1', paris, 48],
    ['fe80::1', -1, 1],
    ['nobody', -1, -1],
  ])('%s', (address, location, scopeBits) => {
    expect(locations.locate(address)).toBe(location);
    if (scopeBits >= 0) expect(locations.scopeBits).toBe(scopeBits);
  });

  it('of less than what decides are the one around, and the scope says how much more would decide', () => {
    const find = (network: string): number[] => {
      const { familyBits, bytes, bits } = readNetwork(network);
      return [locations.find(familyBits, bytes, bits), locations.scopeBits];
    };
    expect(find('10.0.0.0/8')).toEqual([london, 14]);
    expect(find('10.5.0.0/15')).toEqual([london, 16]); // 10.4.0.0/15
    expect(find('10.5.0.0/24')).toEqual([paris, 16]);
    expect(find('8.0.0.0/6')).toEqual([-1, 7]);
  });

  it('hold for all where there is nothing to tell apart', () => {
    const everything = createLocations([{ name: 'london', networks: ['0.0.0.0/1', '128.0.0.0/1'] }]);
    expect([everything.locate('203.0.113.1'), everything.scopeBits]).toEqual([0, 0]);
    expect([everything.locate('2001:db8::1'), everything.scopeBits]).toEqual([-1, 0]);
  });

  it('of the configuration stand over those of a database, inside and around', () => {
    const known: KnownNetwork[] = ['10.0.0.0/8', '10.5.5.0/24', '11.0.0.0/8'].map((text) => ({ ...readNetwork(text), location: 1 }));
    const both = createLocations([{ name: 'london', networks: ['10.5.0.0/16'] }, { name: 'paris', networks: [] }], known);
    expect(['10.1.0.0', '10.5.5.1', '10.5.6.1', '11.0.0.1', '12.0.0.1'].map(both.locate)).toEqual([1, 0, 0, 1, -1]);
  });

  const network = fc.oneof(
    fc.record({ address: fc.ipV4(), bits: fc.integer({ min: 0, max: 32 }) }),
    fc.record({ address: fc.ipV6(), bits: fc.integer({ min: 0, max: 128 }) }),
    fc.record({ address: fc.constantFrom('10.0.0.0', '10.128.0.0', '10.64.1.0'), bits: fc.integer({ min: 7, max: 12 }) }),
  );
  const selector = ([{ address, bits }]: [{ address: string; bits: number }, number]): string => JSON.stringify(shape(address, bits));
  const table = fc.uniqueArray(fc.tuple(network, fc.nat({ max: 3 })), { maxLength: 20, selector });
  const shape = (address: string, bits: number): unknown => {
    const { familyBits, bytes, bits: kept } = readNetwork(`${address}/${bits}`);
    return [familyBits, [...bytes], kept];
  };

  it('agree with trying every prefix, and their scope is the widest network with that one answer', () => {
    fc.assert(
      fc.property(table, fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('10.64.1.7', '10.0.0.1')), (entries, address) => {
        const given = entries.map(([{ address: of, bits }, location]) => ({ ...readNetwork(`${of}/${bits}`), location }));
        const built = createLocations([0, 1, 2, 3].map((at) => {
          return { name: `l${at}`, networks: entries.filter(([, to]) => to === at).map(([{ address: of, bits }]) => `${of}/${bits}`) };
        }));
        const { bytes, familyBits } = bytesOf(address);
        const shares = (one: Uint8Array, other: Uint8Array, bits: number): boolean => {
          for (let place = 0; place < bits; place += 1) if (bitAt(one, place) !== bitAt(other, place)) return false;
          return true;
        };
        const family = given.filter((entry) => entry.familyBits === familyBits).sort((a, b) => b.bits - a.bits);
        const naive = (of: Uint8Array): number => family.find((entry) => shares(entry.bytes, of, entry.bits))?.location ?? -1;
        const found = built.locate(address);
        const { scopeBits } = built;
        expect(found).toBe(naive(bytes));
        // Whatever else is in the scope gets the same: the ends of all narrower networks in it are where that could fail.
        const within = family.filter((entry) => entry.bits >= scopeBits && shares(entry.bytes, bytes, scopeBits));
        for (const entry of within) expect(naive(entry.bytes)).toBe(found);
        // … and a bit less would not: something in the other half gets another answer, at the start of a network or right behind one.
        if (scopeBits === 0) return;
        const sibling = bytes.slice();
        sibling[(scopeBits - 1) >> 3] = (sibling[(scopeBits - 1) >> 3] ?? 0) ^ (0x80 >> ((scopeBits - 1) & 7));
        const wider = [sibling, ...family.map((entry) => entry.bytes)].filter((other) => shares(other, sibling, scopeBits));
        const edges = family.map((entry) => behind(entry.bytes, entry.bits)).filter((other) => shares(other, sibling, scopeBits));
        expect([...wider, ...edges].some((other) => naive(other) !== found)).toBe(true);
      }),
    );
  });
});

/** The first address behind a network; behind the last one the first of all. */
function behind(bytes: Uint8Array, bits: number): Uint8Array {
  const next = bytes.map((byte, place) => byte | (0xff >> Math.min(8, Math.max(0, bits - 8 * place))));
  for (let place = next.length - 1; place >= 0; place -= 1) {
    next[place] = (next[place] ?? 0) + 1;
    if (next[place] !== 0) break;
  }
  return next;
}

describe('nearest', () => {
  const members: readonly PoolMember[] = ['london', 'paris', 'london', undefined, 'paris'].map((location, index) => {
    return { name: `w${index + 1}`, index, address: `127.0.0.${index + 1}`, port: 80, weight: 1, ...(location === undefined ? {} : { location }) };
  });
  const make = () => {
    const locations = createLocations(['london', 'paris', 'york'].map((name, at) => ({ name, networks: [`${10 + at}.0.0.0/8`] })));
    return createNearest(locations, () => createRoundRobin('cyclic', createRandom(1)));
  };
  const order = new Uint16Array(members.length);
  const asker = (rotation = make()) => (address: string, eligible = members, location?: number): string[] => {
    const count = rotation.order(eligible, { address, location }, eligible.length, order);
    return [...order.subarray(0, count)].map((position) => eligible[position]?.name ?? '');
  };

  it('gives a location its own members in rotation, and nobody else', () => {
    const ask = asker();
    expect([ask('10.0.0.1'), ask('10.9.9.9'), ask('10.0.0.1')]).toEqual([['w1', 'w3'], ['w3', 'w1'], ['w1', 'w3']]);
    expect([ask('11.0.0.1'), ask('11.0.0.1')]).toEqual([['w2', 'w5'], ['w5', 'w2']]); // its own turns
  });

  it('believes what the requestor says of its clients more than its address', () => {
    const ask = asker();
    expect(ask('10.0.0.1', members, 1)).toEqual(['w2', 'w5']);
    expect(ask('10.0.0.1', members, -1)).toHaveLength(5);
  });

  it('gives all to who is nowhere, or where nobody is', () => {
    const ask = asker();
    expect([ask('192.0.2.1'), ask('12.0.0.1')]).toEqual([['w1', 'w2', 'w3', 'w4', 'w5'], ['w2', 'w3', 'w4', 'w5', 'w1']]);
  });

  it('falls back while a location has no eligible member, and back', () => {
    const ask = asker();
    const withoutLondon = members.filter(({ location }) => location !== 'london');
    expect(ask('10.0.0.1', withoutLondon)).toEqual(['w2', 'w4', 'w5']);
    expect(ask('10.0.0.1', withoutLondon)).toEqual(['w4', 'w5', 'w2']);
    expect(ask('10.0.0.1', members)).toEqual(['w1', 'w3']);
    expect(ask('10.0.0.1', [])).toEqual([]);
  });

  it('writes no more than it may', () => {
    const rotation = make();
    order.fill(99);
    expect(rotation.order(members, { address: '11.0.0.1' }, 1, order)).toBe(1);
    expect([...order.subarray(0, 2)]).toEqual([1, 99]);
  });
});
