/**
 * The client's UDP half: one connected socket for any number of questions, so that thousands in a row open nothing, and
 * that takes datagrams from its server alone. A response counts when id and question match (RFC 5452 §9.1).
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../clock.js';
import { formatAddress, ServiceError, type SocketAddress } from '../service.js';
import { idOf, isResponseTo, withFreshId } from './client-message.js';
import { headerBytes } from './wire.js';

export interface DnsClientOptions {
  readonly server: SocketAddress;
  /** For each try; there are two over UDP. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** An address of this machine to ask from, for who plays many requestors; by default the system chooses. */
  readonly from?: string | undefined;
}

export interface UdpExchange {
  /** Undefined: no answer in time. */
  ask(query: Buffer): Promise<Buffer | undefined>;
  close(): void;
}

interface Waiting {
  readonly query: Buffer;
  readonly resolve: (response: Buffer | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Far below the number of ids, so that a free one is found at once. */
const waitingMax = 16_384;

export function createUdpExchange({ server, timeoutMs, clock, from }: DnsClientOptions): UdpExchange {
  const waiting = new Map<number, Waiting>();
  const where = formatAddress(server);
  const closedError = (): ServiceError => new ServiceError(`dns: the client of ${where} is closed`);
  let socket: Promise<Socket> | undefined; // one that did not open is no reason not to try again
  let closed = false;

  function failAll(error: Error): void {
    for (const { reject } of waiting.values()) reject(error);
  }

  function forget(error: unknown): never {
    socket = undefined;
    throw error;
  }

  function take(message: Buffer): void {
    const asked = message.length >= headerBytes ? waiting.get(idOf(message)) : undefined;
    if (asked !== undefined && isResponseTo(asked.query, message)) asked.resolve(message);
  }

  async function send(opened: Socket, query: Buffer): Promise<Buffer | undefined> {
    const id = idOf(query);
    const response = new Promise<Buffer | undefined>((resolve, reject) => waiting.set(id, { query, resolve, reject }));
    const timer = clock.after(timeoutMs, () => waiting.get(id)?.resolve(undefined));
    opened.send(query);
    try {
      return await response;
    } finally {
      timer.cancel();
      waiting.delete(id);
    }
  }

  return {
    async ask(query) {
      if (waiting.size >= waitingMax) throw new ServiceError(`dns: ${waitingMax} questions to ${where} are under way; ask fewer at a time`);
      const opened = closed ? undefined : await (socket ??= openSocket(server, from, take, failAll).catch(forget));
      if (closed || opened === undefined) throw closedError();
      return send(opened, withFreshId(query, (id) => waiting.has(id)));
    },
    close() {
      closed = true;
      if (waiting.size > 0) failAll(closedError()); // errors are dear, and who plays thousands of requestors closes often
      socket?.then((opened) => opened.close(), () => undefined); // who asked has been told that it did not open
      socket = undefined;
    },
  };
}

async function openSocket(
  server: SocketAddress,
  from: string | undefined,
  onMessage: (message: Buffer) => void,
  onError: (error: Error) => void,
): Promise<Socket> {
  const family = isIPv6(server.address) ? 6 : 4;
  const socket = createSocket({ type: `udp${family}`, lookup: (address, _, found) => found(null, address, family) });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      if (from === undefined) socket.connect(server.port, server.address, resolve);
      else socket.bind({ address: from, port: 0 }, () => socket.connect(server.port, server.address, resolve));
    });
  } catch (error) {
    socket.close();
    throw exchangeError(error as Error, formatAddress(server), from); // sockets fail with nothing else
  }
  socket.removeAllListeners('error');
  socket.on('error', (error) => onError(exchangeError(error, formatAddress(server))));
  socket.on('message', onMessage);
  return socket;
}

export function exchangeError(error: NodeJS.ErrnoException, where: string, from?: string): ServiceError {
  if (error.code === 'EADDRNOTAVAIL' && from !== undefined) {
    return new ServiceError(`dns: cannot ask ${where} from ${from}: this machine does not have the address; on Linux all of 127.0.0.0/8 is there`, { cause: error });
  }
  const advice = error.code === 'ECONNREFUSED' ? 'nothing listens there; start the server, or check address and port' : error.message;
  return new ServiceError(`dns: cannot ask ${where}: ${advice}`, { cause: error });
}
