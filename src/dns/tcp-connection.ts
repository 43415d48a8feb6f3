/**
 * One TCP connection (RFC 7766): any number of queries, answered in their order, as fast as the client reads.
 *
 * Idle means "no complete query", so dribbling half a frame, or not reading the answers, keeps nothing open. A message
 * that gets no answer ends the connection once the earlier answers are out: after it nothing in the stream can be trusted.
 */
import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';
import { createFrameReader } from './frames.js';
import type { Responder } from './responder.js';
import type { tcpCloseReasons } from './stats.js';

export type CloseReason = (typeof tcpCloseReasons)[number];

export interface ConnectionOptions {
  readonly responder: Responder;
  readonly clock: Clock;
  readonly idleMs: number;
  /** Answers that wait for the client to read before its next queries have to wait too. */
  readonly pipelineMax: number;
  /** The peer, as policies see it. */
  readonly address: string;
  readonly onQuery: () => void;
  readonly onClose: (reason: CloseReason) => void;
}

export interface Connection {
  /** Sends what is answered, then FIN, and reads no more queries. */
  finish(reason: CloseReason): void;
  /** Closes at once. */
  cut(reason: CloseReason): void;
  /** Settles after `onClose`. */
  readonly closed: Promise<void>;
}

const unsentBytesMax = 64 * 1024;
/** Prefix and message of the answer that is being made; answers are made one at a time, so all connections share it. */
const answer = Buffer.alloc(2 + 65_535);
const answerMessage = answer.subarray(2);

export function serveConnection(socket: Socket, options: ConnectionOptions): Connection {
  const { responder, clock, idleMs, pipelineMax } = options;
  const requestor = { address: options.address };
  const frames = createFrameReader();
  let unsent = 0;
  let stalled = false;
  let reason: CloseReason | undefined;
  const idle = watchIdle(clock, idleMs, () => cut('idle'));

  /** Answers what has come, as far as the limits allow; what is left over waits for the client to read. */
  function serve(): void {
    const answers: Buffer[] = [];
    let bytes = 0;
    let message = frames.next();
    while (message !== undefined) {
      const length = responder.respond(message, message.length, requestor, 'tcp', answerMessage);
      if (length === 0) break;
      answer.writeUInt16BE(length);
      bytes += 2 + length;
      answers.push(Buffer.from(answer.subarray(0, 2 + length)));
      stalled = unsent + answers.length >= pipelineMax || socket.writableLength + bytes >= unsentBytesMax;
      message = stalled ? undefined : frames.next();
    }
    if (answers.length > 0) send(answers, bytes);
    if (message !== undefined) finish('malformed');
    else if (stalled) socket.pause();
  }

  function send(answers: readonly Buffer[], bytes: number): void {
    idle.restart();
    options.onQuery();
    unsent += answers.length;
    socket.write(Buffer.concat(answers, bytes), (error) => {
      unsent -= answers.length;
      if (error || !stalled || reason !== undefined) return;
      stalled = false;
      serve();
      if (!stalled) socket.resume();
    });
  }

  function finish(why: CloseReason): void {
    reason ??= why;
    socket.end();
    socket.resume(); // what still comes is thrown away: FIN cannot be seen behind it, and closing on unread bytes sends a reset
  }

  function cut(why: CloseReason): void {
    reason ??= why;
    socket.destroy();
  }

  socket.on('data', (chunk) => {
    if (reason !== undefined) return;
    frames.push(chunk);
    serve();
  });
  socket.on('end', () => finish('client'));
  socket.on('error', () => (reason ??= 'error'));
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      idle.stop();
      options.onClose(reason ?? 'client');
      resolve();
    });
  });
  return { finish, cut, closed };
}

interface IdleWatch {
  restart(): void;
  stop(): void;
}

/** One timer that looks again when it fires: moving one with each query would cost more than the query. */
function watchIdle(clock: Clock, idleMs: number, onIdle: () => void): IdleWatch {
  let sinceMs = clock.monotonicMs();
  let timer = clock.after(idleMs, check);

  function check(): void {
    const leftMs = sinceMs + idleMs - clock.monotonicMs();
    if (leftMs <= 0) onIdle();
    else timer = clock.after(leftMs, check);
  }

  return {
    restart: () => void (sinceMs = clock.monotonicMs()),
    stop: () => timer.cancel(),
  };
}
