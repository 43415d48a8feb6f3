/**
 * What goes out on a connection. What is written in one turn of the event loop leaves in one write: a head and a small body
 * cost one system call.
 */
import type { Socket } from 'node:net';
import type { Prepared } from '../engine.js';
import { giveBack } from './read-buffer.js';

/**
 * The other side does not take what it is sent: something waits that the kernel would not have, and 'drain' will tell when it is gone.
 * `writableNeedDrain` alone is also true, until the next turn, after each write that is larger than a stream's high-water mark.
 */
export const isHeldUp = (socket: Socket): boolean => socket.writableNeedDrain && socket.writableLength > 0;

/** Pieces up to here are put together as text; beyond it copying costs more than a second buffer in the same write. */
const smallBytesMax = 4096;
/** Of what waits for the end of the turn of the event loop. */
const pendingBytesMax = 16_384;

export class Output {
  readonly #socket: Socket;
  #pending = '';
  #scheduled = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get isBlocked(): boolean {
    return isHeldUp(this.#socket);
  }

  /** All that was put has been handed to the operating system. */
  get isEmpty(): boolean {
    return this.#pending === '' && this.#socket.writableLength === 0;
  }

  /** @param piece text is latin1 */
  put(piece: string | Buffer): void {
    if (typeof piece !== 'string' && piece.length > smallBytesMax) {
      this.#putLarge(piece);
      return;
    }
    this.#pending += typeof piece === 'string' ? piece : piece.toString('latin1');
    if (this.#pending.length > pendingBytesMax) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      process.nextTick(this.flush); // a microtask of node's costs three times as much
    }
  }

  /** @param isLast nothing more will be put in this turn: a text alone leaves at once */
  putPrepared({ text, body }: Prepared, isLast: boolean): void {
    if (isLast && body === undefined && this.#pending === '') return void this.#socket.write(text, 'latin1');
    this.put(text);
    if (body !== undefined) this.put(body);
  }

  #putLarge(piece: Buffer): void {
    if (this.#pending === '') return void this.#socket.write(piece, () => giveBack(piece));
    this.#socket.cork();
    this.flush();
    this.#socket.write(piece, () => giveBack(piece));
    this.#socket.uncork();
  }

  /** Now. */
  readonly flush = (): void => {
    this.#scheduled = false;
    const text = this.#pending;
    if (text === '') return;
    this.#pending = '';
    if (!this.#socket.destroyed) this.#socket.write(text, 'latin1');
  };

  /** Now; `onSent` when all that was ever put was handed to the operating system. */
  flushThen(onSent: () => void): void {
    const text = this.#pending;
    this.#pending = '';
    this.#socket.write(text, 'latin1', onSent);
  }
}
