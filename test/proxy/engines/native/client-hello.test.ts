/** The server name that a TLS client asks for, as far as it can be told from what has come. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serverNameOf } from '../../../../src/proxy/engines/native/client-hello.js';
import { recordedHello } from '../../../support/client-hello.js';

const hello = await recordedHello({ servername: 'www.a.test' });
const hello12 = await recordedHello({ servername: 'b.test', maxVersion: 'TLSv1.2' });
const hello11 = await recordedHello({ servername: 'b.test', minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
const withProtocols = await recordedHello({ servername: 'c.test', ALPNProtocols: ['h2', 'http/1.1'] });
const nameless = await recordedHello({});

/** The same message in records of so many bytes. */
function inRecords(bytes: Buffer, size: number): Buffer {
  const message = bytes.subarray(5);
  const pieces: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const piece = message.subarray(at, at + size);
    pieces.push(Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece);
  }
  return Buffer.concat(pieces);
}

describe('the name in a greeting', () => {
  it.each([
    ['of TLS 1.3', hello, 'www.a.test'],
    ['of TLS 1.2', hello12, 'b.test'],
    ['of TLS 1.1', hello11, 'b.test'],
    ['with other protocols', withProtocols, 'c.test'],
    ['without a name', nameless, ''],
    ['in two records', inRecords(hello, 200), 'www.a.test'],
    ['in as many records as may be', inRecords(hello, Math.ceil((hello.length - 5) / 32)), 'www.a.test'],
    ['in one more', inRecords(hello, Math.floor((hello.length - 5) / 33)), ''],
    ['with more behind it', Buffer.concat([hello, Buffer.from([20, 3, 3, 0, 1, 1])]), 'www.a.test'],
  ])('%s', (_, bytes, name) => {
    expect(serverNameOf(bytes)).toBe(name);
  });

  it.each([hello, inRecords(hello, 100)])('is not known before the last byte', (bytes) => {
    for (let length = 0; length < bytes.length; length += 1) expect(serverNameOf(bytes.subarray(0, length))).toBeUndefined();
  });

  const extension = hello.indexOf('www.a.test') - 9; // type, length, length of the list, kind, length of the name
  it.each<[string, (bytes: Buffer) => void]>([
    ['of a kind that is no host name', (bytes) => bytes.writeUInt8(1, extension + 6)],
    ['that is longer than its extension', (bytes) => bytes.writeUInt16BE(11, extension + 7)],
  ])('is none %s', (_, spoil) => {
    const bytes = Buffer.from(hello);
    spoil(bytes);
    expect(serverNameOf(bytes)).toBe('');
  });

  it.each([
    ['a request', Buffer.from('GET / HTTP/1.1\r\n')],
    ['one byte that is no handshake', Buffer.from([0])],
    ['an alert', Buffer.from([21, 3, 3, 0, 2, 2, 48])],
    ['another message', Buffer.concat([hello.subarray(0, 5), Buffer.from([2]), hello.subarray(6)])],
    ['more than a greeting can be, told at once', Buffer.from([22, 3, 1, 0x40, 0, 1, 0, 0x40, 1])],
    ['an empty message', Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0])],
    ['a message that ends within its random bytes', Buffer.from([22, 3, 1, 0, 8, 1, 0, 0, 4, 3, 3, 1, 2])],
  ])('is none in %s', (_, bytes) => {
    expect(serverNameOf(bytes)).toBe('');
  });

  it('is a text or not there yet, whatever comes, and never more than a greeting is waited for', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 5 }), fc.nat(hello.length), (changes, length) => {
        const bytes = Buffer.from(hello.subarray(0, length));
        for (const [at, byte] of changes) if (at < bytes.length) bytes.writeUInt8(byte, at);
        expect(['string', 'undefined']).toContain(typeof serverNameOf(bytes));
        expect(typeof serverNameOf(Buffer.concat([bytes, Buffer.alloc(70_000)]))).toBe('string');
      }),
    );
  });
});
