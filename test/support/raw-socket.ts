/**
 * A TCP socket for tests that keeps every byte it got and tells how it ended. Both `raw-client` and `lenient-origin` are
 * made of it. Waiting is for conditions, never for time.
 */
import type { Socket } from 'node:net';

/** `fin`: the peer ended properly. `reset`: the connection broke, so what came before may not be complete. */
export type Ending = 'fin' | 'reset';

/** RST, at once and nothing else. `resetAndDestroy` by itself first ends the socket, and the peer may have a FIN before it. */
export function resetAtOnce(socket: Socket): void {
  socket.destroySoon = () => undefined;
  socket.resetAndDestroy();
  socket.destroy();
}

export class RawSocket {
  readonly socket: Socket;
  readonly #tcp: Socket;
  readonly #chunks: Buffer[] = [];
  #text = '';
  #waiting: (() => void)[] = [];
  #ending: Ending | undefined;
  #closed = false;
  /** Bytes received so far. */
  bytes = 0;

  /** @param tcp the socket under TLS, if that is what it is. */
  constructor(socket: Socket, tcp = socket) {
    this.socket = socket;
    this.#tcp = tcp;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.bytes += chunk.length;
      this.#wake();
    });
    socket.on('end', () => {
      this.#ending ??= 'fin';
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ending ??= 'reset';
      this.#closed = true;
      this.#wake();
    });
  }

  /** All that was received, one character a byte. */
  get text(): string {
    const fresh = this.#chunks.splice(0);
    if (fresh.length > 0) this.#text += Buffer.concat(fresh).toString('latin1');
    return this.#text;
  }

  /** Bytes on the wire so far, TLS included. */
  get wire(): { readonly sent: number; readonly received: number } {
    return { sent: this.#tcp.bytesWritten, received: this.#tcp.bytesRead };
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Forgets what was received, for the bytes of the next message. */
  clear(): void {
    this.#chunks.length = 0;
    this.#text = '';
    this.bytes = 0;
  }

  send(...pieces: readonly (string | Buffer)[]): void {
    for (const piece of pieces) this.socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  }

  /** Each piece in a segment of its own: the next goes when the one before was acknowledged as written. */
  async sendSplit(pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise((resolve) => this.socket.write(Buffer.from(piece, 'latin1'), resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** FIN; the other direction stays open. */
  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.#tcp.destroySoon = () => undefined; // or TLS's last words would go first
    this.#tcp.resetAndDestroy();
    this.#tcp.destroy();
  }

  /** Stops reading: the peer's writes fill the kernel's buffers and then wait. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Waits until what was received satisfies the condition. Rejects when the connection ends before. */
  async until(satisfied: (text: string) => boolean): Promise<string> {
    for (;;) {
      const { text } = this;
      if (satisfied(text)) return text;
      if (this.#ending !== undefined) throw new Error(`ended (${this.#ending}) before: ${JSON.stringify(text.slice(-300))}`);
      await this.#change();
    }
  }

  /** Waits until that many bytes were received, without looking at them. */
  async untilBytes(count: number): Promise<void> {
    while (this.bytes < count) {
      if (this.#ending !== undefined) throw new Error(`ended (${this.#ending}) after ${this.bytes} bytes`);
      await this.#change();
    }
  }

  /** How the peer ended it. */
  async ended(): Promise<Ending> {
    while (this.#ending === undefined) await this.#change();
    return this.#ending;
  }

  /** Both directions are over. */
  async closed(): Promise<void> {
    while (!this.#closed) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
