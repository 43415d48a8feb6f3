/**
 * The server side of the `http-proxy` engine: node:http behind the contract, with its limits told apart and its time-outs
 * enforced, and each request read into a head that everything behind may rely on.
 */
import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock.js';
import { listenError, type SocketAddress } from '../../service.js';
import type { FaultCode } from '../fault.js';
import type { EngineLimits, EngineOptions, EngineStats, RequestHead } from './engine.js';
import { requestLength } from './framing.js';
import { ClientSide } from './http-proxy-client-side.js';
import { Connection, type ConnectionContext } from './http-proxy-connection.js';
import { Exchange } from './http-proxy-exchange.js';
import { readTarget } from './request-target.js';
import { areFields } from './syntax.js';

export interface HttpServer {
  start(): Promise<void>;
  address(): SocketAddress;
  /** Takes no more connections and closes the idle ones; settles when the last is gone. */
  close(): Promise<void>;
  /** Ends what is left, now. */
  cut(): void;
  readonly traffic: Pick<EngineStats, 'bytesIn' | 'bytesOut'>;
}

type ServerStats = Pick<EngineStats, 'connections' | 'connectionsTotal' | 'connectionsRefusedTotal'>;

/** @param clientSides where the tunnel finds the raw connection behind an exchange with an upgrade. */
export function createHttpServer(options: EngineOptions, clock: Clock, stats: ServerStats, clientSides: WeakMap<object, ClientSide>): HttpServer {
  const connections = new Map<Socket, Connection>();
  let stopping = false;
  const context: ConnectionContext = {
    clock,
    stallMs: options.timeouts.keepAliveMs,
    onBrokenRequest: options.onBrokenRequest,
    isStopping: () => stopping,
  };
  const server = createServer(serverOptions(options, (socket) => connections.get(socket)?.isBusy === true));
  server.maxHeadersCount = 0; // node's own default drops what exceeds it, in silence; we count
  // Else node sends FIN when the client does, and an HTTP/1.0 client takes half a response for all of it.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxConnections = options.limits.connectionsMax;

  const onRequest = (message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    const connection = connections.get(message.socket);
    if (connection === undefined || !connection.admits()) {
      message.resume();
      return;
    }
    const head = readHead(message, options.limits);
    if (typeof head === 'string') {
      connection.refuseWith(response, head);
      message.resume();
      return;
    }
    const exchange = new Exchange(connection, message, response, { request: head, upgrade: undefined, expectsContinue });
    connection.add(exchange, declined.has(message));
    options.onExchange(exchange);
  };

  const onUpgrade = (message: IncomingMessage, duplex: Duplex, early: Buffer): void => {
    const socket = duplex as Socket; // of a plain HTTP server it always is one
    const connection = connections.get(socket);
    if (connection === undefined || !connection.admits()) {
      socket.resume();
      return;
    }
    const head = readHead(message, options.limits);
    if (typeof head === 'string') {
      connection.refuse(head);
      return;
    }
    const response = new ServerResponse(message);
    const exchange = new Exchange(connection, message, response, { request: head, upgrade: 'websocket', expectsContinue: false });
    connection.add(exchange, true);
    clientSides.set(exchange, new ClientSide(connection, response, exchange, early));
    options.onExchange(exchange);
  };

  const tracked = trackConnections(server, connections, context, stats);
  server.on('request', (message, response) => onRequest(message, response, false));
  server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) => onRequest(message, response, true));
  server.on('checkExpectation', (message: IncomingMessage, response: ServerResponse) => onRequest(message, response, false)); // RFC 9110 §10.1.1 lets us ignore it
  server.on('upgrade', onUpgrade);
  server.on('clientError', (error, duplex) => connections.get(duplex as Socket)?.onClientError(error)); // a Socket, as above
  server.on('error', () => undefined); // accept() failed, for want of descriptors; start has its own listener

  return {
    start: () => listen(server, options.listen),
    address: () => {
      const { address, port } = server.address() as AddressInfo; // of a server that listens on TCP
      return { address, port };
    },
    close: () => {
      stopping = true;
      const closed = new Promise<void>((resolve) => {
        // node says so before the last sockets have emitted 'close'. An error says that it never started.
        server.close(() => (connections.size === 0 ? resolve() : tracked.onEmpty(resolve)));
      });
      // node counts a connection that never sent a byte as busy. Its request, if it is on the way, is as lost as on an idle one.
      for (const { socket } of connections.values()) if (socket.bytesRead === 0) socket.destroy();
      return closed;
    },
    cut: () => {
      for (const connection of connections.values()) connection.cut();
    },
    traffic: tracked.traffic,
  };
}

