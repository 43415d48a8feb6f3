/**
 * One request on a node:http server and the means to answer it: `Downstream` over an IncomingMessage and a ServerResponse.
 *
 * node does the framing, but is believed in nothing: the length that was promised is held to, an exchange has exactly one
 * end (`onSent`, `onAbort` or our own `abort`), and nothing calls back after it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Fields } from '../fields.js';
import type { ClientInfo, Downstream, DownstreamListener, RequestHead, ResponseHead } from './engine.js';
import { assertResponse, framedResponseFields, isBodiless } from './framing.js';
import { assertFields } from './syntax.js';

export type AbortCode = Parameters<DownstreamListener['onAbort']>[0];

/** What an exchange needs of the connection that it is on. */
export interface ExchangeOwner {
  readonly socket: Socket;
  readonly client: ClientInfo;
  /** Breaks it off with a TCP reset, at once. */
  reset(): void;
  /** Whether the connection ends after the response to this exchange, for the connection's own reasons. */
  endsWith(exchange: Exchange): boolean;
  /** The connection ends after the response to this exchange, because that says so. */
  endAfter(exchange: Exchange): void;
  /** The gateway has written its last byte, which need not have been sent. */
  onEnded(): void;
  /** It is over: its response was handed to the operating system (`sent`), or never will be. */
  onOver(exchange: Exchange, sent: boolean): void;
}

export interface ExchangeOptions {
  readonly request: RequestHead;
  readonly upgrade: string | undefined;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

export class Exchange implements Downstream {
  readonly request: RequestHead;
  readonly upgrade: string | undefined;
  readonly #owner: ExchangeOwner;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  #listener: DownstreamListener | undefined;
  #lostBeforeListen: AbortCode | undefined;
  #expectsContinue: boolean;
  #reading = false;
  #responded = false;
  #flushed = false;
  #ended = false;
  #over = false;
  /** Bytes still owed to the promised length; Infinity when none was promised, 0 when there is no body. */
  #owedBytes = 0;
  #bodiless = false;

