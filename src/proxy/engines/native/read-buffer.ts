/**
 * What an origin's connection reads into (`onread` of `net.connect`).
 *
 * Left to itself node takes 64 KiB of fresh memory for each read, of 300 bytes as of 64 KiB, and at a gigabyte a second the garbage
 * collector costs more than the copying. Here short reads of all connections land in one buffer and are copied out of it at once; a
 * connection whose reads fill it has a long body to bring and gets buffers of its own, which are given away with the bytes in them
 * and, once those are sent, come back.
 */

const bufferBytes = 65_536;
/** Buffers that wait to be used again: 16 MiB. */
const spareMax = 256;

/** Nothing stays in it beyond the call in which it was filled. */
const shared: Buffer = Buffer.allocUnsafeSlow(bufferBytes);
const spare: Buffer[] = [];
/** Of bytes that were given away whole, the buffer that they are in: whoever has them has all of it. A map would be garbage itself. */
const home = Symbol('home');
type Lent = Buffer & { [home]?: Buffer | undefined };

export class ReadBuffer {
  #next = shared;
  /** What the connection reads into until `next` is asked for again. */
  #inUse = shared;

  /** For the next read. */
  readonly next = (): Buffer => (this.#inUse = this.#next);

  /** Whether nothing depends on what was read being taken out of it. */
  readonly isShared = (buffer: Buffer): boolean => buffer === shared;

  /** @returns the bytes that were read, which are the caller's. */
  taken(buffer: Buffer, bytes: number): Buffer {
    const isFull = bytes === buffer.length;
    // Little in a buffer of its own would keep all of it in memory.
    const isCopied = buffer === shared || bytes < bufferBytes / 4;
    if (isCopied && buffer !== shared) putBack(buffer);
    this.#next = isFull ? takeOne() : shared;
    if (!isCopied) return lend(buffer, bytes);
    return isFull ? copied(buffer) : Buffer.from(buffer.subarray(0, bytes));
  }

  /** The connection is idle from now on, and keeps no memory, unless this comes between two reads. */
  release(): void {
    if (this.#next !== shared && this.#next !== this.#inUse) putBack(this.#next);
    this.#next = shared;
  }
}

const takeOne = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);

function putBack(buffer: Buffer): void {
  if (spare.length < spareMax) spare.push(buffer);
}

function lend(buffer: Buffer, bytes: number): Buffer {
  const read: Lent = bytes === buffer.length ? buffer : buffer.subarray(0, bytes);
  read[home] = buffer;
  return read;
}

/** In memory that comes back, too. */
function copied(full: Buffer): Buffer {
  const buffer = takeOne();
  full.copy(buffer);
  return lend(buffer, full.length);
}

/** Of bytes that were sent, and that nobody else has: their memory may be used again, if it was a read's. */
export function giveBack(bytes: Lent): void {
  const buffer = bytes[home];
  if (buffer === undefined) return;
  bytes[home] = undefined;
  putBack(buffer);
}
