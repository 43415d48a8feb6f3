/**
 * One request on a client connection and the means to answer it: `Downstream`.
 *
 * What is written while other responses are still owed waits here; it is bounded by telling the writer to wait.
 */
import { STATUS_CODES } from 'node:http';
import type { Fields } from '../../fields.js';
import type { ClientInfo, Downstream, DownstreamListener, Repeatable, RequestHead, ResponseHead } from '../engine.js';
import { isBodiless } from '../framing.js';
import type { Output } from './output.js';
import { chunkEnd, chunkStart, lastChunk, lastHead, rendered, responseHead } from './rendering.js';

export type AbortCode = Parameters<DownstreamListener['onAbort']>[0];

/** What an exchange needs of the connection that it is on. */
export interface ExchangeOwner {
  readonly client: ClientInfo;
  readonly output: Output;
  /** Of the `Date` field, now. */
  readonly date: string;
  /** Whether the response to this exchange is the one that is being sent. */
  hasTurn(exchange: Exchange): boolean;
  /** Whether the connection ends after the response to this exchange, for the connection's own reasons. */
  endsWith(exchange: Exchange): boolean;
  /** The head of its response says that the connection ends: nothing behind it may be answered any more (RFC 9112 §9.6). */
  onLast(exchange: Exchange): void;
  /** The last piece of its response is put out. */
  sendLast(exchange: Exchange): void;
  /** The gateway would take more of the request, or no more for now. */
  onWanted(exchange: Exchange): void;
  /** The gateway has written its last byte, which need not have been sent. */
  onEnded(exchange: Exchange): void;
  /** Breaks it off with a TCP reset, at once. */
  reset(): void;
}

export interface ExchangeOptions {
  readonly request: RequestHead;
  readonly upgrade: string | undefined;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** Of the head, if answers to it may be prepared. */
  readonly text: string | undefined;
}

/** Of what waits for other responses. */
const heldBytesMax = 65_536;
const continueHead = 'HTTP/1.1 100 Continue\r\n\r\n';

export class Exchange implements Downstream {
  readonly request: RequestHead;
  readonly upgrade: string | undefined;
  /** The whole request has arrived. */
  requestComplete: boolean;
  readonly #owner: ExchangeOwner;
  readonly #text: string | undefined;
  #listener: DownstreamListener | undefined;
  #lostBeforeListen: AbortCode | undefined;
  /** The connection ends after this response, and its head says so. */
  closes = false;
  #owesContinue: boolean;
  #resumed = false;
  #paused = false;
  #endTold = false;
  #responded = false;
  #ended = false;
  #over = false;
  #bodiless = false;
  #chunked = false;
  /** Bytes still owed to the promised length; Infinity when none was promised. */
  #owedBytes = 0;
  /** Waits for its turn. */
  #held: (string | Buffer)[] | undefined;
  #heldBytes = 0;
  #blocked = false;

  constructor(owner: ExchangeOwner, { request, upgrade, expectsContinue, text }: ExchangeOptions) {
    this.#owner = owner;
    this.#text = text;
    this.request = request;
    this.upgrade = upgrade;
    this.requestComplete = request.bodyBytes === 0;
    this.#owesContinue = expectsContinue;
  }

  get client(): ClientInfo {
    return this.#owner.client;
  }

  /** The gateway has no more to write. */
  get isEnded(): boolean {
    return this.#ended;
  }

  get isNext(): boolean {
    return this.#owner.hasTurn(this);
  }

