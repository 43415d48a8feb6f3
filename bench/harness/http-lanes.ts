/**
 * The connections of an HTTP load generator: kept alive, one request under way on each, opened again when a server closes one. Raw
 * sockets, one write and one small reader a request, so that it costs less than what it drives. When they ask is their owner's.
 */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../src/clock.js';
import { formatAddress } from '../../src/service.js';
import { createResponseReader, type ResponseReader } from '../users/response-reader.js';
import type { Aim } from './driver.js';
import { createTally, type Tally } from './failures.js';

/** A response that is not complete by then has failed. */
const timeoutMs = 2000;

export interface Lane {
  readonly socket: Socket;
  readonly response: ResponseReader;
  /** Undefined: nothing is under way. */
  sentMs: number | undefined;
  served: boolean;
}

export interface LanesOptions {
  readonly aim: Aim;
  readonly clock: Clock;
  /** A request may go out on it: it has connected, or its response was complete. */
  onFree(lane: Lane): void;
  /** Its response is complete. */
  onAnswer?(lane: Lane): void;
  /** What was under way on it failed; `timed out` after having waited. */
  onFailure?(lane: Lane, what: string): void;
}

export class Lanes {
  /** Those that are open. */
  readonly open = new Set<Lane>();
  readonly failures: Tally = createTally();
  /** Responses that were complete, the bad ones too. */
  answers = 0;
  readonly #options: LanesOptions;
  readonly #request: string;
  #over = false;

  constructor(options: LanesOptions) {
    const { path = '/', server, atOnce } = options.aim;
    this.#options = options;
    this.#request = `GET ${path} HTTP/1.1\r\nHost: ${formatAddress(server)}\r\n\r\n`;
    for (let opened = 0; opened < atOnce; opened += 1) this.#open();
  }

  #open(): void {
    const { address, port } = this.#options.aim.server;
    const socket = connect({ host: address, port, noDelay: true });
    const lane: Lane = { socket, response: createResponseReader(), sentMs: undefined, served: false };
    this.open.add(lane);
    socket.once('connect', () => this.#options.onFree(lane));
    socket.on('data', (chunk: Buffer) => {
      const reading = lane.response.push(chunk);
      if (reading === 'done') this.#took(lane);
      else if (reading === 'broken') this.#giveUp(lane, 'unreadable');
    });
    socket.once('end', () => lane.sentMs !== undefined && lane.response.ended() === 'done' && this.#took(lane));
    socket.on('error', ({ code = 'broken' }: NodeJS.ErrnoException) => this.#fail(lane, code));
    socket.once('close', () => this.#closed(lane));
  }

  ask(lane: Lane): void {
    lane.sentMs = this.#options.clock.monotonicMs();
    lane.response.begin();
    lane.socket.write(this.#request);
  }

  #took(lane: Lane): void {
    const status = lane.response.status();
    lane.sentMs = undefined;
    lane.served = true;
    this.answers += 1;
    this.#options.onAnswer?.(lane);
    if (status < 200 || status >= 400) this.failures.add(`status ${status}`);
    if (lane.response.persistent()) this.#options.onFree(lane);
    else lane.socket.destroy();
  }

  /** What was under way on it is failed once, whatever else happens to it. */
  #fail(lane: Lane, what: string): void {
    this.failures.add(what);
    if (lane.sentMs !== undefined) this.#options.onFailure?.(lane, what);
    lane.sentMs = undefined;
  }

  #giveUp(lane: Lane, what: string): void {
    this.#fail(lane, what);
    lane.socket.destroy();
  }

  /** A connection that never served is not tried again: its server would be asked for nothing but refusals. */
  #closed(lane: Lane): void {
    this.open.delete(lane);
    if (this.#over) return;
    if (lane.sentMs !== undefined) this.#fail(lane, 'closed too early');
    if (lane.served) this.#open();
  }

  /** Whose responses take too long are closed. */
  giveUpLate(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const lane of this.open) if (lane.sentMs !== undefined && nowMs - lane.sentMs >= timeoutMs) this.#giveUp(lane, 'timed out');
  }

  /** Opens no more, and closes what there is. */
  close(): void {
    this.#over = true;
    for (const { socket } of this.open) socket.destroy();
  }
}
