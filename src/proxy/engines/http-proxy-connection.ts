/**
 * One client connection of the node:http server: which exchanges on it still owe an answer, and how it ends.
 *
 * It ends gently whenever the client may still be sending (RFC 9112 §9.6): a connection closed on unread bytes is answered
 * by a TCP reset, which takes the response away that the client was about to read. And it ends once: whatever comes after
 * the request that was said to be the last is read and ignored.
 */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../clock.js';
import { faults, type FaultCode } from '../fault.js';
import type { Fields } from '../fields.js';
import type { BrokenAnswer, ClientInfo } from './engine.js';
import type { Exchange, ExchangeOwner } from './http-proxy-exchange.js';
import { requestFault, type ClientError } from './node-faults.js';
import { assertFields } from './syntax.js';

/** For the last answer to be taken, and the client's FIN to come: two round trips across the world, and a slow machine's pause. */
const lingerMs = 2000;
/** Unanswered requests on one connection. With one more it ends after them, and the client repeats the rest (RFC 9112 §9.3.2). */
const pipelineMax = 128;

export interface ConnectionContext {
  readonly clock: Clock;
  /** How long a client may leave the end of a response unread. */
  readonly stallMs: number;
  readonly onBrokenRequest: (code: FaultCode, client: ClientInfo) => BrokenAnswer;
  /** The server is stopping: each connection ends with the exchange that is its newest. */
  isStopping(): boolean;
}

export class Connection implements ExchangeOwner {
  readonly socket: Socket;
  readonly client: ClientInfo;
  readonly #context: ConnectionContext;
  /** In order of arrival. */
  readonly #live = new Set<Exchange>();
  #closing = false;
  /** The last answer is the one to a request that is no exchange. */
  #refused = false;
  /** That answer, when it waits for those before it. */
  #owed: FaultCode | undefined;
  #resetting = false;
  #linger: Timer | undefined;

