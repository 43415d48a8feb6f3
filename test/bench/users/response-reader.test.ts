/**
 * Responses read off a connection: what is one, where it ends, and what is none.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createResponseReader, type Reading } from '../../../bench/users/response-reader.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Reads the text as one chunk; `ended` says the peer closed after it. */
function read(text: string, ended = false) {
  const reader = createResponseReader();
  reader.begin();
  const pushed = reader.push(bytes(text));
  const reading: Reading = ended && pushed === 'more' ? reader.ended() : pushed;
  return { reading, status: reader.status(), body: reader.bodyBytes(), persistent: reader.persistent() };
}

const head = (...fields: readonly string[]): string => `HTTP/1.1 200 OK\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

describe('a response', () => {
  it.each([
    ['with a length', `${head('Content-Length: 5')}hello`, { body: 5, persistent: true }],
    ['with an empty body', head('content-length: 0'), { body: 0, persistent: true }],
    ['in chunks', `${head('Transfer-Encoding: chunked')}5\r\nhello\r\n3;x=y\r\nyou\r\n0\r\n\r\n`, { body: 8, persistent: true }],
    ['in chunks with trailers', `${head('transfer-encoding: Chunked')}A\r\n0123456789\r\n0\r\nX: y\r\n\r\n`, { body: 10, persistent: true }],
    ['that asks to close', `${head('Content-Length: 1', 'Connection: close')}x`, { body: 1, persistent: false }],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', { body: 1, persistent: false }],
    ['of HTTP/1.0 that stays', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx', { body: 1, persistent: true }],
    ['without a reason', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', { body: 0, persistent: true }],
    ['after an interim one', `HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n${head('Content-Length: 2')}ok`, { body: 2, persistent: true }],
  ])('%s is complete', (_, text, expected) => {
    expect(read(text)).toEqual({ reading: 'done', status: 200, ...expected });
  });

  it.each([204, 304])('%s has no body, whatever it says', (status) => {
    expect(read(`HTTP/1.1 ${status} X\r\nContent-Length: 9\r\n\r\n`)).toMatchObject({ reading: 'done', status, body: 0 });
  });

  it('without a length ends with the connection', () => {
    expect(read(head())).toMatchObject({ reading: 'more' });
    expect(read(`${head()}as much as comes`, true)).toEqual({ reading: 'done', status: 200, body: 16, persistent: false });
  });

  it.each([
    ['in the head', 'HTTP/1.1 200 O'],
    ['in a body with a length', `${head('Content-Length: 5')}hell`],
    ['in a chunk', `${head('Transfer-Encoding: chunked')}5\r\nhel`],
    ['before the last chunk', `${head('Transfer-Encoding: chunked')}5\r\nhello\r\n`],
    ['in the trailers', `${head('Transfer-Encoding: chunked')}0\r\nX: y\r\n`],
  ])('that ends %s is cut', (_, text) => {
    expect(read(text)).toMatchObject({ reading: 'more' });
    expect(read(text, true)).toMatchObject({ reading: 'broken' });
  });

  it.each([
    ['is no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['has a status that is none', 'HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n'],
    ['has a length that is none', `${head('Content-Length: 5x')}hello`],
    ['has a negative length', head('Content-Length: -1')],
    ['has a length and a coding', `${head('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
    ['has a coding that is not chunked', head('Transfer-Encoding: gzip, chunked')],
    ['has a chunk size that is none', `${head('Transfer-Encoding: chunked')}5 x\r\nhello`],
    ['has a chunk longer than its size', `${head('Transfer-Encoding: chunked')}4\r\nhello\r\n0\r\n\r\n`],
    ['is followed by what nobody asked for', `${head('Content-Length: 2')}okmore`],
    ['switches protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ])('that %s is broken', (_, text) => {
    expect(read(text).reading).toBe('broken');
  });

  it('has a bounded head and bounded lines', () => {
    expect(read('x'.repeat(70_000)).reading).toBe('broken');
    expect(read(`${head('Transfer-Encoding: chunked')}5;${'x'.repeat(2000)}`).reading).toBe('broken');
  });

  it('is the same in whatever pieces it comes', () => {
    const body = fc.string({ minLength: 0, maxLength: 60 }).map((text) => text.replace(/[^a-z]/g, '.'));
    const chunked = fc.array(body.filter((text) => text !== ''), { maxLength: 5 }).map((parts) => {
      const text = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
      return { text: `${head('Transfer-Encoding: chunked')}${text}0\r\n\r\n`, size: parts.join('').length };
    });
    const lengthy = body.map((text) => ({ text: `${head(`Content-Length: ${text.length}`)}${text}`, size: text.length }));
    fc.assert(
      fc.property(fc.oneof(chunked, lengthy), fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), ({ text, size }, cuts) => {
        const reader = createResponseReader();
        reader.begin();
        const readings: Reading[] = [];
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const next = Math.min(text.length, at + (cuts[turn % cuts.length] ?? 1));
          readings.push(reader.push(bytes(text.slice(at, next))));
          at = next;
        }
        expect(readings.slice(0, -1).every((reading) => reading === 'more')).toBe(true);
        expect([readings.at(-1), reader.bodyBytes()]).toEqual(['done', size]);
      }),
    );
  });

  it('begins anew for the next one', () => {
    const reader = createResponseReader();
    reader.begin();
    reader.push(bytes(`${head('Content-Length: 1', 'Connection: close')}x`));
    reader.begin();
    expect([reader.status(), reader.bodyBytes()]).toEqual([0, 0]);
    expect(reader.push(bytes(`${head('Content-Length: 3')}abc`))).toBe('done');
    expect([reader.status(), reader.bodyBytes(), reader.persistent()]).toEqual([200, 3, true]);
  });
});
