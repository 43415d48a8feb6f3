/**
 * One connection from a client: requests are read off it one after the other, responses written in the same order.
 *
 * It ends gently whenever the client may still be sending (RFC 9112 §9.6): a connection closed on unread bytes is answered
 * by a TCP reset, which takes the response away that the client was about to read. And it ends once: whatever comes after
 * the request that was said to be the last is read and ignored.
 */
import type { Socket } from 'node:net';
import { faults, type FaultCode } from '../../fault.js';
import { stopTimeout, type Timed, type TimeoutList } from '../../timeouts.js';
import type { ClientInfo, RequestHead } from '../engine.js';
import type { ClientSocketOwner } from './client-socket.js';
import { pipelineMax, type ConnectionContext } from './connection-context.js';
import { Exchange, type AbortCode, type ExchangeOwner } from './exchange.js';
import { messageFacts } from './message-facts.js';
import { Output } from './output.js';
import { lastHead } from './rendering.js';
import type { ReadBuffer } from './read-buffer.js';
import { RequestReader, type RequestReaderOwner } from './request-reader.js';
import { resetSocket } from './reset.js';

export class ClientConnection implements ClientSocketOwner, ExchangeOwner, RequestReaderOwner, Timed {
  dueMs = 0;
  list: TimeoutList | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly socket: Socket;
  readonly client: ClientInfo;
  readonly output: Output;
  /** The TCP socket: the same, or the one under TLS. */
  readonly #raw: Socket;
  readonly #context: ConnectionContext<ClientConnection>;
  readonly #reader: RequestReader;
  readonly #buffer: ReadBuffer | undefined;
  /** In order of arrival; the first has its turn. */
  readonly #queue: Exchange[] = [];
  /** Written, and not handed to the operating system yet. */
  readonly #unsent: Exchange[] = [];
  /** No further request is looked at. */
  #last = false;
  /** The answer to a request that is no exchange, when it waits for those before it. */
  #owed: FaultCode | undefined;
  #ended = false;
  /** Another protocol has the connection; so has this listener. */
  #taken: ((chunk: Buffer) => void) | undefined;

