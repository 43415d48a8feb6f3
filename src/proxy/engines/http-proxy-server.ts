/**
 * The server side of the `http-proxy` engine: node:http behind the contract, with its limits told apart, its time-outs
 * enforced, and every connection known until it has closed.
 */
import { createServer, ServerResponse, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { createServer as createListener, type AddressInfo, type Server as Listener, type Socket } from 'node:net';
import type { Clock } from '../../clock.js';
import { listenError, type SocketAddress } from '../../service.js';
import type { EngineOptions, EngineStats } from './engine.js';
import { ClientSide } from './http-proxy-client-side.js';
import { Connection, type ConnectionContext } from './http-proxy-connection.js';
import { Exchange } from './http-proxy-exchange.js';
import { discerningMessage, isDeclined, readHead } from './http-proxy-intake.js';

export interface HttpServer {
  start(): Promise<void>;
  address(): SocketAddress;
  /** Takes no more connections and closes the idle ones; settles when the last is gone. */
  close(): Promise<void>;
  /** Ends what is left, now. */
  cut(): void;
  readonly traffic: Pick<EngineStats, 'bytesIn' | 'bytesOut'>;
}

export interface HttpServerOptions {
  readonly engine: EngineOptions;
  readonly clock: Clock;
  readonly stats: Pick<EngineStats, 'connections' | 'connectionsTotal' | 'connectionsRefusedTotal'>;
  /** Where the tunnel finds the raw connection behind an exchange with an upgrade. */
  readonly clientSides: WeakMap<object, ClientSide>;
}

type Connections = Map<Socket, Connection>;

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { engine, clock } = options;
  const connections: Connections = new Map();
  let stopping = false;
  const context: ConnectionContext = {
    clock,
    stallMs: engine.timeouts.keepAliveMs,
    onBrokenRequest: engine.onBrokenRequest,
    isStopping: () => stopping,
  };
  const server = createServer(serverOptions(engine, (socket) => connections.get(socket)?.isBusy === true));
  server.maxHeadersCount = 0; // node's own default drops what exceeds it, in silence; we count
  server.maxConnections = engine.limits.connectionsMax;
  // Else node sends FIN when the client does, and an HTTP/1.0 client takes half a response for all of it.
  Object.assign(server, { httpAllowHalfOpen: true });
  const tracked = trackConnections(server, connections, context, options.stats);
  listenToRequests(server, connections, options);
  const second = createSecondListener(server, connections, options);

  return {
    async start() {
      await listen(server, engine.listen);
      if (engine.alsoListen === undefined) return;
      try {
        await listen(second, { address: engine.alsoListen.address, port: engine.alsoListen.port || portOf(server) });
      } catch (error) {
        server.close();
        throw error;
      }
    },
    address: () => ({ address: (server.address() as AddressInfo).address, port: portOf(server) }), // of a server that listens on TCP
    close: () => {
      stopping = true;
      second.close();
      const closed = new Promise<void>((resolve) => {
        // node says so before the last sockets have emitted 'close'. An error says that it never started.
        server.close(() => (connections.size === 0 ? resolve() : tracked.onEmpty(resolve)));
      });
      // node counts a connection that never sent a byte as busy. Its request, if on the way, is as lost as on an idle one.
      for (const { socket } of connections.values()) if (socket.bytesRead === 0) socket.destroy();
      return closed;
    },
    cut: () => {
      for (const connection of connections.values()) connection.cut();
    },
    traffic: tracked.traffic,
  };
}

function listenToRequests(server: Server, connections: Connections, options: HttpServerOptions): void {
  const take = (expectsContinue: boolean) => (message: IncomingMessage, response: ServerResponse) =>
    takeRequest(options, connections.get(message.socket), message, response, expectsContinue);
  server.on('request', take(false));
  server.on('checkContinue', take(true));
  server.on('checkExpectation', take(false)); // RFC 9110 §10.1.1 lets us ignore what we do not know
  server.on('upgrade', (message, duplex, early) => {
    const socket = duplex as Socket; // of a plain HTTP server it always is one
    takeUpgrade(options, connections.get(socket), message, socket, early);
  });
  server.on('clientError', (error, duplex) => connections.get(duplex as Socket)?.onClientError(error)); // as above
  server.on('error', () => undefined); // accept() failed, for want of descriptors; start has its own listener
}

function takeRequest(
  { engine }: HttpServerOptions,
  connection: Connection | undefined,
  message: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
): void {
  if (connection === undefined || !connection.admits()) {
    message.resume();
    return;
  }
  const head = readHead(message, engine.limits);
  if (typeof head === 'string') {
    connection.refuseWith(response, head);
    message.resume();
    return;
  }
  const exchange = new Exchange(connection, message, response, { request: head, upgrade: undefined, expectsContinue });
  connection.add(exchange, isDeclined(message));
  engine.onExchange(exchange);
}

/** node has let go of the socket: no parser, none of its listeners. */
function takeUpgrade(
  { engine, clientSides }: HttpServerOptions,
  connection: Connection | undefined,
  message: IncomingMessage,
  socket: Socket,
  early: Buffer,
): void {
  if (connection === undefined || !connection.admits()) {
    socket.resume();
    return;
  }
  const head = readHead(message, engine.limits);
  if (typeof head === 'string') {
    connection.refuse(head);
    return;
  }
  const response = new ServerResponse(message);
  const exchange = new Exchange(connection, message, response, { request: head, upgrade: 'websocket', expectsContinue: false });
  connection.add(exchange, true);
  clientSides.set(exchange, new ClientSide(connection, response, exchange, early));
  engine.onExchange(exchange);
}

/** A listener of its own whose connections are the server's: node:http has room for one address only. */
function createSecondListener(server: Server, connections: Connections, { engine, stats }: HttpServerOptions): Listener {
  const second = createListener({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (connections.size < engine.limits.connectionsMax) {
      server.emit('connection', socket);
      return;
    }
    stats.connectionsRefusedTotal += 1;
    socket.destroy();
  });
  second.on('error', () => undefined); // as the first one's
  return second;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port; // as above

function listen(server: Listener, at: SocketAddress): Promise<void> {
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

function trackConnections(
  server: Server,
  connections: Connections,
  context: ConnectionContext,
  stats: HttpServerOptions['stats'],
): Tracked {
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

function serverOptions({ limits, timeouts }: EngineOptions, isBusy: (socket: Socket) => boolean): ServerOptions {
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
