/**
 * What all client connections of a server share: its limits, in bytes and in time, and whom they tell.
 */
import type { FaultCode } from '../../fault.js';
import type { Timed, TimeoutList } from '../../timeouts.js';
import type { BrokenAnswer, ClientInfo, EngineLimits, Prepared } from '../engine.js';
import type { Exchange } from './exchange.js';

/** Unanswered requests on one connection. With one more it ends after them, and the client repeats the rest (RFC 9112 §9.3.2). */
export const pipelineMax = 128;

export interface ConnectionContext<Connection extends Timed> {
  readonly limits: EngineLimits;
  readonly headers: TimeoutList<Connection>;
  readonly request: TimeoutList<Connection>;
  /** Idle, or the end of a response is not taken. */
  readonly keepAlive: TimeoutList<Connection>;
  /** For the last answer to be taken, and the client's FIN to come. */
  readonly linger: TimeoutList<Connection>;
  /** Of the `Date` field, now. */
  date(): string;
  /** The server is stopping: each connection ends with the exchange that is its newest. */
  isStopping(): boolean;
  onExchange(exchange: Exchange, connection: Connection): void;
  /** The answer that is ready for a head of this text; none of them without. */
  readonly prepared: ((text: string, client: ClientInfo) => Prepared | undefined) | undefined;
  onBrokenRequest(code: FaultCode, client: ClientInfo): BrokenAnswer;
}
