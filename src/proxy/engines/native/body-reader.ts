/**
 * Where a body's bytes are (RFC 9112 §6 and §7): by length, in chunks, or up to the close.
 *
 * Copies nothing and keeps nothing: it points out the next range of data in the bytes that it is shown. Chunked coding is read by an
 * explicit state machine that accepts the grammar alone; sizes, extensions and trailers are bounded. Trailers are checked and
 * dropped: what they say comes too late for any decision that was made on the head.
 */
import { cr, lf, valueCharacters } from './characters.js';
import { scanFields } from './fields.js';

/** `data`: the range `from`–`to`. `more`: all that was shown is read. `end`: the body is complete. */
export type BodyStep = 'data' | 'more' | 'end' | 'broken';

/** What ends a body. */
export type BodyEnd = 'length' | 'chunks' | 'close';

type State = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailers' | 'close' | 'over';

/** 16 hexadecimal digits; more are a trick. */
const digitsMax = 16;
/** Of all extensions of a body (Node has the same limit: CVE-2024-22019), and of its trailers. */
const extensionBytesMax = 16_384;
const trailerBytesMax = 16_384;
const semicolon = 59;

/** `*( ";" name [ "=" value ] )` without the white space that nobody may send (RFC 9112 §7.1.1). */
const extensions = /^(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)+$/;
/** RFC 9110 §6.5.1: they are decided on before the trailers come. */
const forbiddenTrailers = /^(?:content-length|transfer-encoding|host|connection|upgrade|te|trailer|keep-alive|expect)$/i;

export class BodyReader {
  /** Of the data, in the bytes shown last. */
  from = 0;
  to = 0;
  /** Where reading goes on in the same bytes. */
  at = 0;
  #state: State = 'over';
  /** Bytes of the body, or of the chunk. */
  #left = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  /** Of an extension or of a trailer's line: what has come of it. */
  #text = '';

  begin(end: BodyEnd, bytes: number): void {
    this.#left = bytes;
    this.#text = '';
    this.#extensionBytes = 0;
    this.#trailerBytes = 0;
    if (end === 'chunks') this.#beginSize();
    else if (end === 'close') this.#state = 'close';
    else this.#state = bytes === 0 ? 'over' : 'data';
    this.#isChunked = end === 'chunks';
  }

  #isChunked = false;

  /** The connection is over: is the body? */
  get endsWithConnection(): boolean {
    return this.#state === 'close';
  }

  /** Reads on in `bytes` from `at`. After `data` call it again from `this.at`. */
  next(bytes: Buffer, at: number): BodyStep {
    this.at = at;
    while (this.#state !== 'over') {
      if (this.at >= bytes.length) return 'more';
      if (this.#state === 'data' || this.#state === 'close') return this.#takeData(bytes.length);
      if (!this.#step(bytes[this.at] as number)) return 'broken'; // at < length
      this.at += 1;
    }
    return 'end';
  }

  #takeData(length: number): BodyStep {
    this.from = this.at;
    this.to = this.#state === 'close' ? length : Math.min(length, this.at + this.#left);
    this.at = this.to;
    if (this.#state === 'close') return 'data';
    this.#left -= this.to - this.from;
    if (this.#left === 0) this.#state = this.#isChunked ? 'data-cr' : 'over';
    return 'data';
  }

  /** One byte of what stands around chunks. @returns false when it may not stand there */
  #step(byte: number): boolean {
    switch (this.#state) {
      case 'size':
        return this.#size(byte);
      case 'extension':
        return this.#extension(byte);
      case 'size-lf':
        return byte === lf && this.#endSize();
      case 'data-cr':
        this.#state = 'data-lf';
        return byte === cr;
      case 'data-lf':
        this.#beginSize();
        return byte === lf;
      default:
        return this.#trailer(byte);
    }
  }

  #beginSize(): void {
    this.#state = 'size';
    this.#left = 0;
    this.#digits = 0;
  }

  #size(byte: number): boolean {
    const digit = hexadecimal[byte] as number; // it has 256
    if (digit < 16) {
      this.#left = this.#left * 16 + digit;
      this.#digits += 1;
      return this.#digits <= digitsMax && this.#left <= Number.MAX_SAFE_INTEGER;
    }
    if (this.#digits === 0) return false;
    if (byte === cr) this.#state = 'size-lf';
    else if (byte === semicolon) {
      this.#state = 'extension';
      this.#text = ';';
    } else return false;
    return true;
  }

  #extension(byte: number): boolean {
    if (byte === cr) {
      this.#state = 'size-lf';
      return extensions.test(this.#text);
    }
    this.#text += String.fromCharCode(byte);
    this.#extensionBytes += 1;
    return this.#extensionBytes <= extensionBytesMax && valueCharacters[byte] === 1;
  }

  #endSize(): boolean {
    this.#text = '';
    this.#state = this.#left === 0 ? 'trailers' : 'data';
    return true;
  }

  #trailer(byte: number): boolean {
    if (byte !== cr && byte !== lf && valueCharacters[byte] !== 1) return false;
    this.#text += String.fromCharCode(byte);
    this.#trailerBytes += 1;
    if (this.#trailerBytes > trailerBytesMax) return false;
    if (byte !== lf) return true;
    const line = this.#text;
    this.#text = '';
    if (line === '\r\n') this.#state = 'over';
    return line === '\r\n' || isTrailer(line);
  }
}

function isTrailer(line: string): boolean {
  const fields: string[] = [];
  return scanFields(`${line}\r\n`, 0, fields) === line.length + 2 && !forbiddenTrailers.test(fields[0] ?? '');
}

const hexadecimal = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? 255 : digit;
});
