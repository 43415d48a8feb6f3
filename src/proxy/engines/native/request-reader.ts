/**
 * Reads requests off a connection, one after the other: heads, and the bodies that somebody wants.
 *
 * What comes while nobody wants it waits here, up to a bound; then the client is held back.
 */
import type { Socket } from 'node:net';
import type { FaultCode } from '../../fault.js';
import type { EngineLimits, RequestHead } from '../engine.js';
import { BodyReader } from './body-reader.js';
import type { Exchange } from './exchange.js';
import { HeadBuffer } from './head-buffer.js';
import { faultOfPartial, readRequestHead, withoutEmptyLine } from './request-head.js';

export interface RequestReaderOwner {
  /** What to do with the next request: it may not be wanted any more, or be the beginning of another protocol. */
  next(): 'read' | 'keep' | 'drop';
  /** @param isLast nothing has come behind it. @returns whether a head of this text needs no reading: it has been answered. */
  answersRepeated(text: string, isLast: boolean): boolean;
  /** @param text of the head */
  onRequest(request: RequestHead, text: string): void;
  onBodyEnd(exchange: Exchange): void;
  /** What came is no head, or none that is read. */
  refuse(code: FaultCode): void;
  onBrokenBody(exchange: Exchange): void;
}

/** Of what the client sent and nobody wants yet; beyond it the client is held back, and we do not see it leave. */
const unreadBytesMax = 65_536;
/** Longer heads are not remembered. */
const textBytesMax = 4096;
const nothing = Buffer.alloc(0);

export class RequestReader {
  /** Whose request's body is being read. */
  exchange: Exchange | undefined;
  readonly #socket: Socket;
  readonly #limits: EngineLimits;
  readonly #owner: RequestReaderOwner;
  readonly #head = new HeadBuffer();
  readonly #body = new BodyReader();
  /** Came, and is not read yet. */
  #unread: Buffer | undefined;

  constructor(socket: Socket, limits: EngineLimits, owner: RequestReaderOwner) {
    this.#socket = socket;
    this.#limits = limits;
    this.#owner = owner;
  }

  /** A head has begun. */
  get isInHead(): boolean {
    return !this.#head.isEmpty;
  }

  /** Whether what was read is one whole request that needs no reading: it has been answered. */
  answersAtOnce(read: Buffer, bytes: number): boolean {
    if (bytes > textBytesMax || this.exchange !== undefined || this.#unread !== undefined || !this.#head.isEmpty) return false;
    return this.#owner.answersRepeated(read.toString('latin1', 0, bytes), true);
  }

  /** Something waits until it is wanted. */
  get isHolding(): boolean {
    return this.#unread !== undefined;
  }

  /** More has come. */
  push(chunk: Buffer): void {
    const unread = this.#unread;
    this.#unread = undefined;
    this.#read(unread === undefined ? chunk : Buffer.concat([unread, chunk]));
  }

  /** What was kept is wanted now, maybe. */
  readOn(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
    const unread = this.#unread ?? nothing;
    this.#unread = undefined;
    this.#read(unread);
  }

  #read(chunk: Buffer): void {
    let at = 0;
    while (at >= 0) {
      const { exchange } = this;
      if (exchange !== undefined) at = this.#readBody(exchange, chunk, at);
      else if (at === chunk.length) return;
      else at = this.#readNext(chunk, at);
    }
  }

  /** @returns where to read on; −1 when there is no more to read for now. */
  #readNext(chunk: Buffer, at: number): number {
    const next = this.#owner.next();
    if (next === 'read') return this.#readHead(chunk, at);
    if (next === 'keep') this.#keep(chunk, at);
    return -1;
  }

  #readHead(chunk: Buffer, at: number): number {
    const end = this.#head.push(chunk, at);
    const text = end < 0 ? this.#head.dueText() : this.#head.text;
    if (text === undefined) return -1;
    if (end >= 0 && this.#owner.answersRepeated(text, end === chunk.length)) return end;
    const head = end < 0 ? faultOfPartial(withoutEmptyLine(text), this.#limits) : readRequestHead(withoutEmptyLine(text), this.#limits);
    if (typeof head === 'string') {
      this.#owner.refuse(head);
      return -1;
    }
    if (head !== undefined) this.#owner.onRequest(head, text);
    return end;
  }

  /** The body of the request whose head was the last. */
  beginBody(exchange: Exchange): void {
    const { bodyBytes } = exchange.request;
    this.exchange = exchange;
    this.#body.begin(bodyBytes === undefined ? 'chunks' : 'length', bodyBytes ?? 0);
  }

  #readBody(exchange: Exchange, chunk: Buffer, from: number): number {
    let at = from;
    while (this.exchange === exchange) {
      if (!exchange.wantsBody) {
        this.#keep(chunk, at);
        return -1;
      }
      const step = this.#body.next(chunk, at);
      at = this.#body.at;
      if (step === 'more') return -1;
      if (step === 'data') exchange.onData(chunk.subarray(this.#body.from, this.#body.to));
      else if (step === 'end') this.#endBody(exchange);
      else {
        this.#owner.onBrokenBody(exchange);
        return -1;
      }
    }
    return at;
  }

  #endBody(exchange: Exchange): void {
    this.exchange = undefined;
    this.#owner.onBodyEnd(exchange);
  }

  /** For later, when somebody wants it. */
  #keep(chunk: Buffer, at: number): void {
    if (at < chunk.length) this.#unread = at === 0 ? chunk : chunk.subarray(at);
    if (chunk.length - at >= unreadBytesMax) this.#socket.pause();
  }

  /** Nothing that comes is for anybody. */
  discard(): void {
    this.exchange = undefined;
    this.#unread = undefined;
    this.#head.clear();
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** What was kept belongs to another protocol. */
  take(): Buffer {
    const unread = this.#unread ?? nothing;
    this.#unread = undefined;
    return unread;
  }
}
