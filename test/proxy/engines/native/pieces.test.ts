/**
 * Messages that come in pieces: read as if they had come at once, and not at a price that grows with the square of their length.
 */
import { describe, expect, it } from 'vitest';
import { BodyReader } from '../../../../src/proxy/engines/native/body-reader.js';
import { HeadBuffer } from '../../../../src/proxy/engines/native/head-buffer.js';

const bytesOf = (text: string): Buffer[] => [...Buffer.from(text, 'latin1')].map((byte) => Buffer.from([byte]));

describe('a head', () => {
  const head = `GET /${'a'.repeat(3000)} HTTP/1.1\r\n${'Field: value\r\n'.repeat(2000)}\r\n`;

  it('that comes byte by byte is the same head, and each byte of it is shown three times at most', () => {
    const buffer = new HeadBuffer();
    let shown = 0;
    const ends = bytesOf(head).map((byte) => {
      const end = buffer.push(byte, 0);
      if (end < 0) shown += buffer.dueText()?.length ?? 0;
      return end;
    });
    expect(ends.filter((end) => end >= 0)).toEqual([1]);
    expect(ends.at(-1)).toBe(1);
    expect(buffer.text).toBe(head);
    expect(buffer.isEmpty).toBe(true);
    expect(shown).toBeLessThan(3 * head.length + 256 * 257); // the first 256 are always shown
  });

  it.each([1, 2, 3])('whose empty line is cut after %i bytes ends in the second piece, where the next one begins', (cut) => {
    const [whole, next] = ['GET / HTTP/1.1\r\nA: b\r\n\r\n', 'GET /next'];
    const at = whole.length - 4 + cut;
    const buffer = new HeadBuffer();
    expect(buffer.push(Buffer.from(whole.slice(0, at)), 0)).toBe(-1);
    expect(buffer.push(Buffer.from(whole.slice(at) + next), 0)).toBe(4 - cut);
    expect(buffer.text).toBe(whole);
  });
});

/** @returns how it ended, and the data, of a body shown in these pieces. */
function read(pieces: readonly Buffer[]): readonly [string, string] {
  const reader = new BodyReader();
  reader.begin('chunks', 0);
  let data = '';
  for (const piece of pieces) {
    for (let at = 0; ; at = reader.at) {
      const step = reader.next(piece, at);
      if (step === 'data') data += piece.toString('latin1', reader.from, reader.to);
      else if (step === 'more') break;
      else return [step, data];
    }
  }
  return ['more', data];
}

describe('a chunked body', () => {
  it.each([
    ['0\r\n\r\n', 'end'],
    ['0\r\nA: b\r\n\r\n', 'end'],
    ['0\r\nA:\r\nB: \t c \t\r\n\r\n', 'end'],
    ['0\r\n\n', 'broken'],
    ['0\r\nA: b\n\r\n', 'broken'],
    ['0\r\nA: b\rc\r\n\r\n', 'broken'],
    ['0\r\nA: b\r\n c\r\n\r\n', 'broken'],
    ['0\r\nA : b\r\n\r\n', 'broken'],
    ['0\r\n: b\r\n\r\n', 'broken'],
    ['0\r\nA\r\n\r\n', 'broken'],
    ['0\r\nA: \0\r\n\r\n', 'broken'],
    ['0\r\nB: c\r\nContent-Length: 3\r\n\r\n', 'broken'],
    ['0\r\nhost: h\r\n\r\n', 'broken'],
    [`0\r\n${'A: b\r\n'.repeat(2730)}\r\n`, 'end'],
    [`0\r\n${'A: b\r\n'.repeat(2731)}\r\n`, 'broken'],
  ])('with %j ends as %s, in one piece and byte by byte', (trailers, how) => {
    const text = `3\r\nabc\r\n${trailers}`;
    expect(read([Buffer.from(text, 'latin1')])).toEqual([how, 'abc']);
    expect(read(bytesOf(text))).toEqual([how, 'abc']);
  });
});
