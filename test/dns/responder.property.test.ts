/**
 * Strangers' bytes: mutated, random, cut and stretched. Whatever comes, the responder keeps its promises.
 */
import { Packet } from 'dns2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDnsFixture, opt, query, records } from '../support/dns-fixture.js';

const guardBytes = 64;
const guard = 0xa5;
const guards = Buffer.alloc(guardBytes, guard);
const roomBytesMax = 4096; // more than any answer of this zone

const owners = ['www', 'w1', 'alias2', 'loop', 'x.wild', 'x.cards', 'big', 'nowhere', 'below.nothing', ...records.map(({ name }) => name)];
const names = owners.map((owner) => (owner === '@' ? 'roundhouse.test' : `${owner}.roundhouse.test`));
const asked = fc
  .record({
    name: fc.constantFrom(...names, 'example.org', '.'),
    type: fc.oneof(fc.constantFrom(1, 28, 5, 16, 255, 6), fc.nat(65_535)),
    upper: fc.boolean(),
    additional: fc.constantFrom([], [opt()], [opt({ bytes: 4096, dnssecOk: true })], [opt({ version: 3 })], [opt(), opt()]),
  })
  .map(({ name, type, upper, additional }) => query(upper ? name.toUpperCase() : name, type, { additional }));
const mutated = fc
  .tuple(asked, fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 }), fc.nat(20), fc.uint8Array({ maxLength: 12 }))
  .map(([message, changes, cut, tail]) => {
    const copy = Buffer.concat([message.subarray(0, message.length - cut), tail]);
    for (const [at, value] of changes) copy[at % Math.max(1, copy.length)] = value;
    return copy;
  });
const noise = fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes));
const datagram = fc.oneof({ weight: 3, arbitrary: mutated }, { weight: 1, arbitrary: asked }, { weight: 1, arbitrary: noise });
const transports = fc.constantFrom('udp', 'tcp');

/** Two responders that see the same queries, so that their rotations keep step. */
const one = createDnsFixture().responder;
const other = createDnsFixture().responder;

/** Answers into a room with guards behind it: once in a buffer of its own, once in the query's. */
function respondTwice(message: Buffer, transport: 'udp' | 'tcp', roomBytes: number): { apart: Buffer; inPlace: Buffer } {
  const requestor = { address: '192.0.2.200' };
  const apart = Buffer.alloc(roomBytes + guardBytes, guard);
  const apartBytes = one.respond(message, message.length, requestor, transport, apart.subarray(0, roomBytes));
  const shared = Buffer.alloc(roomBytes + guardBytes, guard);
  message.copy(shared);
  const room = shared.subarray(0, roomBytes);
  const sharedBytes = other.respond(room, message.length, requestor, transport, room);
  for (const buffer of [apart, shared]) expect(buffer.subarray(roomBytes).equals(guards)).toBe(true);
  return { apart: apart.subarray(0, apartBytes), inPlace: shared.subarray(0, sharedBytes) };
}

describe('any datagram', () => {
  it('is answered within bounds, alike in place and apart, and never when it is a response', () => {
    fc.assert(
      fc.property(datagram, transports, (message, transport) => {
        const copy = Buffer.from(message);
        const { apart, inPlace } = respondTwice(message, transport, roomBytesMax);
        expect(message).toEqual(copy);
        expect(inPlace).toEqual(apart);
        if (message.length < 12 || ((message[2] ?? 0) & 0x80) !== 0) {
          expect(apart.length).toBe(0);
          return;
        }
        expect(apart.length).toBeGreaterThanOrEqual(12);
        if (transport === 'udp') expect(apart.length).toBeLessThanOrEqual(1232);
        expect(apart.readUInt16BE(0)).toBe(message.readUInt16BE(0));
        expect((apart[2] ?? 0) & 0xf9).toBe(0x80 | ((message[2] ?? 0) & 0x79));
        expect((apart[3] ?? 0) & 0xf0).toBe(0);
      }),
      { numRuns: 3000 },
    );
  });

  it('leads to no write beyond a room that is too small', () => {
    fc.assert(
      fc.property(asked, transports, fc.integer({ min: 0, max: 400 }), (message, transport, more) => {
        respondTwice(message, transport, message.length + more);
      }),
      { numRuns: 500 },
    );
  });
});

describe('any well-formed query', () => {
  it('gets a response that dns2 parses whole, with the question byte for byte', () => {
    fc.assert(
      fc.property(asked, transports, (message, transport) => {
        const { apart } = respondTwice(message, transport, roomBytesMax);
        const questionEnd = message.indexOf(0, 12) + 5;
        expect(apart.subarray(12, questionEnd)).toEqual(message.subarray(12, questionEnd));
        const parsed = Packet.parse(apart);
        expect(parsed.questions.length).toBe(1);
        const { answers, authorities, additionals } = parsed;
        expect([answers, authorities, additionals].map(({ length }) => length)).toEqual([6, 8, 10].map((at) => apart.readUInt16BE(at)));
        // The records fill the message: what dns2 read last ends where the message does.
        expect(endOf(apart)).toBe(apart.length);
      }),
      { numRuns: 500 },
    );
  });
});

function endOf(message: Buffer): number {
  const reader = new Packet.Reader(message, 12 * 8);
  Packet.Question.parse(reader);
  const count = [6, 8, 10].reduce((sum, at) => sum + message.readUInt16BE(at), 0);
  for (let left = count; left > 0; left -= 1) Packet.Resource.parse(reader);
  return reader.offset / 8;
}
