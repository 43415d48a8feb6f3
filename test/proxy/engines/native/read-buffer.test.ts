/**
 * Memory that comes back is used again, and by nobody else before. Connections here read, one byte value each time, in any order; whatever
 * was given away must still say what was read until it is given back.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { giveBack, ReadBuffer } from '../../../../src/proxy/engines/native/read-buffer.js';

interface Held {
  readonly bytes: Buffer;
  readonly value: number;
}

const action = fc.record({
  connection: fc.nat(3),
  what: fc.constantFrom('read', 'read', 'read', 'release in a read', 'release', 'give back'),
  size: fc.constantFrom(1, 200, 16_383, 16_384, 40_000, 65_535, 65_536, 65_536, 65_536),
  which: fc.nat(1000),
});

it('no bytes change while somebody has them', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 200 }), (actions) => {
      const connections = [0, 1, 2, 3].map(() => {
        const reader = new ReadBuffer();
        return { reader, buffer: reader.next() };
      });
      const held: Held[] = [];
      actions.forEach(({ connection, what, size, which }, place) => {
        const one = connections[connection]!;
        if (what === 'give back') {
          for (const { bytes } of held.splice(which % (held.length + 1), 1)) giveBack(bytes);
        } else if (what === 'release') one.reader.release();
        else {
          const value = place % 256;
          one.buffer.fill(value, 0, size); // as the kernel does
          held.push({ bytes: one.reader.taken(one.buffer, size), value });
          if (what !== 'read') one.reader.release();
          one.buffer = one.reader.next();
        }
        for (const { bytes, value } of held) expect(bytes.equals(Buffer.alloc(bytes.length, value))).toBe(true);
      });
      for (const { bytes } of held) giveBack(bytes);
    }),
    { numRuns: 100 },
  );
});

it('a long body takes no new memory once its pieces are sent', () => {
  const reader = new ReadBuffer();
  const seen = new Set<ArrayBufferLike>();
  for (let body = 0; body < 100; body += 1) {
    for (const size of [65_536, 65_536, 65_536, 65_536, 300]) {
      const bytes = reader.taken(reader.next(), size);
      if (size > 300) seen.add(bytes.buffer);
      giveBack(bytes);
    }
    reader.release();
  }
  expect(seen.size).toBeLessThan(8);
});
