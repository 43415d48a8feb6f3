/**
 * Gathers the bytes of a head until it is complete, which it mostly is at once: then nothing is copied, and the bytes are turned
 * into text once for all who read it.
 */

const emptyLine = '\r\n\r\n';
const emptyLineBytes = Buffer.from(emptyLine);
/** Up to here it is cheaper to turn all into text than to look for the end first. */
const textBytesMax = 4096;
/** Up to here a head that comes in pieces is looked at after each of them. */
const alwaysDueBytes = 256;
const none = Buffer.alloc(0);

export class HeadBuffer {
  /** Latin1, of the complete head with its empty line. */
  text = '';
  #bytes: Buffer = none;
  #length = 0;
  #seenLength = 0;

  /** Nothing has come of it. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /**
   * Of a head that goes on: what has come of it, if that should be looked at now. Each time that it has doubled; a client that sends
   * byte by byte would otherwise have us look at each byte as often as there are bytes behind it.
   */
  dueText(): string | undefined {
    if (this.#length > alwaysDueBytes && this.#length < 2 * this.#seenLength) return undefined;
    this.#seenLength = this.#length;
    return this.#bytes.toString('latin1', 0, this.#length);
  }

  /** @returns where the head ends in `chunk`, and `text` is all of it; −1 when it goes on. */
  push(chunk: Buffer, at: number): number {
    return this.#length > 0 ? this.#pushMore(chunk, at) : this.#pushFirst(chunk, at);
  }

  #pushFirst(chunk: Buffer, at: number): number {
    const isShort = chunk.length - at <= textBytesMax;
    const found = isShort ? -1 : chunk.indexOf(emptyLineBytes, at);
    const text = chunk.toString('latin1', at, found < 0 ? chunk.length : found + emptyLine.length);
    const end = text.indexOf(emptyLine);
    if (end < 0) {
      this.#keep(chunk, at);
      return -1;
    }
    this.text = end + emptyLine.length === text.length ? text : text.slice(0, end + emptyLine.length);
    return at + end + emptyLine.length;
  }

  #pushMore(chunk: Buffer, at: number): number {
    const before = this.#length;
    this.#keep(chunk, at);
    const found = this.#bytes.subarray(0, this.#length).indexOf(emptyLineBytes, Math.max(0, before - emptyLine.length + 1));
    if (found < 0) return -1;
    const length = found + emptyLine.length;
    this.text = this.#bytes.toString('latin1', 0, length);
    this.clear();
    return at + length - before;
  }

  #keep(chunk: Buffer, at: number): void {
    const length = this.#length + chunk.length - at;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * length);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#length, at);
    this.#length = length;
  }

  /** The text stays. */
  clear(): void {
    this.#bytes = none;
    this.#length = 0;
    this.#seenLength = 0;
  }
}
