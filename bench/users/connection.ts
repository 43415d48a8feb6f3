/**
 * One HTTP/1.1 connection of a virtual user: opened to one worker, used for one request at a time.
 *
 * Whatever ends it ends the request on it, once, with a reason from a closed list. Nothing is retried here: what a client does
 * about a failure is `requests.ts`.
 */
import { connect, type Socket } from 'node:net';
import type { Clock, Timer } from '../../src/clock.js';
import type { SocketAddress } from '../../src/service.js';
import { isExhaustion } from './exhaustion.js';
import { createResponseReader, type ResponseReader } from './response-reader.js';

/** Why a connection did not come to be: refused, no answer in time, or anything else. */
export type ConnectFailure = 'refused' | 'silent' | 'unreachable';
/** Why a request got no good response: cut off, none in time, not HTTP, or a status that says no (400 and above). */
export type RequestFailure = 'cut' | 'timeout' | 'malformed' | 'status';

export interface Connection {
  /** Sends the request; `over` is called once. */
  request(bytes: Buffer, over: (failure: RequestFailure | undefined) => void): void;
  /** Of the response that came last. */
  readonly reader: ResponseReader;
  /** May it be used for another request? */
  reusable(): boolean;
  /** Has it carried a request before? One that was closed meanwhile then says so only when it is used. */
  used(): boolean;
  close(): void;
}

export interface ConnectOptions {
  readonly clock: Clock;
  readonly connectMs: number;
  readonly requestMs: number;
  /** The socket of a connection, or of an attempt at one, is gone. */
  readonly onClosed: () => void;
  /** It could not be opened for want of sockets. */
  readonly onExhausted: () => void;
}

export type Settle = (outcome: Connection | ConnectFailure) => void;

/** @param settle called once, with a connection or with why there is none. @returns what gives up, or closes the connection at once */
export function openConnection(at: SocketAddress, options: ConnectOptions, settle: Settle): () => void {
  const socket = connect({ host: at.address, port: at.port, noDelay: true });
  let settled = false;
  const settleOnce: Settle = (outcome) => {
    if (settled) return;
    settled = true;
    timer.cancel();
    if (typeof outcome === 'string') socket.destroy();
    settle(outcome);
  };
  const timer = options.clock.after(options.connectMs, () => settleOnce('silent'));
  socket.once('connect', () => settleOnce(createConnection(socket, options)));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (!settled && isExhaustion(error)) options.onExhausted();
    settleOnce(error.code === 'ECONNREFUSED' ? 'refused' : 'unreachable');
  });
  socket.once('close', () => {
    settleOnce('unreachable');
    options.onClosed();
  });
  return () => socket.destroy();
}

function createConnection(socket: Socket, { clock, requestMs }: ConnectOptions): Connection {
  const reader = createResponseReader();
  let waiting: ((failure: RequestFailure | undefined) => void) | undefined;
  let timer: Timer | undefined;
  let requests = 0;
  let alive = true;

  function finish(failure: RequestFailure | undefined): void {
    timer?.cancel();
    if (failure !== undefined || !reader.persistent()) close();
    const over = waiting;
    waiting = undefined;
    over?.(failure);
  }

  function close(): void {
    alive = false;
    socket.destroy();
  }

  socket.on('data', (chunk) => {
    if (waiting === undefined) return close(); // nobody asked
    const reading = reader.push(chunk);
    if (reading === 'done') finish(reader.status() >= 400 ? 'status' : undefined);
    else if (reading === 'broken') finish('malformed');
  });
  socket.on('end', () => {
    if (waiting === undefined) return close();
    finish(reader.ended() === 'done' ? (reader.status() >= 400 ? 'status' : undefined) : 'cut');
  });
  socket.on('close', () => {
    alive = false;
    if (waiting !== undefined) finish('cut');
  });
  return {
    reader,
    reusable: () => alive && waiting === undefined,
    used: () => requests > 1,
    close,
    request(bytes, over) {
      requests += 1;
      waiting = over;
      reader.begin();
      timer = clock.after(requestMs, () => finish('timeout'));
      socket.write(bytes);
    },
  };
}
