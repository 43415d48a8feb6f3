/**
 * The server side of the native engine: every connection, from the moment it is accepted until it has closed.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../../../clock.js';
import type { SocketAddress } from '../../../service.js';
import { countHandshakeFault } from '../../handshake-fault.js';
import { createTimeoutList } from '../../timeouts.js';
import { plainAddress } from '../../trust.js';
import type { ClientInfo, Downstream, EngineOptions, EngineStats } from '../engine.js';
import { Arrival, type ArrivalContext, type ArrivalOptions } from './arrival.js';
import { ClientConnection } from './client-connection.js';
import type { ConnectionContext } from './connection-context.js';
import { readInto } from './client-socket.js';
import { createListeners } from './listeners.js';
import { ReadBuffer } from './read-buffer.js';
import { createTlsServer, type TlsServer } from './tls-server.js';
import type { Upgrade } from './tunnel.js';

export interface NativeServer {
  start(): Promise<void>;
  address(): SocketAddress;
  secureAddress(): SocketAddress | undefined;
  /** Takes no more connections and closes the idle ones; settles when the last is gone. */
  close(): Promise<void>;
  /** Ends what is left, now. */
  cut(): void;
  upgradeOf(downstream: Downstream): Upgrade | undefined;
  readonly traffic: Pick<EngineStats, 'bytesIn' | 'bytesOut'>;
}

export type ServerStats = Pick<EngineStats, 'connections' | 'connectionsTotal' | 'connectionsRefusedTotal' | 'handshakeFaults'>;

/** Two round trips across the world, and a slow machine's pause. */
const lingerMs = 2000;

export function createNativeServer(options: EngineOptions, clock: Clock, stats: ServerStats): NativeServer {
  const connections = new Map<Socket, Arrival | ClientConnection>();
  const upgrades = new WeakMap<Downstream, Upgrade>();
  const closed = { bytesIn: 0, bytesOut: 0 };
  let stopping = false;
  let onEmpty = (): void => undefined;
  const { context, lists } = createContext(options, clock, upgrades, () => stopping);
  const arrivals = createArrivalContext(options, clock, stats);
  const tls = options.tls === undefined ? undefined : createTlsServer(options.tls.certificates);
  const listeners = createListeners(options, (socket, isSecure) => take(socket, isSecure ? tls : undefined));

  function take(accepted: Socket, secure: TlsServer | undefined): void {
    if (connections.size >= options.limits.connectionsMax) {
      stats.connectionsRefusedTotal += 1;
      accepted.destroy();
      return;
    }
    stats.connections += 1;
    stats.connectionsTotal += 1;
    const peer = peerOf(accepted);
    const isProxied = options.proxyProtocol?.includes(peer.address) === true;
    // Reset before it was accepted, as haproxy ends its probes: nobody is there, and whose header it has cannot be known.
    if (peer.address === '' && options.proxyProtocol !== undefined) accepted.destroy();
    const isPlain = !isProxied && secure === undefined;
    const connection = isPlain ? openConnection(accepted, peer, context) : arrive(accepted, { peer, isProxied, tls: secure });
    const { socket } = connection;
    connections.set(socket, connection);
    socket.on('close', () => {
      stats.connections -= 1;
      closed.bytesIn += socket.bytesRead;
      closed.bytesOut += socket.bytesWritten;
      connections.delete(socket);
      if (connections.size === 0) onEmpty();
    });
  }

  function arrive(raw: Socket, how: Omit<ArrivalOptions, 'onReady'>): Arrival {
    const onReady = (socket: Socket, client: ClientInfo): void => {
      connections.set(raw, new ClientConnection(socket, raw, client, context));
      socket.resume();
    };
    return new Arrival(raw, { ...how, onReady }, arrivals);
  }

  const total = (before: number, key: 'bytesRead' | 'bytesWritten'): number => {
    let sum = before;
    for (const socket of connections.keys()) sum += socket[key];
    return sum;
  };

  return {
    start: () => listeners.start(),
    address: () => listeners.address(),
    secureAddress: () => listeners.secureAddress(),
    upgradeOf: (downstream) => upgrades.get(downstream),
    async close() {
      stopping = true;
      listeners.close();
      for (const connection of connections.values()) if (connection.isIdle) connection.retire();
      if (connections.size > 0) await new Promise<void>((resolve) => (onEmpty = resolve));
      for (const list of [arrivals.arrival, ...lists]) list.close();
    },
    cut: () => {
      for (const connection of connections.values()) connection.cut();
    },
    traffic: { bytesIn: () => total(closed.bytesIn, 'bytesRead'), bytesOut: () => total(closed.bytesOut, 'bytesWritten') },
  };
}

/** At once, for nothing comes before the first request: the socket that was accepted may be moved. */
function openConnection(accepted: Socket, peer: ClientInfo, context: ConnectionContext<ClientConnection>): ClientConnection {
  const buffer = new ReadBuffer();
  const socket: Socket = readInto(buffer, accepted, () => connection) ?? accepted;
  const connection: ClientConnection = new ClientConnection(socket, socket, peer, context, buffer);
  return connection;
}

function createContext(
  { limits, timeouts, onExchange, onRepeated, onBrokenRequest }: EngineOptions,
  clock: Clock,
  upgrades: WeakMap<Downstream, Upgrade>,
  isStopping: () => boolean,
): { readonly context: ConnectionContext<ClientConnection>; readonly lists: readonly { close(): void }[] } {
  const headers = createTimeoutList<ClientConnection>(clock, timeouts.headersMs, (connection) => connection.onLate());
  const request = createTimeoutList<ClientConnection>(clock, timeouts.requestMs, (connection) => connection.onLate());
  const keepAlive = createTimeoutList<ClientConnection>(clock, timeouts.keepAliveMs, (connection) => connection.cut());
  const linger = createTimeoutList<ClientConnection>(clock, lingerMs, ({ socket }) => socket.destroy());
  const context: ConnectionContext<ClientConnection> = {
    ...{ limits, headers, request, keepAlive, linger, isStopping, onBrokenRequest, prepared: onRepeated },
    date: dateOf(clock),
    onExchange(exchange, connection) {
      if (exchange.upgrade !== undefined) upgrades.set(exchange, { exchange, client: connection });
      onExchange(exchange);
    },
  };
  return { context, lists: [headers, request, keepAlive, linger] };
}

function createArrivalContext({ timeouts, onBrokenHandshake }: EngineOptions, clock: Clock, stats: ServerStats): ArrivalContext {
  return {
    arrival: createTimeoutList<Arrival>(clock, timeouts.headersMs, (arrival) => arrival.onLate()),
    onBrokenHandshake(fault, client, detail) {
      countHandshakeFault(stats.handshakeFaults, fault);
      onBrokenHandshake?.(fault, client, detail);
    },
  };
}

function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): ClientInfo {
  // An IPv4 client of a dual-stack listener is still an IPv4 client.
  return { address: plainAddress(remoteAddress), port: remotePort, secure: false };
}

/** Made once a second (RFC 9110 §6.6.1). */
function dateOf(clock: Clock): () => string {
  let second = -1;
  let text = '';
  return () => {
    const now = Math.floor(clock.realtimeMs() / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toUTCString();
    }
    return text;
  };
}
