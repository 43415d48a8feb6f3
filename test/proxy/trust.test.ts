import { describe, expect, it } from 'vitest';
import { addressOfHop, createTrustedNetworks, plainAddress } from '../../src/proxy/trust.js';

describe('trusted networks', () => {
  it.each<readonly [readonly string[], string, boolean]>([
    [[], '127.0.0.1', false],
    [['127.0.0.1'], '127.0.0.1', true],
    [['127.0.0.1'], '127.0.0.2', false],
    [['10.0.0.0/8'], '10.255.255.255', true],
    [['10.0.0.0/8'], '11.0.0.0', false],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
    [['::ffff:10.0.0.0/104'], '10.1.2.3', true],
    [['::ffff:10.0.0.0/104'], '11.1.2.3', false],
    [['2001:db8::/32'], '2001:db8:1::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['0.0.0.0/0', '::/0'], '2001:db8::1', true],
    [['0.0.0.0/0', '::/0'], 'localhost', false],
    [['0.0.0.0/0', '::/0'], '', false],
    [['0.0.0.0/0', '::/0'], '010.1.1.1', false],
    [['0.0.0.0/0', '::/0'], '0x7f.1', false],
    [['0.0.0.0/0', '::/0'], '10.0.0.1, 10.0.0.2', false],
  ])('%j include %s: %s', (networks, address, expected) => {
    const trusted = createTrustedNetworks(networks);
    expect(trusted.includes(address)).toBe(expected);
    expect(trusted.includes(address)).toBe(expected); // and remembers it rightly
  });

  const nonsense = ['10.0.0.0/33', '10.0.0.0/', '10.0.0/8', 'all', '', '::/129', '10.0.0.0/8/8', '10.0.0.0/-1'];
  it.each(nonsense)('refuse %j with a sentence', (network) => {
    expect(() => createTrustedNetworks([network])).toThrow(/^proxy\.trustedNetworks: expected an address or a prefix/);
  });

  it('name the option where they stand', () => {
    expect(() => createTrustedNetworks(['all'], 'proxy.proxyProtocolNetworks')).toThrow(/^proxy\.proxyProtocolNetworks: expected/);
  });

  it('do not remember without limit', () => {
    const trusted = createTrustedNetworks(['10.0.0.0/8']);
    for (let i = 0; i < 10_000; i += 1) expect(trusted.includes(`10.0.${i >> 8}.${i & 255}`)).toBe(true);
    expect(trusted.includes('192.0.2.1')).toBe(false);
  });
});

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['::ffff:c000:201', '::ffff:c000:201'],
])('the plain form of %s is %s', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});

it.each([
  ['192.0.2.1:80', '192.0.2.1'],
  ['[2001:db8::1]:80', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['[192.0.2.1]', '192.0.2.1'],
  ['192.0.2.1:', undefined],
  ['192.0.2.1:port', undefined],
  ['unknown', undefined],
  ['', undefined],
])('the address of hop %j is %j', (hop, address) => {
  expect(addressOfHop(hop)).toBe(address);
});
