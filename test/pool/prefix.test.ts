/** The prefix of an address, against the platform's own reading of addresses. */
import { SocketAddress } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prefixHash } from '../../src/pool/policies/prefix.js';

/** All 8 groups in full, read by a reference that takes the shortest form apart. */
function groupsOf(ipv6: string): number[] {
  const { address } = new SocketAddress({ address: ipv6, family: 'ipv6' });
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const plain = dotted === null ? address : `${dotted[1]}${hexPair(dotted[2], dotted[3])}:${hexPair(dotted[4], dotted[5])}`;
  const [head = '', tail] = plain.split('::');
  const read = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  if (tail === undefined) return read(head);
  const [before, after] = [read(head), read(tail)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

const hexPair = (high = '', low = ''): string => (Number(high) * 256 + Number(low)).toString(16);
const written = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');
const padded = (groups: readonly number[]): string => groups.map((group) => group.toString(16).padStart(4, '0').toUpperCase()).join(':');

describe('prefixHash', () => {
  it.each([
    ['192.0.2.0', '192.0.2.255'],
    ['192.0.2.9', '::ffff:192.0.2.1'],
    ['192.0.2.9', '::FFFF:c000:201'],
    ['192.0.2.9', '0:0:0:0:0:ffff:192.0.2.77'],
    ['::', '::1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['2001:db8::', '2001:db8:0:ff::1'],
    ['2001:db8::', '2001:0DB8::0001'],
    ['1:2:3:400::', '1:2:3:4ff:5:6:7:8'],
    ['1:2:3:400::', '1:2:3:400:5:6:1.2.3.4'],
    ['1::3:400:5:6:7:8', '1:0:3:400:5:6:7:9'],
    ['fe80::1%eth0', 'fe80::2'],
    ['64:ff9b::1.2.3.4', '64:ff9b::5.6.7.8'],
  ])('%s and %s are one network', (a, b) => {
    expect(prefixHash(a)).toBe(prefixHash(b));
  });

  it.each([
    ['192.0.2.1', '192.0.3.1'],
    ['192.0.2.1', '193.0.2.1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.3.1'],
    ['2001:db8:0:100::', '2001:db8:0:200::'],
    ['2001:db8::', '2001:db9::'],
    ['0:1::', '1::'],
    ['::', '0:0:0:0:0:ffff:0:0'],
    ['1::2:3:4:5:6:7', '1:2:3:4:5:6:7::'],
    ['not-an-address', 'not-an-addresz'],
    ['256.1.1.1', '256.1.1.2'],
  ])('%s and %s are two', (a, b) => {
    expect(prefixHash(a)).not.toBe(prefixHash(b));
  });

  it('depends on the first 56 bits of an IPv6 address and on nothing else, however it is written', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 }), (address, [d = 0, ...rest]) => {
        const groups = groupsOf(address);
        fc.pre(groups.slice(0, 3).some((group) => group > 0)); // not IPv4-mapped
        const low = ((groups[3] ?? 0) & 0xff00) | (d & 0xff);
        const neighbour = [...groups.slice(0, 3), low, ...rest, 0];
        expect(prefixHash(address)).toBe(prefixHash(written(groups)));
        expect(prefixHash(address)).toBe(prefixHash(padded(groups)));
        expect(prefixHash(address)).toBe(prefixHash(written(neighbour)));
      }),
    );
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.%]{0,60}$/)), (text) => {
        const hash = prefixHash(text);
        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
