/**
 * One attempt at one origin: `Attempt` over the ClientRequest that http-proxy makes.
 *
 * It ends once, with `onEnd`, `onFault` or our own `abort`, and then the connection is back in its pool or destroyed.
 * node reports a failure in up to four ways (error and close, of the request and of the response), or in none: a 101 that
 * nobody asked for, for one. All of them lead here.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { FaultCode } from '../fault.js';
import type { Attempt, AttemptListener, Origin, UpstreamRequest } from './engine.js';
import { framedRequestFields } from './framing.js';
import type { Agents } from './http-proxy-agents.js';
import { readResponseHead, writeRequestHead } from './http-proxy-upstream.js';
import { connectFault, errorDetail, responseBodyFault, responseFault, type NodeError } from './node-faults.js';
import { areFields } from './syntax.js';

export class HttpAttempt implements Attempt {
  readonly #request: UpstreamRequest;
  readonly #origin: Origin;
  readonly #listener: AttemptListener;
  readonly #agents: Agents;
  readonly #onOver: (attempt: HttpAttempt) => void;
  #made: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #connected = false;
  #reused = false;
  #paused = false;
  #ended = false;
  #over = false;
  #owedBytes: number;

  constructor(request: UpstreamRequest, origin: Origin, listener: AttemptListener, agents: Agents, onOver: (attempt: HttpAttempt) => void) {
    this.#request = request;
    this.#origin = origin;
    this.#listener = listener;
    this.#agents = agents;
    this.#onOver = onOver;
    this.#owedBytes = request.bodyBytes ?? Infinity;
  }

  /** http-proxy made the request, and has not given it a socket yet. */
  adopt(made: ClientRequest): void {
    this.#made = made;
    writeRequestHead(made, this.#request, framedRequestFields(this.#request));
    made.on('socket', (socket) => this.#agents.take(socket, (reused) => this.#onConnect(reused)));
    made.on('information', (info) => this.#onInform(info.statusCode, info.rawHeaders));
    made.on('response', (response) => this.#onResponse(response));
    made.on('upgrade', (_response, socket) => {
      socket.destroy();
      this.fail('invalid-response', 'unasked 101');
    });
    made.on('drain', () => {
      if (!this.#over) this.#listener.onDrain();
    });
    made.on('close', () => {
      if (this.#response === undefined) this.fail(this.#connected ? 'reset-before-response' : 'connect-failed', 'closed');
    });
    if (this.#request.bodyBytes === 0) this.end();
    else made.flushHeaders();
  }

  #onConnect(reused: boolean): void {
    if (this.#over) return;
    this.#connected = true;
    this.#reused = reused;
    this.#listener.onConnect(reused);
  }

  #onInform(status: number, fields: readonly string[]): void {
    if (!this.#over && status !== 100 && areFields(fields)) this.#listener.onInform(status, fields);
  }

  #onResponse(response: IncomingMessage): void {
    if (this.#over) return;
    this.#response = response;
    const head = readResponseHead(response, this.#request.method);
    if (head === undefined) {
      this.fail('invalid-response', 'bad head');
      return;
    }
    response.on('data', (chunk: Buffer) => {
      if (!this.#over && head.bodyBytes !== 0) this.#listener.onData(chunk);
    });
    response.on('end', () => this.#onEnd(response));
    response.on('error', (error) => this.onError(error));
    response.on('close', () => this.fail('reset-mid-response', 'closed'));
    if (this.#paused) response.pause();
    this.#listener.onHead(head);
  }

  #onEnd(response: IncomingMessage): void {
    if (this.#over) return;
    const broken = this.#ended && endsWithConnection(response) && this.#agents.isReset(response.socket);
    if (!response.complete || broken) {
      this.fail('reset-mid-response', 'closed');
      return;
    }
    this.#finish();
    // An early answer: without the rest of the request the connection is of no use.
    if (!this.#ended) this.#made?.destroy();
    this.#listener.onEnd();
  }

  /** From http-proxy and from node. */
  onError(error: NodeError): void {
    const response = this.#response;
    if (response?.complete === true) return; // what came after the response ends the connection, not the exchange
    const detail = errorDetail(error);
    if (response !== undefined) this.fail(responseBodyFault(error), detail);
    else if (this.#connected) this.fail(responseFault(error), detail);
    else this.fail(connectFault(error, this.#origin.scheme === 'https'), detail);
  }

  fail(code: FaultCode, detail: string): void {
    if (this.#over) return;
    this.#finish();
    this.#made?.destroy();
    if (this.#reused && code === 'reset-before-response') this.#agents.endIdle(this.#origin); // they are no better, and the next try must be
    this.#listener.onFault(code, detail);
  }

  #finish(): void {
    this.#over = true;
    this.#onOver(this);
  }

  write(chunk: Buffer): boolean {
    if (this.#over) return false;
    if (chunk.length > this.#owedBytes || this.#ended) throw this.#broken('longer');
    this.#owedBytes -= chunk.length;
    return this.#made?.write(chunk) ?? false;
  }

  end(): void {
    if (this.#over || this.#ended) return;
    if (this.#owedBytes > 0 && this.#owedBytes !== Infinity) throw this.#broken('shorter');
    this.#ended = true;
    this.#made?.end();
  }

  /** The rest of the body, or the next request, would be taken for what it is not. */
  #broken(how: string): RangeError {
    this.abort();
    return new RangeError(`the request body is ${how} than its head says`);
  }

  pause(): void {
    this.#paused = true;
    this.#response?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#response?.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#made?.destroy();
  }
}

/** Nothing else tells where the body ends (RFC 9112 §6.3). */
const endsWithConnection = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
