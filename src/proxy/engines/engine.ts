/**
 * The contract between the gateway and an engine, so that neither knows the other.
 *
 * An engine is a pair. Its server side presents each exchange as a `Downstream`; its upstream side offers a `Forward`,
 * which makes one attempt at one origin. Both push (data arrives by call-back) and both have back-pressure (`write`
 * answers false until `onDrain`; `pause`/`resume` stop the source). The engine owns message framing: it delivers bodies
 * without transfer coding, and on the way out it chooses Content-Length, chunked or close-delimited by itself.
 *
 * Promises that every engine keeps, and that the conformance suite tests:
 * - Listeners are called never synchronously from within the call that registers or starts them, and never after a
 *   terminal call-back (`onEnd`/`onAbort`, `onEnd`/`onFault`) or after our own `abort`.
 * - `onAbort` comes when the client leaves before the response has ended, even between request and response.
 * - After `end` or `abort` every socket, timer and listener of the exchange is released or back in its pool.
 * - No field with CR, LF or NUL is ever written; the engine refuses (throws RangeError) rather than splits a message.
 */
import type { LookupFunction } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '../../clock.js';
import type { Service, SocketAddress } from '../../service.js';
import type { Tally } from '../../tally.js';
import type { FaultCode } from '../fault.js';
import type { Certificates } from '../certificates.js';
import type { Fields } from '../fields.js';
import type { HandshakeFault } from '../handshake-fault.js';
import type { TrustedNetworks } from '../trust.js';

export interface RequestHead {
  readonly method: string;
  /** Request target in origin form (`/path?query`), or `*` for OPTIONS; absolute-form is already taken apart. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly fields: Fields;
  /** 0: no body; n: exactly n bytes follow; undefined: a body of unknown length follows (chunked). */
  readonly bodyBytes: number | undefined;
}

export interface ResponseHead {
  readonly status: number;
  /** Reason phrase; may be empty. */
  readonly reason: string;
  readonly fields: Fields;
  /** As in RequestHead. 0 for responses that have no body by rule (HEAD, 204, 304), whatever Content-Length says. */
  readonly bodyBytes: number | undefined;
}

/**
 * A request's head as it came, and how an answer to it would be written: what is needed to prepare the answer to the same head when it
 * comes again.
 */
export interface Repeatable {
  readonly text: string;
  /** The head as `respond` writes it on a connection that goes on; its fields have a Date. @throws RangeError as `respond` does. */
  readonly render: (head: ResponseHead) => string;
}

/** What is sent as it stands. */
export interface Prepared {
  /** The head, and a small body behind it; latin1. */
  readonly text: string;
  /** A larger body. */
  readonly body: Buffer | undefined;
}

/** The connection on which a request came. */
export interface ClientInfo {
  readonly address: string;
  readonly port: number;
  readonly secure: boolean;
}

export interface DownstreamListener {
  onData(chunk: Buffer): void;
  /** The request body is complete. Also called, once, for requests without a body; like data, only after `resume`. */
  onEnd(): void;
  /** `write` would be welcome again. */
  onDrain(): void;
  /** The client is gone, or broke HTTP in its body, before the response had ended. Nothing more can be sent. */
  onAbort(code: Extract<FaultCode, 'client-aborted' | 'malformed-request' | 'request-timeout'>): void;
  /** The last byte of the response was handed to the operating system. */
  onSent(): void;
}

