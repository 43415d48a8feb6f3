import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameReader } from '../../src/dns/frames.js';
import { frame } from '../support/dns-tcp.js';

function read(chunks: readonly Buffer[]): string[] {
  const frames = createFrameReader();
  const messages: string[] = [];
  for (const chunk of chunks) {
    frames.push(chunk);
    for (let message = frames.next(); message !== undefined; message = frames.next()) messages.push(message.toString('hex'));
  }
  return messages;
}

describe('createFrameReader', () => {
  const messages = [Buffer.from('first'), Buffer.alloc(0), Buffer.from('the third one'), Buffer.alloc(300, 7)];
  const stream = Buffer.concat(messages.map(frame));
  const expected = messages.map((message) => message.toString('hex'));

  it('reads the same messages wherever the stream is split', () => {
    for (let split = 0; split <= stream.length; split += 1) {
      expect(read([stream.subarray(0, split), stream.subarray(split)])).toEqual(expected);
    }
  });

  it('reads them byte by byte, and in any pieces', () => {
    expect(read([...stream].map((byte) => Buffer.of(byte)))).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), fc.array(fc.nat(200)), (bodies, cuts) => {
        const whole = Buffer.concat(bodies.map((body) => frame(Buffer.from(body))));
        const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((end, index) => whole.subarray(places[index], end));
        expect(read(pieces)).toEqual(bodies.map((body) => Buffer.from(body).toString('hex')));
      }),
    );
  });

  it('keeps what was not taken when more comes', () => {
    const frames = createFrameReader();
    frames.push(Buffer.concat([frame(Buffer.from('a')), frame(Buffer.from('b'))]));
    expect(frames.next()?.toString()).toBe('a');
    frames.push(frame(Buffer.from('c')));
    expect([frames.next()?.toString(), frames.next()?.toString(), frames.next()]).toEqual(['b', 'c', undefined]);
  });

  it('takes the longest message there can be', () => {
    const longest = frame(Buffer.alloc(65_535, 1));
    const pieces = [longest.subarray(0, 2), longest.subarray(2, 40_000), longest.subarray(40_000)];
    expect(read(pieces)).toEqual([longest.toString('hex', 2)]);
  });
});
