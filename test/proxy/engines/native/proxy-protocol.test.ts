/** The parser of the PROXY protocol: what is a header, what is the beginning of one, and what is neither. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProxyHeader, type ProxyHeaderRead } from '../../../../src/proxy/engines/native/proxy-protocol.js';
import { binaryHeader, checkedHeader, crc32c, extension, inet, inet6, signature } from '../../../support/proxy-header.js';

const text = (line: string): Buffer => Buffer.from(line, 'latin1');
const source = (address: string, port: number) => ({ address, port });
const longest = `PROXY UNKNOWN ${'f'.repeat(107 - 16)}\r\n`;

const good: readonly [string, Buffer, ReturnType<typeof source> | undefined][] = [
  ['TCP4', text('PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n'), source('192.0.2.7', 4711)],
  ['TCP4 at its ends', text('PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n'), source('255.255.255.255', 65_535)],
  ['TCP6', text('PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n'), source('2001:db8::7', 4711)],
  ['TCP6 in another spelling', text('PROXY TCP6 2001:DB8:0:0:0:0:0:7 ::1 1 2\r\n'), source('2001:db8::7', 1)],
  ['TCP6 of an IPv4 client', text('PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n'), source('192.0.2.7', 1)],
  ['TCP6 at its longest', text(`PROXY TCP6 ${'ffff:'.repeat(8).slice(0, -1)} ${'ffff:'.repeat(8).slice(0, -1)} 65535 65535\r\n`), source('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 65_535)],
  ['UNKNOWN alone', text('PROXY UNKNOWN\r\n'), undefined],
  ['UNKNOWN with whatever follows', text('PROXY UNKNOWN ffff:: 1.2 x y\r\n'), undefined],
  ['the longest text there may be', text(longest), undefined],
  ['PROXY of TCP over IPv4', binaryHeader(), source('192.0.2.7', 4711)],
  ['PROXY of TCP over IPv6', binaryHeader({ transport: 0x21, block: inet6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7], 65_535) }), source('2001:db8::7', 65_535)],
  ['PROXY of IPv4 mapped into IPv6', binaryHeader({ transport: 0x21, block: inet6([0, 0, 0, 0, 0, 0xffff, 0xc000, 0x207]) }), source('192.0.2.7', 4711)],
  ['PROXY with extensions', binaryHeader({ block: Buffer.concat([inet(), extension(0xe0, text('any')), extension(4, Buffer.alloc(0))]) }), source('192.0.2.7', 4711)],
  ['PROXY with a checksum', checkedHeader(Buffer.concat([inet(), extension(4, Buffer.alloc(3))])), source('192.0.2.7', 4711)],
  ['as much as fits', binaryHeader({ block: Buffer.concat([inet(), extension(4, Buffer.alloc(4096 - 12 - 3))]) }), source('192.0.2.7', 4711)],
  ['PROXY of UDP', binaryHeader({ transport: 0x12 }), undefined],
  ['PROXY of UDP over IPv6', binaryHeader({ transport: 0x22, block: inet6([1, 2, 3, 4, 5, 6, 7, 8]) }), undefined],
  ['PROXY of a Unix socket', binaryHeader({ transport: 0x31, block: Buffer.alloc(216, 'x') }), undefined],
  ['PROXY of nothing known', binaryHeader({ transport: 0, block: Buffer.alloc(0) }), undefined],
  ['PROXY of nothing known, with something', binaryHeader({ transport: 0, block: Buffer.from([3, 0]) }), undefined],
  ['LOCAL', binaryHeader({ command: 0x20, transport: 0, block: Buffer.alloc(0) }), undefined],
  ['LOCAL with addresses', binaryHeader({ command: 0x20 }), undefined],
  ['LOCAL of a family that is none', binaryHeader({ command: 0x20, transport: 0xff, block: Buffer.alloc(5) }), undefined],
];

describe.each(good)('%s', (_, header, expected) => {
  it('is a header, and what follows is not', () => {
    expect(readProxyHeader(header)).toEqual({ length: header.length, source: expected });
    for (const rest of [text('G'), text('GET / HTTP/1.1\r\n\r\n'), Buffer.from([0x16, 3, 1]), header]) {
      expect(readProxyHeader(Buffer.concat([header, rest]))).toEqual({ length: header.length, source: expected });
    }
  });

  it('is not complete before its last byte', () => {
    for (let length = 0; length < header.length; length += 1) expect(readProxyHeader(header.subarray(0, length)), String(length)).toBe('more');
  });
});

const bad: readonly [ProxyHeaderRead, string, Buffer | string][] = [
  ['missing', 'a request', 'GET / HTTP/1.1\r\n'],
  ['missing', 'a request whose method begins like it', 'PR'.concat('I * HTTP/2.0\r\n\r\n')],
  ['missing', 'lower case', 'proxy TCP4'],
  ['missing', 'a word that only begins like it', 'PROXYTCP4 192.0.2.7 198.51.100.1 1 2\r\n'],
  ['missing', 'a handshake of TLS', Buffer.from([0x16, 3, 1, 2, 0])],
  ['missing', 'an empty line and a request', '\r\nGET / HTTP/1.1\r\n'],
  ['missing', 'a signature with one bit wrong', Buffer.concat([signature.subarray(0, 11), Buffer.from([0x0b, 0x21, 0x11, 0, 0])])],
  ...[
    'PROXY \r\n',
    'PROXY TCP4\r\n',
    'PROXY TCP5 192.0.2.7 198.51.100.1 1 2\r\n',
    'PROXY tcp4 192.0.2.7 198.51.100.1 1 2\r\n',
    'PROXY  TCP4 192.0.2.7 198.51.100.1 1 2\r\n',
    'PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 1 2 \r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n',
    'PROXY TCP4\t192.0.2.7 198.51.100.1 1 2\r\n',
    'PROXY TCP4 2001:db8::7 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2.7 2001:db8::1 1 2\r\n',
    'PROXY TCP4 192.0.2.07 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n',
    'PROXY TCP4 0x7f.1 198.51.100.1 1 2\r\n',
    'PROXY TCP4 localhost 198.51.100.1 1 2\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 1 99999\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 -1 2\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 1e3 2\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 1 \r\n',
    'PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n',
    'PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n',
    'PROXY TCP6 [::1] ::1 1 2\r\n',
    'PROXY TCP6 1::2::3 ::1 1 2\r\n',
    'PROXY UNKNOWNS\r\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n',
    'PROXY TCP4 192.0.2.7 198.51.100.1 1 2\rGET',
    'PROXY TCP4 192.0.2.7\0 198.51.100.1 1 2',
    longest.replace('f', 'ff'),
    `PROXY UNKNOWN ${'f'.repeat(107 - 14)}`,
  ].map((line): [ProxyHeaderRead, string, string] => ['malformed', JSON.stringify(line), line]),
  ['malformed', 'version 1 in binary', binaryHeader({ command: 0x11 })],
  ['malformed', 'version 3', binaryHeader({ command: 0x31 })],
  ['malformed', 'a command that is none', binaryHeader({ command: 0x22 })],
  ['malformed', 'a family that is none', binaryHeader({ transport: 0x41 })],
  ['malformed', 'a transport that is none', binaryHeader({ transport: 0x13 })],
  ['malformed', 'too short for its addresses', binaryHeader({ block: inet().subarray(1) })],
  ['malformed', 'too short for its addresses in IPv6', binaryHeader({ transport: 0x21, block: Buffer.alloc(35) })],
  ['malformed', 'too short for the names of sockets', binaryHeader({ transport: 0x31, block: Buffer.alloc(215) })],
  ['malformed', 'more than we take, told at once', binaryHeader({ length: 4097, block: Buffer.alloc(0) })],
  ['malformed', 'the same for LOCAL', binaryHeader({ command: 0x20, length: 65_535, block: Buffer.alloc(0) })],
  ['malformed', 'an extension without its length', binaryHeader({ block: Buffer.concat([inet(), Buffer.from([4, 0])]) })],
  ['malformed', 'an extension beyond the end', binaryHeader({ block: Buffer.concat([inet(), Buffer.from([4, 0, 2, 0])]) })],
  ['malformed', 'a checksum of three bytes', binaryHeader({ block: Buffer.concat([inet(), extension(3, Buffer.alloc(3))]) })],
  ['malformed', 'a wrong checksum', binaryHeader({ block: Buffer.concat([inet(), extension(3, Buffer.alloc(4))]) })],
];

it.each(bad)('%s: %s', (verdict, _, bytes) => {
  expect(readProxyHeader(typeof bytes === 'string' ? text(bytes) : bytes)).toBe(verdict);
});

it('a header with a checksum is malformed with any one bit of its block turned', () => {
  const header = checkedHeader(inet());
  for (let bit = 16 * 8; bit < header.length * 8; bit += 1) {
    const turned = Buffer.from(header);
    turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    // In the type of the extension it hides the checksum; in its length it makes the block too long.
    if (bit >> 3 !== header.length - 7) expect(readProxyHeader(turned), String(bit)).toBe('malformed');
  }
});

it('the test\'s own checksum is the one of RFC 9260', () => {
  expect(crc32c(text('123456789'))).toBe(0xe306_9283);
});

it('whatever comes is one of the five, and never more than 4112 bytes are waited for', () => {
  const starts = [Buffer.alloc(0), text('PROXY '), text('PROXY TCP4 '), signature, Buffer.concat([signature, Buffer.from([0x21, 0x11])])];
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), fc.boolean(), (start, random, long) => {
      const bytes = Buffer.concat([start, random, Buffer.alloc(long ? 4200 : 0)]);
      const read = readProxyHeader(bytes);
      if (typeof read === 'object') expect(read.length).toBeLessThanOrEqual(bytes.length);
      else expect(long ? ['missing', 'malformed'] : ['more', 'missing', 'malformed']).toContain(read);
    }),
  );
});
