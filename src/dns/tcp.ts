/**
 * The TCP side: accepts, keeps connections in the order of their last query, and closes the longest idle one when a new
 * one would be too many: RFC 7766 §6.2.3 lets servers close idle ones at any time, and so newcomers are always served.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '../clock.js';
import type { SocketAddress } from '../service.js';
import type { Responder } from './responder.js';
import { tcpCloseReasons, type DnsStats } from './stats.js';
import { serveConnection, type Connection } from './tcp-connection.js';
import { withoutMapping } from './udp.js';

export interface TcpLimits {
  readonly connectionsMax: number;
  /** A connection without a complete query for so long is closed. */
  readonly idleMs: number;
  /** Answers that may wait for the client to read. */
  readonly pipelineMax: number;
}

export interface TcpOptions {
  readonly responder: Responder;
  readonly stats: DnsStats;
  readonly limits: TcpLimits;
  readonly clock: Clock;
  /** Told of errors of the open listener, which goes on. */
  readonly onError: (error: Error) => void;
}

export interface TcpListener {
  readonly port: number;
  /** Lets connections send what they owe for up to `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Rejects with the platform's error. */
export async function openTcp(at: SocketAddress, options: TcpOptions): Promise<TcpListener> {
  const connections = new Set<Connection>();
  // Half-open, so that a client that says FIN behind its last query still gets the answers.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => accept(socket, connections, options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.address, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', options.onError);
  const { port } = server.address() as AddressInfo; // an IP listener's address is never a path
  return { port, close: (graceMs) => close(server, connections, options.clock, graceMs) };
}

/** `connections` runs from the longest idle to the one that asked last. */
function accept(socket: Socket, connections: Set<Connection>, { responder, stats, limits, clock }: TcpOptions): void {
  const [longestIdle] = connections;
  if (longestIdle !== undefined && connections.size >= limits.connectionsMax) {
    connections.delete(longestIdle);
    longestIdle.cut('evicted');
  }
  stats.tcpConnections += 1;
  stats.tcpConnectionsTotal += 1;
  const connection = serveConnection(socket, {
    responder,
    clock,
    idleMs: limits.idleMs,
    pipelineMax: limits.pipelineMax,
    address: withoutMapping(socket.remoteAddress ?? ''), // undefined when the client has left already
    onQuery() {
      if (connections.delete(connection)) connections.add(connection);
    },
    onClose(reason) {
      connections.delete(connection);
      stats.tcpConnections -= 1;
      stats.tcpClosed.add(tcpCloseReasons.indexOf(reason));
    },
  });
  connections.add(connection);
}

async function close(server: Server, connections: ReadonlySet<Connection>, clock: Clock, graceMs: number): Promise<void> {
  const closed = [...connections].map((connection) => connection.closed);
  closed.push(new Promise((resolve) => void server.close(() => resolve())));
  for (const connection of connections) connection.finish('stopping');
  const timer = clock.after(graceMs, () => {
    for (const connection of connections) connection.cut('stopping');
  });
  await Promise.all(closed);
  timer.cancel();
}
