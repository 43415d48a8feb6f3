/**
 * What an origin's connection reads into (`onread` of `net.connect`).
 *
 * Left to itself node takes 64 KiB of fresh memory for each read, of 300 bytes as of 64 KiB, and at a gigabyte a second the garbage
 * collector costs more than the copying. Here short reads of all connections land in one buffer and are copied out of it at once; a
 * connection whose reads fill it has a long body to bring and gets buffers of its own, which are given away with the bytes in them
 * and, once those are sent, come back.
 */

const bufferBytes = 65_536;
/** Buffers that wait to be used again: 4 MiB. */
const spareMax = 64;

/** Nothing stays in it beyond the call in which it was filled. */
const shared: Buffer = Buffer.allocUnsafeSlow(bufferBytes);
const spare: Buffer[] = [];
/** Given away whole: whoever has one has all of its buffer. */
const lent = new WeakMap<Buffer, Buffer>();

export class ReadBuffer {
  #next = shared;

  /** For the next read. */
  readonly next = (): Buffer => this.#next;

  /** @returns the bytes that were read, which are the caller's. */
  taken(buffer: Buffer, bytes: number): Buffer {
    const isFull = bytes === buffer.length;
    this.#next = isFull ? (spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes)) : shared;
    // Little in a buffer of its own would keep all of it in memory.
    if (buffer === shared || bytes < bufferBytes / 4) return Buffer.from(buffer.subarray(0, bytes));
    const read = buffer.subarray(0, bytes);
    lent.set(read, buffer);
    return read;
  }

  /** The connection is idle from now on, and keeps no memory. */
  release(): void {
    this.#next = shared;
  }
}

/** Of bytes that were sent, and that nobody else has: their memory may be used again, if it was a read's. */
export function giveBack(bytes: Buffer): void {
  const buffer = lent.get(bytes);
  if (buffer === undefined) return;
  lent.delete(bytes);
  if (spare.length < spareMax) spare.push(buffer);
}