function listen(server: Server, at: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenError(error, 'proxy', at, 'workers.address or workers.port'));
    server.once('error', onError);
    server.listen({ host: at.address, port: at.port, backlog: 1024 }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

interface Tracked {
  readonly traffic: HttpServer['traffic'];
  /** Calls back when the last connection has closed. */
  onEmpty(listener: () => void): void;
}

function trackConnections(server: Server, connections: Map<Socket, Connection>, context: ConnectionContext, stats: ServerStats): Tracked {
  let onEmpty = (): void => undefined;
  let closedBytesIn = 0;
  let closedBytesOut = 0;
  server.on('connection', (socket: Socket) => {
    stats.connections += 1;
    stats.connectionsTotal += 1;
    connections.set(socket, new Connection(socket, context));
    socket.on('close', () => {
      stats.connections -= 1;
      closedBytesIn += socket.bytesRead;
      closedBytesOut += socket.bytesWritten;
      connections.delete(socket);
      if (connections.size === 0) onEmpty();
    });
  });
  server.on('drop', () => {
    stats.connectionsRefusedTotal += 1;
  });
  const open = (key: 'bytesRead' | 'bytesWritten'): number => {
    let sum = 0;
    for (const socket of connections.keys()) sum += socket[key];
    return sum;
  };
  return {
    traffic: { bytesIn: () => closedBytesIn + open('bytesRead'), bytesOut: () => closedBytesOut + open('bytesWritten') },
    onEmpty: (listener) => {
      onEmpty = listener;
    },
  };
}

function serverOptions({ limits, timeouts }: EngineOptions, isBusy: (socket: Socket) => boolean): Parameters<typeof createServer>[0] & object {
  return {
    // Both limits together, and some: a head that exceeds one of them alone is read whole, measured, and told exactly.
    maxHeaderSize: limits.targetBytes + limits.headerBytes + 1024,
    insecureHTTPParser: false, // whatever the command line says
    requireHostHeader: false, // the gateway's business, with its own error page
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.headersMs + timeouts.requestMs, // node counts it from the first byte
    keepAliveTimeout: timeouts.keepAliveMs,
    // How often node looks. It is what a slow head gets on top of its limit.
    connectionsCheckingInterval: Math.min(1000, Math.max(10, Math.ceil(timeouts.headersMs / 4))),
    IncomingMessage: discerningMessage(isBusy),
  };
}

/** Messages that ask for another protocol and do not get it. */
const declined = new WeakSet<IncomingMessage>();

/**
 * Makes node take for an upgrade only what will be one: a WebSocket handshake on a connection that owes no answer. It asks
 * `message.upgrade`, and with a listener for `upgrade` would otherwise hand over every request that names any protocol
 * (`curl --http2` names h2c), without parsing its body. All others, CONNECT too, become ordinary requests (RFC 9110 §7.8:
 * the field may be ignored). What follows such a request in the same packet node drops, hence `declined`: it is the last
 * one on its connection. Node 24 has `shouldUpgradeCallback` for this.
 */
function discerningMessage(isBusy: (socket: Socket) => boolean): typeof IncomingMessage {
  function DiscerningMessage(socket: Socket): IncomingMessage {
    const message = new IncomingMessage(socket);
    let flagged = false;
    let verdict: boolean | undefined;
    Object.defineProperty(message, 'upgrade', {
      set(value: boolean | null) {
        flagged = value === true;
      },
      get() {
        if (verdict !== undefined) return verdict;
        verdict = flagged && isWebSocketHandshake(message) && !isBusy(socket);
        if (flagged && !verdict) declined.add(message);
        return verdict;
      },
    });
    return message;
  }
  return DiscerningMessage as unknown as typeof IncomingMessage; // called with `new`, which then returns what we return
}

/** RFC 6455 §4.1. A handshake with a body is not one. */
function isWebSocketHandshake({ method, httpVersion, headers }: IncomingMessage): boolean {
  if (method !== 'GET' || httpVersion !== '1.1' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
  return headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
}

function readHead(message: IncomingMessage, limits: EngineLimits): RequestHead | FaultCode {
  const { method = '', url = '', rawHeaders, httpVersion } = message;
  if (url.length > limits.targetBytes) return 'target-too-long';
  if (rawHeaders.length / 2 > limits.headersMax || fieldBytes(rawHeaders) > limits.headerBytes) return 'fields-too-large';
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'malformed-request';
  if (!areFields(rawHeaders)) return 'malformed-request';
  const bodyBytes = requestLength(rawHeaders, httpVersion);
  if (bodyBytes === 'faulty') return 'malformed-request';
  const target = readTarget(method, url, rawHeaders, httpVersion);
  if (typeof target === 'string') return target;
  return { method, version: httpVersion, bodyBytes, ...target };
}

/** With the colon, the space and the line's end. */
function fieldBytes(fields: readonly string[]): number {
  let bytes = 0;
  for (const part of fields) bytes += part.length + 2;
  return bytes;
}
