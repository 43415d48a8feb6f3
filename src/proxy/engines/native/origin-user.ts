/**
 * Who uses a connection to an origin, and what he sees of it: for one request, from the moment that it is his.
 */
import type { Socket } from 'node:net';
import type { FaultCode } from '../../fault.js';
import type { UpstreamRequest } from '../engine.js';
import type { ReceivedHead } from './response-head.js';

/** A connection as its user holds it. */
export interface HeldConnection {
  readonly socket: Socket;
  /** The origin does not take what it is sent. */
  readonly isBlocked: boolean;
  send(piece: string | Buffer): void;
  /** In one write. */
  sendAll(pieces: readonly (string | Buffer)[]): void;
  pause(): void;
  resume(): void;
  destroy(): void;
  /** From now on the bytes are the caller's, beginning with those that this returns. */
  take(onData: (chunk: Buffer) => void): Buffer;
}

/** Who hears of what comes back: a gateway's attempt, or a tunnel. */
export interface OriginUser {
  readonly request: UpstreamRequest;
  /** The request's, as it is sent. */
  readonly head: string;
  /** The protocol that is asked for. */
  readonly upgrade: string | undefined;
  readonly isOver: boolean;
  /** The whole request is written. */
  readonly isComplete: boolean;
  /** It has a connection, maybe not yet connected. */
  onConnection(connection: HeldConnection): void;
  onConnect(reused: boolean): void;
  onInform(status: number, fields: readonly string[]): void;
  onHead(head: ReceivedHead): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onDrain(): void;
  onFault(code: FaultCode, detail: string): void;
}
