/**
 * A client and an origin joined for another protocol (WebSocket), through http-proxy's `ws`.
 *
 * http-proxy gets a stand-in for the client's socket and does the asking and the piping. What it writes by itself, as text,
 * are response heads with the framing of a body that is no longer framed so, and fields joined and hop-by-hop: those stop
 * at the stand-in, and the client gets heads of ours. Nor may it end the client's connection when an origin fails: another
 * may be asked. Once joined both sides die together, which http-proxy does not see to.
 */
import { STATUS_CODES, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../clock.js';
import type { FaultCode } from '../fault.js';
import type { Fields } from '../fields.js';
import type { Attempt, Origin, TunnelListener, UpstreamRequest } from './engine.js';
import { endToEnd, framedRequestFields } from './framing.js';
import type { Agents } from './http-proxy-agents.js';
import type { ClientSide } from './http-proxy-client-side.js';
import { readResponseHead, standInRequest, writeRequestHead, type StandInRequest } from './http-proxy-upstream.js';
import { connectFault, errorDetail, responseBodyFault, responseFault, type NodeError } from './node-faults.js';
import { areFields } from './syntax.js';

/** Where the origin's bytes go. */
interface Sink {
  write(chunk: Buffer, done: () => void): void;
  end(): void;
}

export interface StandInSocket extends Duplex {
  adopt(made: ClientRequest): void;
}

export interface TunnelOptions {
  readonly client: ClientSide;
  readonly request: UpstreamRequest;
  readonly origin: Origin;
  readonly listener: TunnelListener;
  readonly agents: Agents;
  readonly clock: Clock;
  /** How long one side may go on after the other has said its last. */
  readonly halfCloseMs: number;
}

type Ask = (request: StandInRequest, standIn: StandInSocket, onError: (error: Error) => void) => void;

export function openTunnel(options: TunnelOptions, ask: Ask): Pick<Attempt, 'abort'> {
  const tunnel = new Tunnel(options);
  // With an agent http-proxy leaves the fields alone; these two it checks.
  ask(standInRequest('GET', { upgrade: 'websocket' }), tunnel.standIn, (error) => tunnel.onError(error));
  return tunnel;
}

class Tunnel implements Pick<Attempt, 'abort'> {
  readonly standIn: StandInSocket;
  readonly #options: TunnelOptions;
  #made: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #originSocket: Socket | undefined;
  #sink: Sink | undefined;
  #connected = false;
  #over = false;
  #failure: NodeError | undefined;
  #openSides = 2;
  #halfClose: Timer | undefined;
  #bytesUp = 0;
  #bytesDown = 0;

  constructor(options: TunnelOptions) {
    this.#options = options;
    this.standIn = this.#createStandIn(options.client.socket);
  }

  #createStandIn(socket: Socket): StandInSocket {
    const standIn = new Duplex({
      decodeStrings: false,
      read: () => {
        if (this.#originSocket !== undefined) socket.resume();
      },
      write: (chunk: Buffer | string, _encoding, done) => {
        if (typeof chunk === 'string' || this.#sink === undefined) {
          done(); // http-proxy's own words
          return;
        }
        this.#bytesDown += chunk.length;
        this.#sink.write(chunk, done);
      },
      final: (done) => {
        this.#sink?.end();
        done();
      },
    });
    return Object.assign(standIn, {
      adopt: (made: ClientRequest) => this.#adopt(made),
      // No time limit of ours applies to a tunnel, but a client that vanished is noticed, by TCP's keep-alive.
      setTimeout: () => socket.setTimeout(0),
      setNoDelay: () => socket.setNoDelay(true),
      setKeepAlive: () => socket.setKeepAlive(true, 60_000),
    });
  }

  #adopt(made: ClientRequest): void {
    const { request, agents, client } = this.#options;
    this.#made = made;
    writeRequestHead(made, request, [...framedRequestFields(request), 'Connection', 'Upgrade', 'Upgrade', client.exchange.upgrade ?? '']);
    made.on('socket', (socket) => agents.take(socket, (reused) => this.#onConnect(reused)));
    // Before http-proxy's own listeners for the same events.
    made.on('response', (response) => this.#onResponse(response));
    made.on('upgrade', (response, socket) => this.#onUpgrade(response, socket as Socket)); // both agents make TCP sockets
    made.on('close', () => {
      if (this.#sink === undefined) this.#fail(this.#connected ? 'reset-before-response' : 'connect-failed', 'closed');
    });
  }

  #onConnect(reused: boolean): void {
    if (this.#over) return;
    this.#connected = true;
    this.#options.listener.onConnect(reused);
  }

  /** By us, or by the client, of which the exchange has told the gateway already. */
  #isAbandoned(): boolean {
    if (!this.#over && this.#options.client.exchange.isOver) {
      this.#finish();
      this.#made?.destroy();
    }
    return this.#over;
  }

  #onUpgrade(response: IncomingMessage, originSocket: Socket): void {
    const { client, listener } = this.#options;
    const fields = response.rawHeaders;
    if (this.#isAbandoned()) {
      originSocket.destroy();
      return;
    }
    if (response.headers.upgrade?.toLowerCase() !== client.exchange.upgrade || !areFields(fields)) {
      originSocket.destroy();
      this.#fail('invalid-response', 'not the protocol that was asked for');
      return;
    }
    this.#join(originSocket);
    client.socket.write(switchingHead(client.exchange.upgrade ?? '', fields), 'latin1');
    listener.onHead(101);
  }

  #join(originSocket: Socket): void {
    const { socket } = this.#options.client;
    const onData = (chunk: Buffer): void => {
      this.#bytesUp += chunk.length;
      if (!this.standIn.push(chunk)) socket.pause();
    };
    this.#originSocket = originSocket;
    this.#sink = {
      write: (chunk, done) => socket.write(chunk, () => done()),
      end: () => {
        socket.end();
        this.#startHalfClose();
      },
    };
    originSocket.allowHalfOpen = true; // its last word may come before ours
    // A side that said FIN is done, and its FIN is on the way to the other; one that did not is dead, and the other follows.
    originSocket.on('close', () => this.#onSideClosed(originSocket.readableEnded));
    socket.on('close', () => this.#onSideClosed(socket.readableEnded));
    socket.on('end', () => {
      this.standIn.push(null);
      this.#startHalfClose();
    });
    for (const chunk of this.#options.client.take(onData)) onData(chunk);
    socket.resume();
  }

  #startHalfClose(): void {
    this.#halfClose ??= this.#options.clock.after(this.#options.halfCloseMs, () => this.#cut());
  }

  #onSideClosed(cleanly: boolean): void {
    if (!cleanly) this.#cut();
    this.#openSides -= 1;
    if (this.#openSides > 0 || this.#over) return;
    this.#finish();
    const { listener } = this.#options;
    if (this.#failure !== undefined) listener.onFault('reset-mid-response', errorDetail(this.#failure));
    else listener.onClose(this.#bytesUp, this.#bytesDown);
  }

  /** The origin answered, but does not switch. Its answer goes to the client as the response that it is. */
  #onResponse(response: IncomingMessage): void {
    if (this.#isAbandoned()) return;
    const { client, listener } = this.#options;
    const { exchange } = client;
    this.#response = response;
    const head = readResponseHead(response, 'GET');
    if (head === undefined) {
      this.#fail('invalid-response', 'bad head');
      return;
    }
    let onDrain: (() => void) | undefined;
    exchange.handTo({
      onData: () => undefined,
      onEnd: () => undefined,
      onDrain: () => {
        const go = onDrain;
        onDrain = undefined;
        go?.();
      },
      onSent: () => this.#close(),
      onAbort: () => this.#close(),
    });
    this.#sink = {
      write: (chunk, done) => {
        if (exchange.write(chunk)) done();
        else onDrain = done;
      },
      end: () => exchange.end(),
    };
    response.on('close', () => {
      if (!response.complete) this.#fail('reset-mid-response', 'closed');
    });
    exchange.respond({ ...head, fields: endToEnd(head.fields) }, true);
    listener.onHead(head.status);
  }

  onError(error: NodeError): void {
    const { origin } = this.#options;
    const detail = errorDetail(error);
    if (this.#originSocket !== undefined) {
      this.#failure ??= error;
      this.#cut();
    } else if (this.#response !== undefined) {
      if (!this.#response.complete) this.#fail(responseBodyFault(error), detail);
    } else if (this.#connected) {
      this.#fail(responseFault(error), detail);
    } else {
      this.#fail(connectFault(error, origin.scheme === 'https'), detail);
    }
  }

  #fail(code: FaultCode, detail: string): void {
    if (this.#over) return;
    this.#finish();
    this.#cut();
    this.#options.listener.onFault(code, detail);
  }

  #close(): void {
    if (this.#over) return;
    this.#finish();
    this.#made?.destroy();
    this.#options.listener.onClose(this.#bytesUp, this.#bytesDown);
  }

  #finish(): void {
    this.#over = true;
    this.#halfClose?.cancel();
  }

  /** What there is: the origin's side always, the client's when it has had our head. */
  #cut(): void {
    this.#made?.destroy();
    this.#originSocket?.destroy();
    const { client } = this.#options;
    if (this.#originSocket !== undefined) client.reset();
    else if (this.#sink !== undefined) client.exchange.abort();
  }

  abort(): void {
    if (this.#over) return;
    this.#finish();
    this.#cut();
  }
}

function switchingHead(protocol: string, fields: Fields): string {
  const sent = [...endToEnd(fields), 'Connection', 'Upgrade', 'Upgrade', protocol];
  let head = `HTTP/1.1 101 ${STATUS_CODES[101]}\r\n`;
  for (let i = 0; i < sent.length; i += 2) head += `${sent[i]}: ${sent[i + 1]}\r\n`;
  return `${head}\r\n`;
}
