/**
 * One attempt at one origin: `Attempt` over a connection that it has for itself until the response is complete.
 *
 * It ends once, with `onEnd`, `onFault` or our own `abort`, and then the connection is back with the idle ones or destroyed.
 */
import type { FaultCode } from '../../fault.js';
import type { Attempt, AttemptListener, UpstreamRequest } from '../engine.js';
import type { HeldConnection, OriginUser } from './origin-user.js';
import { chunkEnd, chunkStart, lastChunk, requestHead } from './rendering.js';
import type { ReceivedHead } from './response-head.js';

/** Of the body, before there is a connection. */
const earlyBytesMax = 65_536;
/** Pieces up to here are put together as text. */
const smallBytesMax = 4096;

export class NativeAttempt implements Attempt, OriginUser {
  readonly request: UpstreamRequest;
  readonly head: string;
  readonly upgrade = undefined;
  isOver = false;
  readonly #listener: AttemptListener;
  readonly #onOver: (attempt: NativeAttempt) => void;
  readonly #chunked: boolean;
  #connection: HeldConnection | undefined;
  #connected = false;
  #ended = false;
  #owedBytes: number;
  #early: Buffer[] | undefined;
  #earlyBytes = 0;
  #paused = false;

  /** @throws RangeError when the request cannot be written. */
  constructor(request: UpstreamRequest, listener: AttemptListener, onOver: (attempt: NativeAttempt) => void) {
    this.request = request;
    this.head = requestHead(request, undefined);
    this.#listener = listener;
    this.#onOver = onOver;
    this.#chunked = request.bodyBytes === undefined;
    this.#owedBytes = request.bodyBytes ?? Infinity;
    this.#ended = request.bodyBytes === 0;
  }

  get isComplete(): boolean {
    return this.#ended;
  }

  // ---- from the connection

  onConnection(connection: HeldConnection): void {
    this.#connection = connection;
    if (this.#paused) connection.pause();
  }

  onConnect(reused: boolean): void {
    if (this.isOver) return;
    this.#connected = true;
    const early = this.#early;
    this.#early = undefined;
    for (const chunk of early ?? []) this.#put(chunk);
    if (this.#ended && this.#chunked) this.#connection?.send(lastChunk);
    this.#listener.onConnect(reused);
    if (early !== undefined && !this.isOver && this.#connection?.isBlocked === false) this.#listener.onDrain();
  }

  onInform(status: number, fields: readonly string[]): void {
    if (!this.isOver) this.#listener.onInform(status, fields);
  }

  onHead(head: ReceivedHead): void {
    if (!this.isOver) this.#listener.onHead(head);
  }

  onData(chunk: Buffer): void {
    if (!this.isOver) this.#listener.onData(chunk);
  }

  onDrain(): void {
    if (!this.isOver && !this.#ended) this.#listener.onDrain();
  }

  onEnd(): void {
    if (this.isOver) return;
    this.#finish();
    this.#listener.onEnd();
  }

  onFault(code: FaultCode, detail: string): void {
    if (this.isOver) return;
    this.#finish();
    this.#listener.onFault(code, detail);
  }

  #finish(): void {
    this.isOver = true;
    this.#connection = undefined;
    this.#early = undefined;
    this.#onOver(this);
  }

  // ---- from the gateway

  write(chunk: Buffer): boolean {
    if (this.isOver) return false;
    if (chunk.length > this.#owedBytes || (this.#ended && chunk.length > 0)) throw this.#broken('longer');
    this.#owedBytes -= chunk.length;
    if (chunk.length === 0) return true;
    if (!this.#connected) return this.#keep(chunk);
    this.#put(chunk);
    return this.#connection?.isBlocked === false;
  }

  #keep(chunk: Buffer): boolean {
    this.#early ??= [];
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    return this.#earlyBytes < earlyBytesMax;
  }

  #put(chunk: Buffer): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    if (!this.#chunked) return connection.send(chunk);
    if (chunk.length <= smallBytesMax) return connection.send(chunkStart(chunk.length) + chunk.toString('latin1') + chunkEnd);
    connection.sendAll([chunkStart(chunk.length), chunk, chunkEnd]);
  }

  end(): void {
    if (this.isOver || this.#ended) return;
    if (this.#owedBytes > 0 && this.#owedBytes !== Infinity) throw this.#broken('shorter');
    this.#ended = true;
    if (this.#connected && this.#chunked) this.#connection?.send(lastChunk);
  }

  /** The rest of the body, or the next request, would be taken for what it is not. */
  #broken(how: string): RangeError {
    this.abort();
    return new RangeError(`the request body is ${how} than its head says`);
  }

  pause(): void {
    this.#paused = true;
    this.#connection?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#connection?.resume();
  }

  abort(): void {
    if (this.isOver) return;
    const connection = this.#connection;
    this.#finish();
    connection?.destroy();
  }

  /** Everything stops. */
  cut(): void {
    const connection = this.#connection;
    this.onFault('stopping', '');
    connection?.destroy();
  }
}
