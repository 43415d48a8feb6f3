/**
 * Slices of a body that passes by whole because it is too long to be stored: a copy of one slice at a time.
 *
 * It holds nobody up, and when the body breaks off, the slices that were whole by then are as good as any.
 */

export interface TappedSlices {
  readonly sliceBytes: number;
  /** Of the whole. */
  readonly total: number;
  has(number: number): boolean;
  keep(number: number, body: Buffer): void;
}

export class SliceTap {
  readonly #slices: TappedSlices;
  #position = 0;
  #slice: Buffer | undefined;

  constructor(slices: TappedSlices) {
    this.#slices = slices;
  }

  write(chunk: Buffer): void {
    const { total } = this.#slices;
    let from = 0;
    while (from < chunk.length && this.#position < total) from += this.#take(chunk.subarray(from));
  }

  /** What of it belongs to the slice that is due. @returns how much that was. */
  #take(chunk: Buffer): number {
    const { sliceBytes, total } = this.#slices;
    const number = Math.floor(this.#position / sliceBytes);
    const start = number * sliceBytes;
    const bytes = Math.min(sliceBytes, total - start);
    const offset = this.#position - start;
    if (offset === 0) this.#slice = this.#slices.has(number) ? undefined : Buffer.allocUnsafeSlow(bytes);
    const taken = Math.min(chunk.length, bytes - offset);
    this.#slice?.set(chunk.subarray(0, taken), offset);
    this.#position += taken;
    if (this.#slice !== undefined && offset + taken === bytes) {
      this.#slices.keep(number, this.#slice);
      this.#slice = undefined;
    }
    return taken;
  }
}