/** One request and the means to answer it. */
export interface Downstream {
  readonly request: RequestHead;
  readonly client: ClientInfo;
  /** The protocol the client wants to switch to (`websocket`), or undefined. Then only `Forward.tunnel` or `respond` apply. */
  readonly upgrade: string | undefined;
  /** Once it has been responded to, if the engine asks for prepared answers and this is a request that one may be for. */
  readonly repeatable?: Repeatable | undefined;
  /** No earlier response is in its way on the connection. Until then it is nobody's fault that it is not taken. */
  readonly isNext: boolean;
  /** Exactly once, before anything else. The body does not flow yet. */
  listen(listener: DownstreamListener): void;
  /** Lets the request body flow; the first call answers `Expect: 100-continue`. */
  resume(): void;
  pause(): void;
  /** Sends an interim (1xx) response; ignored for HTTP/1.0. */
  inform(status: number, fields: Fields): void;
  /**
   * The final head, exactly once. `head.fields` carry no framing fields but possibly Content-Length, which is kept for
   * HEAD and 304 and must agree with `bodyBytes` otherwise. `close` ends the connection after this response.
   */
  respond(head: ResponseHead, close: boolean): void;
  /**
   * The chunk is the engine's from then on, and its memory may be used again once it is sent: who wants to keep it makes a copy first.
   *
   * @returns false when the caller should wait for `onDrain`.
   */
  write(chunk: Buffer): boolean;
  end(last?: Buffer): void;
  /** Cuts the connection at once so that the client cannot take what it has for a complete response. */
  abort(): void;
}

export interface UpstreamRequest {
  readonly method: string;
  readonly target: string;
  /** Complete but for framing fields, which the engine adds from `bodyBytes`. Includes Host. */
  readonly fields: Fields;
  readonly bodyBytes: number | undefined;
}

export interface Origin {
  readonly name: string;
  readonly scheme: 'http' | 'https';
  /** Host name or IP literal (IPv6 without brackets). */
  readonly host: string;
  readonly port: number;
  /** For `https`; without it the certificate must be the host's, and Node's authorities vouch for it. */
  readonly tls?: OriginTls | undefined;
  /** Of a host that is a name; without it each connection looks it up by itself. */
  readonly addresses?: OriginAddresses | undefined;
}

/** Node's options of a TLS connection, so that engines and probes trust alike. */
export interface OriginTls {
  /** The same for those that trust alike: they may share connections. */
  readonly id: string;
  readonly options: Pick<ConnectionOptions, 'secureContext' | 'servername' | 'rejectUnauthorized' | 'ALPNProtocols'>;
}

export interface OriginAddresses {
  /** All of them for who wants all, each time beginning with another one. */
  readonly lookup: LookupFunction;
  /** Still one of them: connections to others are not used again. */
  includes(address: string): boolean;
}

export interface AttemptListener {
  /** Connected (or taken from the idle ones): the request head is on its way and from now on counts as sent. */
  onConnect(reused: boolean): void;
  /** An interim response other than 100 and 101. */
  onInform(status: number, fields: Fields): void;
  onHead(head: ResponseHead): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onDrain(): void;
  onFault(code: FaultCode, detail: string): void;
}

/** One try at one origin. The request body is written into it. */
export interface Attempt {
  write(chunk: Buffer): boolean;
  end(): void;
  /** Stops and starts the response body. */
  pause(): void;
  resume(): void;
  /** Ends it now; the connection is not reused. No call-back follows. */
  abort(): void;
}

export interface TunnelListener {
  onConnect(reused: boolean): void;
  /** The origin switched protocols (101), or answered otherwise; from here on bytes flow without us. */
  onHead(status: number): void;
  /** Both sides are closed. */
  onClose(bytesUp: number, bytesDown: number): void;
  /** Before `onHead`: the caller may still answer the client with `respond`. After it: both sides were cut. */
  onFault(code: FaultCode, detail: string): void;
}

export interface Forward {
  send(request: UpstreamRequest, origin: Origin, listener: AttemptListener): Attempt;
  /** For `downstream.upgrade`: joins client and origin. `abort` of the result cuts both. */
  tunnel(downstream: Downstream, request: UpstreamRequest, origin: Origin, listener: TunnelListener): Pick<Attempt, 'abort'>;
  /** Closes idle connections. */
  close(): void;
}

