/**
 * Connections to origins: node's keep-alive agents, watched.
 *
 * An idle connection must be silent. node hands it out again with whatever the origin said meanwhile, and takes that for
 * the next response: somebody else's. So a single byte on an idle connection ends it.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../../clock.js';
import type { EngineLimits, EngineStats, EngineTimeouts, Origin } from './engine.js';
import { placeOf } from './place.js';
import { wasReset } from './reset-detection.js';

export interface Agents {
  for(origin: Origin): HttpAgent;
  /** For whoever was just given a socket: calls back when it is connected, at once when it was already (`reused`). */
  take(socket: Socket, onConnect: (reused: boolean) => void): void;
  /** It has ended, and not by a FIN. */
  isReset(socket: Socket): boolean;
  /** Ends the idle connections to this origin. */
  endIdle(origin: Origin): void;
  /** Ends the idle connections, and the others as they become idle. */
  close(): void;
  /** Ends them all; settles when they are closed. */
  destroy(): Promise<void>;
}

export type AgentStats = Pick<EngineStats, 'originConnections' | 'originConnectionsTotal'>;

export function createAgents(limits: EngineLimits, timeouts: EngineTimeouts, stats: AgentStats, clock: Clock): Agents {
  const open = new Set<Socket>();
  const idle = new Set<Socket>();
  const ready = new WeakSet<Socket>();
  const lives = createLives(limits, timeouts, clock);
  const places = new WeakMap<Socket, string>();
  const agents = new Map<string, HttpAgent>();
  let closing = false;
  let onEmpty = (): void => undefined;

  const watch = (socket: Socket, origin: Origin): void => {
    open.add(socket);
    places.set(socket, placeOf(origin));
    lives.begin(socket);
    socket.on('error', () => undefined); // 'close' follows; node listens to the error only while an exchange has the socket
    socket.once(readyEventOf(socket), () => ready.add(socket));
    socket.once('connect', () => {
      stats.originConnections += 1;
      stats.originConnectionsTotal += 1;
      socket.once('close', () => void (stats.originConnections -= 1));
    });
    socket.once('close', () => {
      open.delete(socket);
      idle.delete(socket);
      if (open.size === 0) onEmpty();
    });
    // Ours runs before the agent's, which does not pool a socket that is destroyed. Twice in a row when who was next has left.
    socket.on('free', () => {
      if (idle.has(socket)) return;
      if (closing || limits.originIdleMax === 0 || lives.isWornOut(socket, origin)) return void socket.destroy();
      idle.add(socket);
      socket.on('data', endUnsolicited);
    });
  };

  const close = (): void => {
    closing = true;
    for (const socket of idle) socket.destroy();
  };

  return {
    for(origin) {
      const place = placeOf(origin);
      const agent = agents.get(place) ?? watched(newAgent(origin, limits, timeouts), (socket) => watch(socket, origin));
      agents.set(place, agent);
      return agent;
    },
    take(socket, onConnect) {
      idle.delete(socket);
      lives.count(socket);
      socket.off('data', endUnsolicited);
      if (ready.has(socket)) onConnect(true);
      else socket.once(readyEventOf(socket), () => onConnect(false));
    },
    isReset: lives.isReset,
    endIdle(origin) {
      const place = placeOf(origin);
      for (const socket of idle) if (places.get(socket) === place) socket.destroy();
    },
    close,
    destroy() {
      close();
      for (const socket of open) socket.destroy();
      if (open.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        onEmpty = resolve;
      });
    },
  };
}

interface Lives {
  begin(socket: Socket): void;
  /** Another request begins. */
  count(socket: Socket): void;
  /** It has had all requests that it may have, is too old, or leads to where the origin no longer is. */
  isWornOut(socket: Socket, origin: Origin): boolean;
  isReset(socket: Socket): boolean;
}

interface Life {
  requests: number;
  readonly bornMs: number;
  /** The last that was tried, so the one it is connected to. */
  address: string;
  isReset: boolean;
}

function createLives({ originRequestsMax }: EngineLimits, { originAgeMs }: EngineTimeouts, clock: Clock): Lives {
  const lives = new WeakMap<Socket, Life>();
  return {
    begin(socket) {
      const life: Life = { requests: 0, bornMs: clock.monotonicMs(), address: '', isReset: false };
      lives.set(socket, life);
      socket.on('connectionAttempt', (address) => void (life.address = address));
      socket.prependListener('end', () => void (life.isReset = wasReset(socket))); // before node's, which ends the response
    },
    count(socket) {
      const life = lives.get(socket);
      if (life !== undefined) life.requests += 1;
    },
    isWornOut(socket, { addresses }) {
      const life = lives.get(socket);
      if (life === undefined) return false;
      const isOld = life.requests >= originRequestsMax || clock.monotonicMs() - life.bornMs >= originAgeMs;
      return isOld || addresses?.includes(life.address) === false;
    },
    isReset: (socket) => lives.get(socket)?.isReset === true,
  };
}

/** One for each place: node looks at an agent's options before those of a request. */
function newAgent({ scheme, tls, addresses }: Origin, limits: EngineLimits, timeouts: EngineTimeouts): HttpAgent {
  const options = {
    keepAlive: true,
    timeout: timeouts.originKeepAliveMs,
    maxSockets: limits.originConnectionsMax,
    maxFreeSockets: limits.originIdleMax,
    ...(addresses === undefined ? {} : { lookup: addresses.lookup }),
  };
  return scheme === 'https' ? new HttpsAgent({ ...options, ...tls?.options }) : new HttpAgent(options);
}

const readyEventOf = (socket: Socket): 'connect' | 'secureConnect' => (socket instanceof TLSSocket ? 'secureConnect' : 'connect');

function endUnsolicited(this: Socket): void {
  this.destroy();
}

/** `createConnection` is the agent's documented place for this; subclassing would do the same with more words. */
function watched(agent: HttpAgent, watch: (socket: Socket) => void): HttpAgent {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback);
    if (socket) watch(socket as Socket); // both agents make TCP sockets
    return socket;
  };
  return agent;
}
