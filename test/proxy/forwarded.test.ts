import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress, forwardedElement, forwardedHops } from '../../src/proxy/forwarded.js';
import { createTrustedNetworks } from '../../src/proxy/trust.js';

describe('an element of Forwarded', () => {
  it.each([
    ['192.0.2.43', 'http', 'a.example', 'for=192.0.2.43;proto=http;host=a.example'],
    ['192.0.2.43', 'https', 'a.example:81', 'for=192.0.2.43;proto=https;host="a.example:81"'],
    ['2001:db8::1', 'http', '[::1]', 'for="[2001:db8::1]";proto=http;host="[::1]"'],
    ['192.0.2.43', 'http', '', 'for=192.0.2.43;proto=http'],
    ['', 'http', 'a"b\\c', 'for=unknown;proto=http;host="a\\"b\\\\c"'],
  ])('%s %s %s', (address, scheme, host, expected) => {
    expect(forwardedElement(address, scheme, host)).toBe(expected);
  });

  it('is read back as it was written', () => {
    const hop = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(fc.array(fc.tuple(hop, fc.string()), { minLength: 1, maxLength: 5 }), (hops) => {
        const value = hops.map(([address, host]) => forwardedElement(address, 'http', host.replace(/[\r\n]/g, ''))).join(', ');
        expect(forwardedHops(value)).toEqual(hops.map(([address]) => (address.includes(':') ? `[${address}]` : address)));
      }),
    );
  });
});

describe('the hops of Forwarded', () => {
  it.each([
    ['for=192.0.2.43', ['192.0.2.43']],
    ['For="[2001:db8:cafe::17]:4711"', ['[2001:db8:cafe::17]:4711']],
    ['for=192.0.2.60;proto=http;by=203.0.113.43', ['192.0.2.60']],
    ['for=192.0.2.43, for=198.51.100.17', ['192.0.2.43', '198.51.100.17']],
    ['proto=http , for=_hidden ; by=unknown', ['', '_hidden']],
    ['for="a\\"b,for=1.2.3.4"', ['a"b,for=1.2.3.4']],
    ['', []],
    ['for="unterminated, for=1.2.3.4', []],
    ['for=a b', []],
    ['for', []],
    ['for=1.2.3.4,=', []],
  ])('of %j', (value, hops) => {
    expect(forwardedHops(value)).toEqual(hops);
  });

  it('takes linear time for hostile spaces and quotes', () => {
    const hostile = [`${' '.repeat(60_000)}!`, `${'\t,'.repeat(30_000)}"`, `for="${'\\"'.repeat(30_000)}`];
    for (const value of hostile) expect(forwardedHops(value)).toEqual([]);
  });
});

describe('the client', () => {
  const trusted = createTrustedNetworks(['10.0.0.0/8', '::1']);
  const none = { forwardedFor: '', forwarded: '' };
  it.each([
    ['a peer nobody trusts', '192.0.2.1', { forwardedFor: '1.1.1.1', forwarded: 'for=1.1.1.1' }, '192.0.2.1'],
    ['a trusted peer that says nothing', '10.0.0.1', none, '10.0.0.1'],
    ['one trusted hop', '10.0.0.1', { ...none, forwardedFor: '192.0.2.9' }, '192.0.2.9'],
    ['what a client forged stays left of the truth', '10.0.0.1', { ...none, forwardedFor: '1.1.1.1, 192.0.2.9' }, '192.0.2.9'],
    ['through a chain of trusted hops', '::1', { ...none, forwardedFor: '1.1.1.1,192.0.2.9 , 10.9.9.9,10.0.0.2' }, '192.0.2.9'],
    ['all trusted: the farthest', '10.0.0.1', { ...none, forwardedFor: '10.0.0.3, 10.0.0.2' }, '10.0.0.3'],
    ['garbage ends the search', '10.0.0.1', { ...none, forwardedFor: '192.0.2.9, garbage, 10.0.0.2' }, '10.0.0.2'],
    ['with ports and brackets', '10.0.0.1', { ...none, forwardedFor: '192.0.2.9:1234, [::1]:80' }, '192.0.2.9'],
    ['an IPv4 address in IPv6 dress', '10.0.0.1', { ...none, forwardedFor: '192.0.2.9, ::ffff:10.0.0.2' }, '192.0.2.9'],
    ['by Forwarded', '10.0.0.1', { ...none, forwarded: 'for=1.1.1.1, for="[2001:db8::9]:4711", for=10.1.1.1' }, '2001:db8::9'],
    ['X-Forwarded-For before Forwarded', '10.0.0.1', { forwardedFor: '192.0.2.9', forwarded: 'for=1.1.1.1' }, '192.0.2.9'],
    ['an obfuscated hop', '10.0.0.1', { ...none, forwarded: 'for=_secret' }, '10.0.0.1'],
  ])('%s', (_, peer, claimed, expected) => {
    expect(clientAddress(peer, claimed, trusted)).toBe(expected);
  });

  it('is always the peer or a valid address', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (forwardedFor, forwarded) => {
        expect(clientAddress('10.0.0.1', { forwardedFor, forwarded }, trusted)).toMatch(/^[0-9a-f.:]+$/i);
      }),
    );
  });
});
