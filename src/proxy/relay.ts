/**
 * One attempt at one origin and everything that flows through it: the request body up, the response down, back-pressure
 * both ways, and the time limits of each phase.
 *
 * It decides nothing: the owner is told of the answer, the end or the fault, and after an end, a fault or `abortRelay` it
 * hears no more. The request body is let in only when the origin has accepted the connection, so that a fault before costs
 * nothing and any other origin may be tried. Plain state and shared functions: nothing is bound per request.
 */
import type { Clock } from '../clock.js';
import type { Attempt, AttemptListener, Downstream, Forward, Origin, ResponseHead, UpstreamRequest } from './engines/engine.js';
import type { ExchangeRecord } from './exchange.js';
import type { AttemptProgress, FaultCode } from './fault.js';
import type { Fields } from './fields.js';
import type { GatewayStats } from './stats.js';
import { stopTimeout, type Timed, type TimeoutList } from './timeouts.js';

export interface RelayOwner {
  readonly downstream: Downstream;
  /** The relay writes the times of its attempt and the sizes of both bodies. */
  readonly record: ExchangeRecord;
  onInterim(status: number, fields: Fields): void;
  /** The final head; what follows it goes to the downstream, so the owner must have responded or aborted the relay on return. */
  onAnswer(head: ResponseHead): void;
  /** The response is complete and in the downstream's hands. */
  onRelayed(): void;
  onBroken(code: FaultCode, detail: string): void;
}

/** What all relays of a gateway share: the limits in time of each phase, and the counts. */
export interface RelayContext {
  readonly clock: Clock;
  readonly stats: GatewayStats;
  readonly connect: TimeoutList<TimedOut>;
  readonly response: TimeoutList<TimedOut>;
  readonly idle: TimeoutList<TimedOut>;
}

export interface TimedOut extends Timed {
  onTimeout(): void;
}

export interface Relay extends TimedOut, AttemptListener, AttemptProgress {
  readonly owner: RelayOwner;
  readonly context: RelayContext;
  readonly startedMs: number;
  /** Undefined before it was made and after it is over. */
  attempt: Attempt | undefined;
  connected: boolean;
  reused: boolean;
  bodyStarted: boolean;
  requestComplete: boolean;
  interims: number;
  answered: boolean;
  /** The origin takes no more of the request for now; the client takes no more of the response. */
  originBlocked: boolean;
  clientBlocked: boolean;
}

/** Interim responses passed on; they come without back-pressure, so an origin may not send them without end. */
const interimMax = 32;

/** @throws what the engine throws when the request cannot be written. */
export function startRelay(owner: RelayOwner, context: RelayContext, forward: Forward, request: UpstreamRequest, origin: Origin): Relay {
  const relay = newRelay(owner, context, request.bodyBytes === 0);
  const attempt = forward.send(request, origin, relay);
  relay.attempt = attempt;
  context.connect.start(relay, relay.startedMs);
  if (relay.requestComplete) attempt.end();
  return relay;
}

function newRelay(owner: RelayOwner, context: RelayContext, requestComplete: boolean): Relay {
  return {
    dueMs: 0,
    list: undefined,
    earlier: undefined,
    later: undefined,
    owner,
    context,
    startedMs: context.clock.monotonicMs(),
    attempt: undefined,
    connected: false,
    reused: false,
    bodyStarted: false,
    requestComplete,
    interims: 0,
    answered: false,
    originBlocked: false,
    clientBlocked: false,
    onTimeout,
    onConnect,
    onInform,
    onHead,
    onData,
    onEnd,
    onDrain,
    onFault,
  };
}

/** Releases the attempt, whatever its phase. */
export function abortRelay(relay: Relay): void {
  over(relay)?.abort();
}

/** A piece of the request body. */
export function relayRequestData(relay: Relay, chunk: Buffer): void {
  if (relay.attempt === undefined) return;
  relay.owner.record.requestBodyBytes += chunk.length;
  relay.context.stats.requestBodyBytesTotal += chunk.length;
  relay.context.idle.start(relay);
  if (relay.attempt.write(chunk)) return;
  relay.originBlocked = true;
  relay.owner.downstream.pause();
}

export function relayRequestEnd(relay: Relay): void {
  if (relay.attempt === undefined || relay.requestComplete) return;
  relay.requestComplete = true;
  relay.attempt.end();
  (relay.answered ? relay.context.idle : relay.context.response).start(relay);
}

/** The client takes more of the response. */
export function relayClientDrained(relay: Relay): void {
  if (relay.attempt === undefined || !relay.clientBlocked) return;
  relay.clientBlocked = false;
  relay.context.idle.start(relay);
  relay.attempt.resume();
}

function over(relay: Relay): Attempt | undefined {
  const { attempt } = relay;
  relay.attempt = undefined;
  stopTimeout(relay);
  return attempt;
}

function onConnect(this: Relay, reused: boolean): void {
  if (this.attempt === undefined) return;
  this.connected = true;
  this.reused = reused;
  const nowMs = this.context.clock.monotonicMs();
  this.owner.record.connectMs = nowMs - this.startedMs;
  if (this.requestComplete) {
    this.context.response.start(this, nowMs);
  } else {
    this.bodyStarted = true;
    this.context.idle.start(this, nowMs);
    this.owner.downstream.resume();
  }
}

function onInform(this: Relay, status: number, fields: Fields): void {
  if (this.attempt === undefined || this.interims >= interimMax) return;
  this.interims += 1;
  this.owner.onInterim(status, fields);
}

function onHead(this: Relay, head: ResponseHead): void {
  if (this.attempt === undefined) return;
  this.answered = true;
  const nowMs = this.context.clock.monotonicMs();
  this.owner.record.firstByteMs = nowMs - this.startedMs;
  this.context.idle.start(this, nowMs);
  this.owner.onAnswer(head);
}

function onData(this: Relay, chunk: Buffer): void {
  if (this.attempt === undefined) return;
  this.owner.record.responseBodyBytes += chunk.length;
  this.context.stats.responseBodyBytesTotal += chunk.length;
  this.context.idle.start(this);
  if (this.owner.downstream.write(chunk)) return;
  this.clientBlocked = true;
  this.attempt.pause();
}

/**
 * An origin may be done before it has read the whole request. The rest is of no use to anybody then: we stop taking it and
 * give the half-written connection up.
 */
function onEnd(this: Relay): void {
  const attempt = over(this);
  if (attempt === undefined) return;
  if (!this.requestComplete) {
    this.owner.downstream.pause();
    attempt.abort();
  }
  this.owner.onRelayed();
}

function onDrain(this: Relay): void {
  if (this.attempt === undefined || !this.originBlocked) return;
  this.originBlocked = false;
  this.context.idle.start(this);
  this.owner.downstream.resume();
}

function onFault(this: Relay, code: FaultCode, detail: string): void {
  if (over(this) !== undefined) this.owner.onBroken(code, detail);
}

function onTimeout(this: Relay): void {
  if (this.clientBlocked && !this.owner.downstream.isNext) return this.context.idle.start(this);
  const code = blame(this);
  abortRelay(this);
  this.owner.onBroken(code, '');
}

/** Who kept us waiting: the side from which the next step would have come. */
function blame(relay: Relay): FaultCode {
  if (!relay.connected) return 'connect-timeout';
  if (relay.clientBlocked) return 'client-stalled';
  if (!relay.requestComplete && !relay.originBlocked) return 'request-timeout';
  return relay.answered ? 'idle-mid-response' : 'response-timeout';
}