  constructor(owner: ExchangeOwner, message: IncomingMessage, response: ServerResponse, options: ExchangeOptions) {
    this.request = options.request;
    this.upgrade = options.upgrade;
    this.#owner = owner;
    this.#message = message;
    this.#response = response;
    this.#expectsContinue = options.expectsContinue;
    message.on('error', () => undefined); // what it reports, the connection reports too
    response.on('error', () => undefined);
    response.on('drain', () => this.onDrain());
    response.on('finish', () => this.#onFinish());
  }

  get client(): ClientInfo {
    return this.#owner.client;
  }

  /** The whole request has arrived. */
  get isRequestComplete(): boolean {
    return this.#message.complete;
  }

  /** The gateway has no more to write. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** node gives the socket to one response after the other, and takes it away from those that are sent. */
  get isNext(): boolean {
    return this.#response.socket !== null || this.#over;
  }

  get isOver(): boolean {
    return this.#over;
  }

  listen(listener: DownstreamListener): void {
    this.#listener = listener;
    const code = this.#lostBeforeListen;
    if (code !== undefined) process.nextTick(() => this.#listener?.onAbort(code));
  }

  resume(): void {
    if (this.#over || this.#ended) return;
    if (this.#expectsContinue) {
      this.#expectsContinue = false;
      this.#sendContinue();
    }
    if (!this.#reading) {
      this.#reading = true;
      this.#message.on('data', (chunk: Buffer) => {
        if (!this.#ended && !this.#over) this.#listener?.onData(chunk);
      });
      this.#message.on('end', () => {
        if (!this.#ended && !this.#over) this.#listener?.onEnd();
      });
    }
    this.#message.resume();
  }

  pause(): void {
    if (this.#reading && !this.#ended && !this.#over) this.#message.pause();
  }

  /** Behind a response that is not sent yet there is no place for it: node would write it after our final head. */
  inform(status: number, fields: Fields): void {
    assertInterim(status);
    assertFields(fields);
    const { socket } = this.#response;
    if (this.request.version === '1.0' || this.#responded || this.#over || socket === null) return;
    if (socket.writableNeedDrain) return; // nobody waits for these, so they may not pile up
    let head = `HTTP/1.1 ${status} \r\n`;
    for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`;
    socket.write(`${head}\r\n`, 'latin1');
  }

  #sendContinue(): void {
    const send = (): void => {
      if (!this.#responded && !this.#over) this.#response.writeContinue();
    };
    if (this.#response.socket === null) this.#response.once('socket', send);
    else send();
  }

  respond(head: ResponseHead, close: boolean): void {
    assertResponse(head);
    if (this.#responded) throw new RangeError('an exchange has one final response');
    const closes = close || this.#owner.endsWith(this);
    const fields = framedResponseFields(head, this.request, closes);
    this.#responded = true;
    if (this.#over) return;
    if (closes) this.#owner.endAfter(this);
    this.#bodiless = isBodiless(this.request.method, head.status);
    this.#owedBytes = this.#bodiless ? 0 : (head.bodyBytes ?? Infinity);
    // node would send chunks to a 1.0 client that says `TE: chunked` (RFC 9112 §6.1 forbids it).
    if (this.request.version === '1.0') this.#response.useChunkedEncodingByDefault = false;
    this.#response.writeHead(head.status, head.reason, fields);
    // A microtask, so that a body which is already there goes out in the same write as the head.
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    if (this.#flushed || this.#over) return;
    this.#flushed = true;
    this.#response.flushHeaders();
  }

  write(chunk: Buffer): boolean {
    if (this.#over || this.#ended) return false;
    if (!this.#responded) throw new RangeError('the head comes before the body');
    if (this.#bodiless) return true;
    this.#count(chunk);
    this.#flushed = true;
    return this.#response.write(chunk);
  }

  end(last?: Buffer): void {
    if (this.#over || this.#ended) return;
    if (!this.#responded) throw new RangeError('the head comes before the end');
    if (last !== undefined && !this.#bodiless) this.#count(last);
    if (this.#owedBytes > 0 && this.#owedBytes !== Infinity) throw this.#broken('shorter');
    this.#ended = true;
    this.#flushed = true;
    if (last === undefined || last.length === 0 || this.#bodiless) this.#response.end();
    else this.#response.end(last);
    if (!this.#message.complete) this.#message.resume(); // what is left of the request goes nowhere
    this.#owner.onEnded();
  }

  /** The client takes more; of a socket that node has let go of, its new owner says so. */
  onDrain(): void {
    if (!this.#ended && !this.#over) this.#listener?.onDrain();
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

  /** RST and not FIN: to an HTTP/1.0 client, a FIN is how a complete response ends. */
  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#owner.reset();
    this.#owner.onOver(this, false);
  }

  /** The client is gone, or broke HTTP. */
  lose(code: AbortCode): void {
    if (this.#over) return;
    this.#over = true;
    this.#owner.onOver(this, false);
    if (this.#listener === undefined) this.#lostBeforeListen = code;
    else this.#listener.onAbort(code);
  }

  /** The client broke HTTP in the body of this request: the end of the exchange, and a bare answer if it had none yet. */
  loseWithAnswer(code: AbortCode, status: number): void {
    if (this.#over) return;
    const answered = this.#responded;
    this.lose(code);
    if (answered) this.#owner.reset();
    else this.#response.writeHead(status, ['Connection', 'close', 'Content-Length', '0']).end();
  }

  /** From now on somebody else is the gateway of this exchange. */
  handTo(listener: DownstreamListener): void {
    this.#listener = listener;
  }

  /** The connection is not HTTP any more; nothing calls back. */
  release(): void {
    this.#over = true;
    this.#response.detachSocket(this.#owner.socket);
    this.#owner.onOver(this, false);
  }

  #onFinish(): void {
    // node says so too when the connection is destroyed on a response that was ended but not sent.
    if (this.#owner.socket.destroyed) this.lose('client-aborted');
    if (this.#over) return;
    this.#over = true;
    this.#owner.onOver(this, true);
    this.#listener?.onSent();
  }
}

/** 100 is said by `resume`, and 101 by a tunnel. */
function assertInterim(status: number): void {
  const isInterim = Number.isInteger(status) && status > 101 && status < 200;
  if (!isInterim) throw new RangeError(`${status} is not the status of an interim response`);
}
