/**
 * What an origin's connection reads into (`onread` of `net.connect`).
 *
 * Left to itself node takes 64 KiB of fresh memory for each read, of 300 bytes as of 64 KiB. Here short reads of all connections land
 * in one buffer and are copied out of it at once; a connection whose reads fill it has long bodies to bring, and gets buffers of
 * its own, each of which is given away with the bytes in it.
 */

const sharedBytes = 65_536;
/** The most that one read brings. */
const ownBytes = 262_144;

/** Nothing stays in it beyond the call in which it was filled. */
const shared = Buffer.allocUnsafeSlow(sharedBytes);

export class ReadBuffer {
  #next = shared;

  /** For the next read. */
  readonly next = (): Buffer => this.#next;

  /** @returns the bytes that were read, which are the caller's. */
  taken(buffer: Buffer, bytes: number): Buffer {
    const isFull = bytes === buffer.length;
    this.#next = isFull ? Buffer.allocUnsafeSlow(ownBytes) : shared;
    const read = isFull ? buffer : buffer.subarray(0, bytes);
    // Little in a buffer of its own would keep all of it in memory.
    return buffer === shared || bytes < ownBytes / 4 ? Buffer.from(read) : read;
  }

  /** The connection is idle from now on, and keeps no memory. */
  release(): void {
    this.#next = shared;
  }
}
