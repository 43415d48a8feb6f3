/**
 * The server side of the native engine: listeners, and every connection known until it has closed.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '../../../clock.js';
import { listenError, type SocketAddress } from '../../../service.js';
import { countHandshakeFault } from '../../handshake-fault.js';
import { createTimeoutList } from '../../timeouts.js';
import { plainAddress } from '../../trust.js';
import type { ClientInfo, Downstream, EngineOptions, EngineStats } from '../engine.js';
import { Arrival, type ArrivalContext } from './arrival.js';
import { ClientConnection, type ConnectionContext } from './client-connection.js';
import type { Upgrade } from './tunnel.js';

export interface NativeServer {
  start(): Promise<void>;
  address(): SocketAddress;
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
const backlog = 1024;

export function createNativeServer(options: EngineOptions, clock: Clock, stats: ServerStats): NativeServer {
  const connections = new Map<Socket, Arrival | ClientConnection>();
  const upgrades = new WeakMap<Downstream, Upgrade>();
  const closed = { bytesIn: 0, bytesOut: 0 };
  let stopping = false;
  let onEmpty = (): void => undefined;
  const { context, lists } = createContext(options, clock, upgrades, () => stopping);
  const arrivals = createArrivalContext(options, clock, stats);
  const listeners = [createListener(take), ...(options.alsoListen === undefined ? [] : [createListener(take)])] as [Server, ...Server[]];

  function take(socket: Socket): void {
    if (connections.size >= options.limits.connectionsMax) {
      stats.connectionsRefusedTotal += 1;
      socket.destroy();
      return;
    }
    stats.connections += 1;
    stats.connectionsTotal += 1;
    const peer = peerOf(socket);
    const isProxied = options.proxyProtocol?.includes(peer.address) === true;
    connections.set(socket, isProxied ? arrive(socket, peer) : new ClientConnection(socket, peer, context));
    socket.on('close', () => {
      stats.connections -= 1;
      closed.bytesIn += socket.bytesRead;
      closed.bytesOut += socket.bytesWritten;
      connections.delete(socket);
      if (connections.size === 0) onEmpty();
    });
  }

  function arrive(socket: Socket, peer: ClientInfo): Arrival {
    return new Arrival(socket, peer, arrivals, (client) => {
      connections.set(socket, new ClientConnection(socket, client, context));
      socket.resume();
    });
  }

  const total = (before: number, key: 'bytesRead' | 'bytesWritten'): number => {
    let sum = before;
    for (const socket of connections.keys()) sum += socket[key];
    return sum;
  };

  return {
    start: () => listenAll(listeners, options),
    address: () => addressOf(listeners[0]),
    upgradeOf: (downstream) => upgrades.get(downstream),
    async close() {
      stopping = true;
      for (const listener of listeners) listener.close();
      for (const [socket, connection] of connections) if (connection.isIdle) socket.destroy();
      if (connections.size > 0) await new Promise<void>((resolve) => (onEmpty = resolve));
      for (const list of [arrivals.arrival, ...lists]) list.close();
    },
    cut: () => {
      for (const connection of connections.values()) connection.cut();
    },
    traffic: { bytesIn: () => total(closed.bytesIn, 'bytesRead'), bytesOut: () => total(closed.bytesOut, 'bytesWritten') },
  };
}

function createContext(
  { limits, timeouts, onExchange, onBrokenRequest }: EngineOptions,
  clock: Clock,
  upgrades: WeakMap<Downstream, Upgrade>,
  isStopping: () => boolean,
): { readonly context: ConnectionContext; readonly lists: readonly { close(): void }[] } {
  const headers = createTimeoutList<ClientConnection>(clock, timeouts.headersMs, (connection) => connection.onLate());
  const request = createTimeoutList<ClientConnection>(clock, timeouts.requestMs, (connection) => connection.onLate());
  const keepAlive = createTimeoutList<ClientConnection>(clock, timeouts.keepAliveMs, (connection) => connection.cut());
  const linger = createTimeoutList<ClientConnection>(clock, lingerMs, ({ socket }) => socket.destroy());
  const context: ConnectionContext = {
    ...{ limits, headers, request, keepAlive, linger, isStopping, onBrokenRequest },
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

function createListener(take: (socket: Socket) => void): Server {
  // Half-open: or Node would send FIN when the client does, and an HTTP/1.0 client take half a response for all of it.
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, take);
  listener.on('error', () => undefined); // accept() failed, for want of descriptors; `listen` has its own
  return listener;
}

async function listenAll([first, second]: readonly [Server, ...Server[]], { listen: at, alsoListen }: EngineOptions): Promise<void> {
  await listen(first, at);
  if (second === undefined || alsoListen === undefined) return;
  try {
    await listen(second, { address: alsoListen.address, port: alsoListen.port || addressOf(first).port });
  } catch (error) {
    first.close();
    throw error;
  }
}

function addressOf(listener: Server): SocketAddress {
  const { address, port } = listener.address() as AddressInfo; // it listens on TCP
  return { address, port };
}

function listen(listener: Server, at: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenError(error, 'proxy', at, 'workers.address or workers.port'));
    listener.once('error', onError);
    listener.listen({ host: at.address, port: at.port, backlog }, () => {
      listener.off('error', onError);
      resolve();
    });
  });
}