  constructor(socket: Socket, context: ConnectionContext) {
    this.socket = socket;
    this.#context = context;
    const { remoteAddress = '', remotePort = 0 } = socket;
    // An IPv4 client of a dual-stack listener is still an IPv4 client.
    this.client = { address: remoteAddress.replace(/^::ffff:(?=\d+\.)/i, ''), port: remotePort, secure: false };
    socket.on('error', () => undefined); // 'close' follows; node's own listener goes when it has heard one, or an upgrade
    socket.on('end', () => this.#onClientEnd());
    socket.on('close', () => this.#onClose());
    // What node calls after the last response. Its own destroys the socket as soon as our bytes are out.
    socket.destroySoon = () => {
      if (!this.#resetting) this.end();
    };
  }

  get isBusy(): boolean {
    return this.#live.size > 0;
  }

  /** Whether a further request is to be looked at. */
  admits(): boolean {
    if (this.#closing) return false;
    if (this.#live.size < pipelineMax) return true;
    this.#closing = true;
    return false;
  }

  add(exchange: Exchange, isLast: boolean): void {
    this.#live.add(exchange);
    this.socket.setTimeout(0); // which may run since the response before it
    if (isLast) this.#closing = true;
  }

  /**
   * node's `resetAndDestroy` waits, by way of `destroySoon`, until all that is queued was sent, which a client that does not
   * read can put off for ever; the `destroy` after it does not wait. While a FIN is on its way libuv refuses to reset, and
   * node would forget to close (EINVAL): then a FIN is all there is, and it is only so when the response is complete.
   */
  reset(): void {
    if (this.socket.destroyed) return;
    this.#resetting = true;
    if (!this.socket.writableEnded) this.socket.resetAndDestroy();
    this.socket.destroy();
  }

  endsWith(exchange: Exchange): boolean {
    const ends = !this.#refused && (this.#closing || this.#context.isStopping()) && exchange === this.#newest();
    if (ends) this.#closing = true;
    return ends;
  }

  /** What the client sent behind it must not reach an origin: nobody would answer, and the client asks for it again elsewhere. */
  endAfter(exchange: Exchange): void {
    if (exchange === this.#newest()) this.#closing = true;
  }

  /** When the gateway is done with all of them, nobody but us is left to notice that the client does not read. */
  onEnded(): void {
    for (const exchange of this.#live) if (!exchange.isEnded) return;
    this.socket.setTimeout(this.#context.stallMs);
  }

  onOver(exchange: Exchange, sent: boolean): void {
    this.#live.delete(exchange);
    if (!sent || this.#live.size > 0) return;
    if (this.#owed !== undefined) this.#answer(this.#owed);
    else if (this.#refused) this.#startLinger(); // node sends that answer now, and ends
    else if (this.#closing || this.#context.isStopping() || !exchange.isRequestComplete) this.end();
  }

  #newest(): Exchange | undefined {
    let newest: Exchange | undefined;
    for (const exchange of this.#live) newest = exchange;
    return newest;
  }

  /** What node could not parse, or waited for in vain. It says so again for each further packet: we have closed by then. */
  onClientError(error: ClientError): void {
    const code = requestFault(error);
    if (code === undefined) {
      this.socket.destroy();
      return;
    }
    const newest = this.#newest();
    if (newest !== undefined && !newest.isRequestComplete) {
      this.#closing = true;
      this.#refused = true;
      const abortCode = code === 'request-timeout' ? code : 'malformed-request';
      newest.loseWithAnswer(abortCode, faults[abortCode].status);
      if (this.#live.size === 0) this.#startLinger();
    } else if (!this.#closing) {
      this.refuse(code);
    }
  }

  /** Answers a request that is no exchange, on the bare socket, when it is its turn. Nothing after it is looked at. */
  refuse(code: FaultCode): void {
    this.#closing = true;
    this.#refused = true;
    if (this.#live.size > 0) this.#owed = code;
    else this.#answer(code);
  }

  #answer(code: FaultCode): void {
    const { fields, body } = this.#context.onBrokenRequest(code, this.client);
    this.socket.write(Buffer.concat([Buffer.from(brokenHead(code, fields, body), 'latin1'), body]));
    this.end();
  }

  /** The same through node's response, which is in the way when node took the request. */
  refuseWith(response: ServerResponse, code: FaultCode): void {
    this.#closing = true;
    this.#refused = true;
    const { status } = faults[code];
    const { fields, body } = this.#context.onBrokenRequest(code, this.client);
    response.on('error', () => undefined);
    response.writeHead(status, STATUS_CODES[status] ?? '', brokenFields(fields, body)).end(body);
    if (this.#live.size === 0) this.#startLinger();
  }

  /** FIN now, and the rest when the client has sent its own, or has had time to. */
  end(): void {
    this.#closing = true;
    if (this.socket.destroyed) return;
    this.socket.end();
    this.socket.resume();
    this.#startLinger();
  }

  #startLinger(): void {
    this.#linger ??= this.#context.clock.after(lingerMs, () => this.socket.destroy());
  }

  /** At once; visibly so to whoever was still being answered. */
  cut(): void {
    if (this.#live.size > 0) this.reset();
    else this.socket.destroy();
  }

  /** A client that ends its side before it has its answer has left, as for nginx: hardly any that still listens does so. */
  #onClientEnd(): void {
    for (const exchange of this.#live) {
      if (exchange.isEnded) continue;
      this.reset();
      break;
    }
  }

  #onClose(): void {
    this.#linger?.cancel();
    for (const exchange of this.#live) exchange.lose('client-aborted');
  }
}

function brokenFields(fields: Fields, body: Buffer): string[] {
  assertFields(fields);
  return [...fields, 'Connection', 'close', 'Content-Length', String(body.length)];
}

function brokenHead(code: FaultCode, fields: Fields, body: Buffer): string {
  const { status } = faults[code];
  const all = brokenFields(fields, body);
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (let i = 0; i < all.length; i += 2) head += `${all[i]}: ${all[i + 1]}\r\n`;
  return `${head}\r\n`;
}
