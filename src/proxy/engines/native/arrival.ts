/**
 * A connection before its first request, when something must come before: a header of the PROXY protocol, a TLS handshake, or the
 * one and then the other.
 *
 * It has the time of a request's head for all of that. Who leaves without a byte is a probe and no fault.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { HandshakeFault } from '../../handshake-fault.js';
import { stopTimeout, type Timed, type TimeoutList } from '../../timeouts.js';
import type { ClientInfo } from '../engine.js';
import { serverNameOf } from './client-hello.js';
import { readProxyHeader } from './proxy-protocol.js';
import type { Handshake, TlsServer } from './tls-server.js';

/** What all arrivals share. */
export interface ArrivalContext {
  /** For all that comes before the first request. */
  readonly arrival: TimeoutList<Arrival>;
  onBrokenHandshake(fault: HandshakeFault, client: ClientInfo, detail: string): void;
}

export interface ArrivalOptions {
  /** Who the socket says that it is. */
  readonly peer: ClientInfo;
  /** Begins with a PROXY header. */
  readonly isProxied: boolean;
  readonly tls: TlsServer | undefined;
  /** The socket to read requests from is paused, and what is left of the first bytes is in it. */
  readonly onReady: (socket: Socket, client: ClientInfo) => void;
}

const nothing = Buffer.alloc(0);
/** Of what came in the place of a header: enough to see in the log what it is. */
const shownBytes = 64;

export class Arrival implements Timed, Handshake {
  dueMs = 0;
  list: TimeoutList | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  /** No request is under way. */
  readonly isIdle = true;
  readonly socket: Socket;
  readonly #context: ArrivalContext;
  readonly #options: ArrivalOptions;
  #client: ClientInfo;
  #owesHeader: boolean;
  /** Came, and is nobody's yet. */
  #bytes: Buffer = nothing;
  /** It is a request's connection now, or has failed. */
  #over = false;

  constructor(socket: Socket, options: ArrivalOptions, context: ArrivalContext) {
    this.socket = socket;
    this.#context = context;
    this.#options = options;
    this.#client = options.peer;
    this.#owesHeader = options.isProxied;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore); // 'close' follows
    socket.on('close', this.#onClose);
    context.arrival.start(this);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (this.#owesHeader && !this.#readHeader()) return;
    if (this.#options.tls === undefined) this.#pass();
    else this.#greet(this.#options.tls);
  };

  /** @returns whether it is complete */
  #readHeader(): boolean {
    const header = readProxyHeader(this.#bytes);
    if (header === 'more') return false;
    if (typeof header === 'string') {
      this.#fail(`proxy-header-${header}`, this.#bytes.toString('latin1', 0, shownBytes));
      return false;
    }
    this.#owesHeader = false;
    this.#bytes = this.#bytes.subarray(header.length);
    this.#client = { ...this.#client, ...header.source };
    return true;
  }

  #pass(): void {
    this.#release();
    this.#leave();
    this.#options.onReady(this.socket, this.#client);
  }

  /** Nobody reads the socket any more, and what has come is in it again. */
  #release(): void {
    this.socket.pause();
    this.socket.off('data', this.#onData).off('end', this.#onEnd);
    if (this.#bytes.length > 0) this.socket.unshift(this.#bytes);
    this.#bytes = nothing;
  }

  // ---- TLS

  /** Not before its greeting is complete: until then a connection costs no state of TLS. */
  #greet(tls: TlsServer): void {
    const serverName = serverNameOf(this.#bytes);
    if (serverName === undefined) return;
    this.#release();
    tls.begin(this.socket, serverName, this);
  }

  onSecure(socket: TLSSocket): void {
    if (this.#over) return;
    this.#leave();
    this.#options.onReady(socket, { ...this.#client, secure: true });
  }

  onTlsFault(fault: HandshakeFault, detail: string): void {
    this.#fail(fault, detail);
  }

  // ---- ends

  readonly #onEnd = (): void => {
    if (this.#bytes.length === 0) this.cut();
    else if (this.#owesHeader) this.#fail('proxy-header-malformed', 'the client left within it');
    else this.#fail('tls-aborted', '');
  };

  /** Of a handshake that has begun, TLS tells the fault, maybe only after this. */
  readonly #onClose = (): void => {
    if (this.#bytes.length > 0) this.#onEnd();
    else stopTimeout(this);
  };

  onLate(): void {
    this.#fail(this.#owesHeader ? 'proxy-header-late' : 'tls-late', '');
  }

  #fail(fault: HandshakeFault, detail: string): void {
    if (this.#over) return;
    this.cut();
    this.#context.onBrokenHandshake(fault, this.#client, detail);
  }

  #leave(): void {
    this.#over = true;
    stopTimeout(this);
    this.socket.off('close', this.#onClose);
  }

  /** Nothing is owed to it. */
  retire(): void {
    this.cut();
  }

  /** At once. */
  cut(): void {
    this.#leave();
    this.socket.destroy();
  }
}

const ignore = (): void => undefined;