  /** HTTP/1.0 needs a field more, and a connection that ends is not one for the next. */
  get repeatable(): Repeatable | undefined {
    const { method, version, bodyBytes } = this.request;
    if (this.#text === undefined || !this.#responded || this.closes || version !== '1.1' || bodyBytes !== 0) return undefined;
    return { text: this.#text, render: (head) => responseHead(head, { method, version }, false, '') };
  }

  get isOver(): boolean {
    return this.#over;
  }

  get wantsBody(): boolean {
    return this.#resumed && !this.#paused && !this.#ended && !this.#over;
  }

  listen(listener: DownstreamListener): void {
    this.#listener = listener;
    const code = this.#lostBeforeListen;
    if (code !== undefined) process.nextTick(() => this.#listener?.onAbort(code));
  }

  // ---- the request

  resume(): void {
    if (this.#over || this.#ended) return;
    this.#paused = false;
    if (!this.#resumed) {
      this.#resumed = true;
      if (this.#owner.hasTurn(this)) this.#sendContinue();
    }
    this.#owner.onWanted(this);
  }

  pause(): void {
    this.#paused = true;
  }

  /** A piece of the request's body. */
  onData(chunk: Buffer): void {
    this.#listener?.onData(chunk);
  }

  /** To be told when the request is complete, and the gateway asked for it. */
  tellEnd(): void {
    if (!this.requestComplete || this.#endTold || !this.wantsBody) return;
    this.#endTold = true;
    this.#listener?.onEnd();
  }

  #sendContinue(): void {
    if (!this.#owesContinue || this.#responded || this.#over) return;
    this.#owesContinue = false;
    this.#owner.output.put(continueHead);
  }

  // ---- the response

  /** Behind a response that is not sent yet there is no place for it; and nobody waits for these, so they may not pile up. */
  inform(status: number, fields: Fields): void {
    if (!(Number.isInteger(status) && status > 101 && status < 200)) throw new RangeError(`${status} is not the status of an interim response`);
    const lines = rendered(fields);
    if (this.request.version === '1.0' || this.#responded || this.#over || !this.#owner.hasTurn(this) || this.#owner.output.isBlocked) return;
    this.#owner.output.put(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n`);
  }

  respond(head: ResponseHead, close: boolean): void {
    if (this.#responded) throw new RangeError('an exchange has one final response');
    const { method, version } = this.request;
    this.#bodiless = isBodiless(method, head.status);
    const endless = head.bodyBytes === undefined && !this.#bodiless;
    const closes = close || (endless && version === '1.0') || !this.requestComplete || this.#owner.endsWith(this);
    const text = responseHead(head, this.request, closes, this.#owner.date);
    this.#responded = true;
    if (this.#over) return;
    this.closes = closes;
    if (closes) this.#owner.onLast(this);
    this.#chunked = endless && version === '1.1';
    this.#owedBytes = this.#bodiless ? 0 : (head.bodyBytes ?? Infinity);
    this.#put(text);
  }

  write(chunk: Buffer): boolean {
    if (this.#over || this.#ended) return false;
    if (!this.#responded) throw new RangeError('the head comes before the body');
    if (this.#bodiless || chunk.length === 0) return !this.#isBlocked();
    this.#count(chunk);
    this.#putBody(chunk);
    this.#blocked = this.#isBlocked();
    return !this.#blocked;
  }

  end(last?: Buffer): void {
    if (this.#over || this.#ended) return;
    if (!this.#responded) throw new RangeError('the head comes before the end');
    const hasLast = last !== undefined && last.length > 0 && !this.#bodiless;
    if (hasLast) this.#count(last);
    if (this.#owedBytes > 0 && this.#owedBytes !== Infinity) throw this.#broken('shorter');
    if (hasLast) this.#putBody(last);
    if (this.#chunked) this.#put(lastChunk);
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    if (this.#owner.hasTurn(this)) this.#owner.sendLast(this);
    this.#owner.onEnded(this);
  }

  /** A body longer or shorter than promised would make the next response start in the wrong place. */
  #count(chunk: Buffer): void {
    if (chunk.length > this.#owedBytes) throw this.#broken('longer');
    this.#owedBytes -= chunk.length;
  }

  #broken(how: string): RangeError {
    this.abort();
    return new RangeError(`the response body is ${how} than its head says`);
  }

  #putBody(chunk: Buffer): void {
    if (this.#chunked) this.#put(chunkStart(chunk.length));
    this.#put(chunk);
    if (this.#chunked) this.#put(chunkEnd);
  }

  #put(piece: string | Buffer): void {
    if (this.#owner.hasTurn(this)) return this.#owner.output.put(piece);
    this.#held ??= [];
    this.#held.push(piece);
    this.#heldBytes += piece.length;
  }

  #isBlocked(): boolean {
    return this.#owner.hasTurn(this) ? this.#owner.output.isBlocked : this.#heldBytes > heldBytesMax;
  }

  /** All responses before it are written. @returns whether its own is, too */
  onTurn(): boolean {
    for (const piece of this.#held ?? []) this.#owner.output.put(piece);
    this.#held = undefined;
    if (this.#ended) {
      this.#owner.sendLast(this);
      return true;
    }
    if (this.#resumed) this.#sendContinue();
    if (this.#blocked && !this.#owner.output.isBlocked) process.nextTick(() => this.onDrain());
    return false;
  }

  /** The client takes more. */
  onDrain(): void {
    if (!this.#blocked || this.#ended || this.#over || this.#owner.output.isBlocked) return;
    this.#blocked = false;
    this.#listener?.onDrain();
  }

  // ---- ends

  /** The last byte of the response was handed to the operating system. */
  onSent(): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener?.onSent();
  }

  /** RST and not FIN: to an HTTP/1.0 client, a FIN is how a complete response ends. */
  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#owner.reset();
  }

  /** The client is gone, or broke HTTP. */
  lose(code: AbortCode): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#listener === undefined) this.#lostBeforeListen = code;
    else this.#listener.onAbort(code);
  }

  /** The client broke HTTP in the body of this request: the end of the exchange, and a bare answer if it had none yet. */
  loseWithAnswer(code: AbortCode, status: number): void {
    if (this.#over) return;
    const answered = this.#responded;
    this.lose(code);
    if (answered) return this.#owner.reset();
    this.#responded = true;
    this.closes = true;
    this.#put(lastHead(status, [], 0));
    this.#end();
  }

  /** From now on somebody else is the gateway of this exchange. */
  handTo(listener: DownstreamListener): void {
    this.#listener = listener;
  }

  /** The connection is not HTTP any more; nothing calls back. */
  release(): void {
    this.#over = true;
  }
}
