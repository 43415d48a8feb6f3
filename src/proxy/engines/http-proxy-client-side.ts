/**
 * The client's end of a connection that asks for another protocol, after node has let go of it.
 *
 * Until the origin has agreed it stays an HTTP connection, on which the gateway may answer. It is read all the same, or we
 * would not notice that the client leaves; what it sends ahead of the switch is kept, up to a limit.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Connection } from './http-proxy-connection.js';
import type { Exchange } from './http-proxy-exchange.js';

const earlyBytesMax = 65_536;

export class ClientSide {
  readonly exchange: Exchange;
  readonly socket: Socket;
  readonly #connection: Connection;
  readonly #early: Buffer[] = [];
  #earlyBytes = 0;
  #answered = false;

  constructor(connection: Connection, response: ServerResponse, exchange: Exchange, early: Buffer) {
    const { socket } = connection;
    this.#connection = connection;
    this.socket = socket;
    this.exchange = exchange;
    response.assignSocket(socket);
    response.on('finish', () => {
      this.#answered = true;
      response.detachSocket(socket);
    });
    socket.on('drain', this.#onDrain);
    socket.on('data', this.#onEarly);
    if (early.length > 0) this.#onEarly(early);
  }

  readonly #onDrain = (): void => {
    this.exchange.onDrain();
  };

  readonly #onEarly = (chunk: Buffer): void => {
    if (this.#answered) return;
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > earlyBytesMax) this.socket.pause();
  };

  /** The protocol is switched: from now on the bytes are the caller's, beginning with those that this returns. */
  take(onData: (chunk: Buffer) => void): readonly Buffer[] {
    this.exchange.release();
    this.socket.on('data', onData);
    this.socket.off('data', this.#onEarly);
    this.socket.off('drain', this.#onDrain);
    return this.#early;
  }

  reset(): void {
    this.#connection.reset();
  }
}
