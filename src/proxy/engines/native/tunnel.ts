/**
 * A client and an origin joined for another protocol (WebSocket): the request that asks for it, then bytes both ways.
 *
 * Until the origin has agreed the client's connection is an HTTP connection, on which the gateway may answer. Once joined, both sides
 * die together; a side that ends properly leaves the other some time for its last words.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../../clock.js';
import type { FaultCode } from '../../fault.js';
import type { Fields } from '../../fields.js';
import type { Attempt, Downstream, TunnelListener, UpstreamRequest } from '../engine.js';
import { endToEnd } from '../framing.js';
import type { ClientConnection } from './client-connection.js';
import type { Exchange } from './exchange.js';
import type { HeldConnection, OriginUser } from './origin-user.js';
import { rendered, requestHead } from './rendering.js';
import type { ReceivedHead } from './response-head.js';

/** An exchange that asks for another protocol, and its connection. */
export interface Upgrade {
  readonly client: ClientConnection;
  readonly exchange: Exchange;
}

export interface TunnelOptions extends Upgrade {
  readonly request: UpstreamRequest;
  readonly listener: TunnelListener;
  readonly clock: Clock;
  /** How long one side may go on after the other has said its last. */
  readonly halfCloseMs: number;
}

/** @throws RangeError when the request cannot be written. */
export function openTunnel(options: TunnelOptions, pool: { serve(user: OriginUser): void }): Pick<Attempt, 'abort'> {
  const tunnel = new Tunnel(options);
  pool.serve(tunnel);
  return tunnel;
}

/** TCP's own, for a peer that vanished: no time limit of ours applies to a tunnel. */
const tcpKeepAliveMs = 60_000;

class Tunnel implements OriginUser, Pick<Attempt, 'abort'> {
  readonly request: UpstreamRequest;
  readonly head: string;
  readonly upgrade: string;
  readonly isComplete = true;
  isOver = false;
  readonly #options: TunnelOptions;
  #connection: HeldConnection | undefined;
  #joined = false;
  /** The origin's refusal goes to the client as the response that it is. */
  #refusing = false;
  #failure: string | undefined;
  #openSides = 2;
  #halfClose: Timer | undefined;
  #bytesUp = 0;
  #bytesDown = 0;

  constructor(options: TunnelOptions) {
    this.#options = options;
    this.request = options.request;
    this.upgrade = options.exchange.upgrade ?? '';
    this.head = requestHead(options.request, this.upgrade);
  }

  onConnection(connection: HeldConnection): void {
    this.#connection = connection;
  }

  onConnect(reused: boolean): void {
    if (!this.#isAbandoned()) this.#options.listener.onConnect(reused);
  }

  onInform(): void {
    // An upgrade's client waits for one answer.
  }

  /** By us, or by the client, of which the exchange has told the gateway already. */
  #isAbandoned(): boolean {
    if (!this.isOver && !this.#joined && this.#options.exchange.isOver) {
      this.#finish();
      this.#connection?.destroy();
    }
    return this.isOver;
  }

  onHead(head: ReceivedHead): void {
    if (this.#isAbandoned()) return;
    const { exchange, listener } = this.#options;
    if (head.status === 101) this.#join(head);
    else {
      this.#refusing = true;
      exchange.handTo(this.#refusal());
      exchange.respond({ ...head, fields: endToEnd(head.fields) }, true);
    }
    listener.onHead(head.status);
  }

  // ---- the origin refuses

  #refusal(): Parameters<Downstream['listen']>[0] {
    return {
      onData: () => undefined,
      onEnd: () => undefined,
      onDrain: () => this.#connection?.resume(),
      onSent: () => this.#close(),
      onAbort: () => this.#close(),
    };
  }

  onData(chunk: Buffer): void {
    this.#bytesDown += chunk.length;
    if (!this.#options.exchange.write(chunk)) this.#connection?.pause();
  }

  onEnd(): void {
    this.#connection = undefined;
    this.#options.exchange.end();
  }

  onDrain(): void {
    // Of the origin's connection, into which only the joined sides write.
  }

  onFault(code: FaultCode, detail: string): void {
    if (this.isOver) return;
    this.#finish();
    if (this.#refusing) this.#options.exchange.abort();
    this.#options.listener.onFault(code, detail);
  }

  // ---- the origin agrees

  #join(head: ReceivedHead): void {
    const { client } = this.#options;
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#joined = true;
    const [down, up] = [client.socket, connection.socket];
    const late = connection.take((chunk) => this.#pass(chunk, up, down));
    const early = client.take((chunk) => this.#pass(chunk, down, up));
    down.write(switchingHead(this.upgrade, head.fields), 'latin1');
    up.on('error', (error: Error & { code?: string }) => (this.#failure ??= error.code ?? error.message));
    this.#watch(down, up);
    this.#watch(up, down);
    if (early.length > 0) this.#pass(early, down, up);
    if (late.length > 0) this.#pass(late, up, down);
    down.resume();
    up.resume();
  }

  #watch(from: Socket, to: Socket): void {
    from.allowHalfOpen = true; // its last word may come before ours
    from.setKeepAlive(true, tcpKeepAliveMs);
    to.on('drain', () => from.resume());
    from.on('end', () => {
      to.end();
      this.#halfClose ??= this.#options.clock.after(this.#options.halfCloseMs, () => this.#cut());
    });
    // A side that said FIN is done, and its FIN is on the way to the other; one that did not is dead, and the other follows.
    from.on('close', () => this.#onSideClosed(from.readableEnded));
  }

  #pass(chunk: Buffer, from: Socket, to: Socket): void {
    if (to === this.#options.client.socket) this.#bytesDown += chunk.length;
    else this.#bytesUp += chunk.length;
    if (!to.write(chunk)) from.pause();
  }

  #onSideClosed(cleanly: boolean): void {
    if (!cleanly) this.#cut();
    this.#openSides -= 1;
    if (this.#openSides > 0 || this.isOver) return;
    this.#finish();
    const { listener } = this.#options;
    if (this.#failure !== undefined) listener.onFault('reset-mid-response', this.#failure);
    else listener.onClose(this.#bytesUp, this.#bytesDown);
  }

  // ---- ends

  #close(): void {
    if (this.isOver) return;
    this.#finish();
    this.#connection?.destroy();
    this.#options.listener.onClose(this.#bytesUp, this.#bytesDown);
  }

  #finish(): void {
    this.isOver = true;
    this.#halfClose?.cancel();
  }

  /** What there is: the origin's side always, the client's when it has had our head. */
  #cut(): void {
    this.#connection?.destroy();
    if (this.#joined) this.#options.client.reset();
    else if (this.#refusing) this.#options.exchange.abort();
  }

  abort(): void {
    if (this.isOver) return;
    this.#finish();
    this.#cut();
  }
}

const switchingHead = (protocol: string, fields: Fields): string =>
  `HTTP/1.1 101 ${STATUS_CODES[101] ?? ''}\r\n${rendered([...endToEnd(fields), 'Connection', 'Upgrade', 'Upgrade', protocol])}\r\n`;
