/**
 * A body while it arrives: copied into memory of its own, for what an engine hands out is used again, and readable from any place
 * that was not given up. Pieces that were handed out are never written over.
 */

/** Where readers of a body read, be it whole or not. */
export interface BodySource {
  /** How many bytes have come. */
  readonly end: number;
  /** No more will come. */
  readonly complete: boolean;
  /** What there is from `offset` on, at most so many bytes. */
  from(offset: number, most: number): Buffer;
}

export const wholeBody = (body: Buffer): BodySource => ({
  end: body.length,
  complete: true,
  from: (offset, most) => body.subarray(offset, offset + most),
});

const leastBytes = 4096;

export class ArrivingBody implements BodySource {
  complete = false;
  end = 0;
  #buffer: Buffer;
  /** Offset of the first byte in the buffer. */
  #base = 0;

  /** @param length if it is known, so that nothing is copied twice. */
  constructor(length: number | undefined) {
    this.#buffer = Buffer.allocUnsafeSlow(length ?? leastBytes);
  }

  append(chunk: Buffer): void {
    const used = this.end - this.#base;
    if (used + chunk.length > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(used + chunk.length, 2 * this.#buffer.length));
      this.#buffer.copy(grown, 0, 0, used);
      this.#buffer = grown;
    }
    chunk.copy(this.#buffer, used);
    this.end += chunk.length;
  }

  from(offset: number, most: number): Buffer {
    const start = offset - this.#base;
    return this.#buffer.subarray(start, Math.min(start + most, this.end - this.#base));
  }

  /** Gives up what has come so far. */
  forget(): void {
    this.#base = this.end;
    this.#buffer = Buffer.allocUnsafeSlow(leastBytes);
  }

  /** All of it, in memory of just that size. */
  whole(): Buffer {
    if (this.#buffer.length === this.end) return this.#buffer;
    const exact = Buffer.allocUnsafeSlow(this.end);
    this.#buffer.copy(exact, 0, 0, this.end);
    return exact;
  }
}
