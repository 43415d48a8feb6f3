/**
 * A connection before its first request, when something must come before: the header of the PROXY protocol.
 *
 * It has the time of a request's head for that. Who leaves without a byte is a probe and no fault.
 */
import type { Socket } from 'node:net';
import type { HandshakeFault } from '../../handshake-fault.js';
import { stopTimeout, type Timed, type TimeoutList } from '../../timeouts.js';
import type { ClientInfo } from '../engine.js';
import { readProxyHeader } from './proxy-protocol.js';

/** What all arrivals share. */
export interface ArrivalContext {
  /** For all that comes before the first request. */
  readonly arrival: TimeoutList<Arrival>;
  onBrokenHandshake(fault: HandshakeFault, client: ClientInfo, detail: string): void;
}

const nothing = Buffer.alloc(0);
/** Of what came in the place of a header: enough to see in the log what it is. */
const shownBytes = 64;

export class Arrival implements Timed {
  dueMs = 0;
  list: TimeoutList | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
  readonly socket: Socket;
  /** No request is under way. */
  readonly isIdle = true;
  readonly #context: ArrivalContext;
  readonly #onReady: (client: ClientInfo) => void;
  readonly #peer: ClientInfo;
  #bytes: Buffer = nothing;

  /** @param onReady what is left of the first bytes is back in the socket, which is paused and has no listener any more. */
  constructor(socket: Socket, peer: ClientInfo, context: ArrivalContext, onReady: (client: ClientInfo) => void) {
    this.socket = socket;
    this.#peer = peer;
    this.#context = context;
    this.#onReady = onReady;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', ignore); // 'close' follows
    socket.on('close', this.#onClose);
    context.arrival.start(this);
  }

  readonly #onData = (chunk: Buffer): void => {
    const bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#bytes = bytes;
    const header = readProxyHeader(bytes);
    if (header === 'more') return;
    if (typeof header === 'string') return this.#fail(`proxy-header-${header}`, bytes.toString('latin1', 0, shownBytes));
    const rest = bytes.subarray(header.length);
    const { address, port, secure } = this.#peer;
    this.#leave();
    if (rest.length > 0) this.socket.unshift(rest);
    this.#onReady({ address, port, ...header.source, secure });
  };

  readonly #onEnd = (): void => {
    if (this.#bytes.length > 0) this.#fail('proxy-header-malformed', 'the client left within it');
    else this.socket.destroy();
  };

  readonly #onClose = (): void => stopTimeout(this);

  onLate(): void {
    this.#fail('proxy-header-late', '');
  }

  #fail(fault: HandshakeFault, detail: string): void {
    this.#leave();
    this.socket.destroy();
    this.#context.onBrokenHandshake(fault, this.#peer, detail);
  }

  #leave(): void {
    stopTimeout(this);
    this.socket.pause();
    this.socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
  }

  /** At once. */
  cut(): void {
    this.socket.destroy();
  }
}

const ignore = (): void => undefined;