export interface EngineLimits {
  /** Bytes of all field lines of a request, 431 beyond. */
  readonly headerBytes: number;
  /** Number of field lines, 431 beyond. */
  readonly headersMax: number;
  /** Bytes of the request target, 414 beyond. */
  readonly targetBytes: number;
  /** Simultaneous client connections; beyond it the newest are closed at once and counted. */
  readonly connectionsMax: number;
  /** Simultaneous connections to one origin. */
  readonly originConnectionsMax: number;
  /** Idle ones kept to one origin; 0: none. */
  readonly originIdleMax: number;
  /** Requests on one of them. */
  readonly originRequestsMax: number;
}

export interface EngineTimeouts {
  /** From the first byte of a connection or request to the end of its head, 408 beyond. */
  readonly headersMs: number;
  /** From there to the end of the request body, 408 beyond. */
  readonly requestMs: number;
  /** Idle keep-alive of client connections. */
  readonly keepAliveMs: number;
  /** Idle keep-alive of origin connections. */
  readonly originKeepAliveMs: number;
  /** An origin connection that is as old when a request is over carries no other. */
  readonly originAgeMs: number;
}

/** Numbers that an engine bumps and metrics read. */
export interface EngineStats {
  /** Open now. */
  connections: number;
  connectionsTotal: number;
  connectionsRefusedTotal: number;
  /** Connections that ended before their first request, by `HandshakeFault`. */
  readonly handshakeFaults: Tally;
  /** Open to origins now, idle ones included. */
  originConnections: number;
  originConnectionsTotal: number;
  /** Bytes on client connections, heads included, of connections that have closed plus those open. */
  bytesIn(): number;
  bytesOut(): number;
}

export interface EngineOptions {
  readonly listen: SocketAddress;
  /** A second address to serve on, of the other family; port 0: the first one's. */
  readonly alsoListen?: SocketAddress | undefined;
  /**
   * Whose connections begin with a PROXY protocol header, each within `headersMs` or not at all, and who is believed what it says
   * of the client. `native` alone knows this.
   */
  readonly proxyProtocol?: TrustedNetworks | undefined;
  /** A port for TLS beside the other, on the same addresses; 0: any. `native` alone knows this. */
  readonly tls?: { readonly port: number; readonly certificates: Pick<Certificates, 'optionsFor'> } | undefined;
  /** For the engine's own time limits; the system's unless given. */
  readonly clock?: Clock;
  readonly limits: EngineLimits;
  readonly timeouts: EngineTimeouts;
  /** Each exchange, once its head is complete and within the limits. */
  readonly onExchange: (downstream: Downstream) => void;
  /**
   * Asked before a head is read, when no response is owed on its connection: the answer prepared for a request of just this text.
   * There is no exchange then. `native` alone asks.
   */
  readonly onRepeated?: ((text: string, client: ClientInfo) => Prepared | undefined) | undefined;
  /**
   * A request so broken that there is no exchange (bad syntax, too large, too slow): the body of the answer, which the
   * engine sends with the fault's status and then closes.
   */
  readonly onBrokenRequest: (code: FaultCode, client: ClientInfo) => BrokenAnswer;
  /** A connection ended before its first request, which is no fault of HTTP's. `detail` is for people, and may be empty. */
  readonly onBrokenHandshake?: (fault: HandshakeFault, client: ClientInfo, detail: string) => void;
}

export interface BrokenAnswer {
  readonly fields: Fields;
  readonly body: Buffer;
}

/** A server and a client side. `start` binds; `stop` closes idle client connections, lets the others finish, then cuts. */
export interface Engine extends Service {
  readonly name: string;
  readonly forward: Forward;
  readonly stats: EngineStats;
  /** The bound address; the port is the real one when 0 was asked for. Valid after `start`. */
  address(): SocketAddress;
  /** The same for TLS; undefined without it. */
  secureAddress(): SocketAddress | undefined;
}

export type CreateEngine = (options: EngineOptions) => Engine;