  /** @param buffer into which it reads, if that is ours */
  constructor(socket: Socket, raw: Socket, client: ClientInfo, context: ConnectionContext<ClientConnection>, buffer?: ReadBuffer) {
    this.#buffer = buffer;
    this.socket = socket;
    this.#raw = raw;
    this.client = client;
    this.#context = context;
    this.output = new Output(socket);
    this.#reader = new RequestReader(socket, context.limits, this);
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.on('error', () => undefined); // 'close' follows
    socket.on('end', () => this.#onClientEnd());
    socket.on('close', () => this.#onClose());
    context.headers.start(this);
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    if (this.#taken !== undefined || this.#ended) return false;
    return this.#queue.length === 0 && this.#unsent.length === 0 && !this.#reader.isInHead && this.#owed === undefined;
  }

  // ---- what comes

  answersAtOnce(read: Buffer, bytes: number): boolean {
    return this.#context.prepared !== undefined && !this.#last && this.#reader.answersAtOnce(read, bytes);
  }

  onData(chunk: Buffer): void {
    if (this.#taken !== undefined) return this.#taken(chunk);
    if (this.#ended) return;
    this.#reader.push(chunk);
    this.#arm();
  }

  #onDrain(): void {
    this.#queue[0]?.onDrain();
    if (this.#taken === undefined && !this.#ended && this.#reader.isHolding) this.#readOn();
  }

  next(): 'read' | 'keep' | 'drop' {
    if (this.#queue[0]?.upgrade !== undefined) return 'keep';
    // What is answered at once would pile up for a client that asks and does not read.
    if (this.#queue.length === 0 && this.output.isBlocked && !this.#last) return 'keep';
    if (this.#queue.length >= pipelineMax) this.#last = true;
    return this.#last ? 'drop' : 'read';
  }

  answersRepeated(text: string, isLast: boolean): boolean {
    const { prepared, keepAlive, isStopping } = this.#context;
    if (prepared === undefined || this.#queue.length > 0 || this.output.isBlocked || isStopping()) return false;
    const answer = prepared(text, this.client);
    if (answer === undefined) return false;
    this.output.putPrepared(answer, isLast);
    keepAlive.start(this);
    return true;
  }

  onRequest(request: RequestHead, text: string): void {
    const { persistent, upgrade, expectsContinue } = messageFacts(request.fields, request.version);
    const isHandshake = upgrade === 'websocket' && request.method === 'GET' && request.bodyBytes === 0 && this.#queue.length === 0;
    const repeatable = this.#context.prepared === undefined ? undefined : text;
    const exchange = new Exchange(this, { request, upgrade: isHandshake ? upgrade : undefined, expectsContinue, text: repeatable });
    this.#queue.push(exchange);
    if (!persistent || isHandshake) this.#last = true;
    stopTimeout(this);
    if (!exchange.requestComplete) this.#reader.beginBody(exchange);
    this.#context.onExchange(exchange, this);
  }

  onBodyEnd(exchange: Exchange): void {
    stopTimeout(this);
    exchange.requestComplete = true;
    exchange.tellEnd();
  }

  onBrokenBody(exchange: Exchange): void {
    this.#break(exchange, 'malformed-request');
  }

  onWanted(exchange: Exchange): void {
    process.nextTick(this.#readFor, exchange);
  }

  readonly #readFor = (exchange: Exchange): void => {
    if (this.#taken !== undefined) return;
    if (this.#reader.exchange !== exchange) exchange.tellEnd();
    else if (exchange.wantsBody) this.#readOn();
  };

  #readOn(): void {
    this.#reader.readOn();
    this.#arm();
  }

  // ---- what goes

  get date(): string {
    return this.#context.date();
  }

  hasTurn = (exchange: Exchange): boolean => this.#queue[0] === exchange;

  endsWith(exchange: Exchange): boolean {
    if (exchange !== this.#queue.at(-1) || this.#owed !== undefined) return false;
    if (this.#context.isStopping()) this.#last = true;
    return this.#last;
  }

  onLast(exchange: Exchange): void {
    this.#last = true;
    if (this.#queue.at(-1) === exchange) return;
    const behind = this.#queue.splice(this.#queue.indexOf(exchange) + 1);
    this.#owed = undefined;
    if (behind.some((one) => one === this.#reader.exchange)) this.#discard();
    for (const one of behind) one.lose('client-aborted');
  }

  sendLast(exchange: Exchange): void {
    this.#unsent.push(exchange);
    this.output.flushThen(this.#onSent);
  }

  readonly #onSent = (): void => {
    if (this.socket.destroyed) return; // 'close' tells
    this.#unsent.shift()?.onSent();
    this.#settle();
  };

  onEnded(exchange: Exchange): void {
    if (this.#reader.exchange === exchange) this.#discard(); // what is left of the request goes nowhere
    if (exchange.closes && exchange === this.#queue.at(-1) && this.#owed === undefined) this.#discard();
    if (this.#queue[0] !== exchange) return;
    this.#queue.shift();
    while (this.#queue[0]?.onTurn() === true) this.#queue.shift();
    if (this.#queue.length === 0 && this.#owed !== undefined) this.#answer(this.#owed);
    this.#arm();
  }

  /** Nothing that comes is for anybody. */
  #discard(): void {
    this.#last = true;
    this.#reader.discard();
  }

  /** All is sent: what now? */
  #settle(): void {
    if (this.#queue.length > 0 || this.#unsent.length > 0 || this.#ended) return;
    if (this.#last || this.#context.isStopping()) this.end();
    else this.#arm();
    this.#buffer?.release();
  }

  // ---- limits in time
  /** Waits for what must come next, if that is not the gateway's. */
  #arm(): void {
    const wanted = this.#awaited();
    if (wanted === this.list) return;
    if (wanted === undefined) stopTimeout(this);
    else wanted.start(this);
  }

  #awaited(): TimeoutList | undefined {
    const { headers, request, keepAlive, linger } = this.#context;
    if (this.#taken !== undefined || this.socket.destroyed) return undefined;
    if (this.#ended) return linger;
    if (this.#reader.exchange !== undefined) return request;
    if (this.#reader.isInHead) return headers;
    if (this.#queue.length > 0) return undefined;
    return this.#unsent.length === 0 && this.list === headers ? headers : keepAlive;
  }

  /** The head, or a body, took too long. */
  onLate(): void {
    const { exchange } = this.#reader;
    if (exchange === undefined) this.refuse('request-timeout');
    else this.#break(exchange, 'request-timeout');
  }

  // ---- ends

  #break(exchange: Exchange, code: Exclude<AbortCode, 'client-aborted'>): void {
    this.#discard();
    exchange.loseWithAnswer(code, faults[code].status);
  }

  /** Answers a request that is no exchange, when it is its turn. Nothing after it is looked at. */
  refuse(code: FaultCode): void {
    this.#discard();
    if (this.#queue.length > 0) this.#owed = code;
    else this.#answer(code);
  }

  #answer(code: FaultCode): void {
    this.#owed = undefined;
    const { fields, body } = this.#context.onBrokenRequest(code, this.client);
    this.output.put(lastHead(faults[code].status, fields, body.length));
    this.output.put(body);
    this.end();
  }

  /** FIN now, and the rest when the client has sent its own, or has had time to. */
  end(): void {
    this.#discard();
    this.#ended = true;
    if (this.socket.destroyed) return;
    this.output.flush();
    this.socket.end();
    this.#arm();
  }

  reset = (): void => resetSocket(this.socket, this.#raw);

  /** It was idle when the server began to stop. */
  retire(): void {
    if (this.output.isEmpty) this.cut();
    else this.end();
  }

  /** At once; visibly so to whoever was still being answered. */
  cut(): void {
    if (this.#queue.length > 0 || this.#unsent.length > 0 || !this.output.isEmpty) this.reset();
    else if (this.client.secure && this.isIdle) {
      this.#ended = true;
      this.socket.destroySoon(); // with TLS's own last word (RFC 8446 §6.1)
      this.#arm(); // for a client that does not take it
    } else this.socket.destroy();
  }

  /** A client that ends its side before it has its answer has left, as for nginx: hardly any that still listens does so. */
  #onClientEnd(): void {
    if (this.#taken !== undefined) return;
    if (this.#queue.length > 0) this.reset();
    else if (this.#unsent.length === 0) this.end();
    else this.#last = true;
  }

  #onClose(): void {
    stopTimeout(this);
    for (const exchange of [...this.#queue.splice(0), ...this.#unsent.splice(0)]) exchange.lose('client-aborted');
  }

  // ---- another protocol

  /** From now on the bytes are the caller's, beginning with those that this returns. */
  take(onData: (chunk: Buffer) => void): Buffer {
    const early = this.#reader.take();
    this.#queue.shift()?.release();
    this.#taken = onData;
    stopTimeout(this);
    return early;
  }
}
