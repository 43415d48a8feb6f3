/**
 * The life of a request, from its head to its record, over any engine.
 *
 * validate → admit → order the origins → attempt → perhaps again at the next one → relay → record. Read it from `accept`
 * down: each step is a function that ends by starting the next or by waiting for an event.
 *
 * Promises: each exchange is recorded exactly once, and gives its place back then. A response that broke is never ended
 * properly. Nothing is sent twice unless the table of faults says that it may be.
 */
import type { PoolMember } from '../pool/pool.js';
import { countAttempt, dropAttempt, startAttempt } from './attempt.js';
import type { BrokenAnswer, ClientInfo, Downstream, ResponseHead } from './engines/engine.js';
import { createCore, newExchange, type Core, type Exchange, type ExchangeEvents, type GatewayOptions } from './exchange-state.js';
import { recordFault } from './exchange.js';
import { faults, isConnectFault, isRace, mayRetry, type FaultCode } from './fault.js';
import { fieldValue, type Fields } from './fields.js';
import { nextOrigin, orderedOrigins, originOf } from './origin-choice.js';
import { errorAnswer } from './pages.js';
import { refusalOf } from './refusal.js';
import { relayClientDrained, relayRequestData, relayRequestEnd } from './relay.js';
import { answersItself, fieldsForClient, newRequestId, optionsFields } from './rewriting.js';
import { countExchange, countFault } from './stats.js';
import { stopTimeout } from './timeouts.js';

export interface Gateway {
  accept(downstream: Downstream): void;
  /** What to tell a client whose request never became an exchange. */
  broken(code: FaultCode, client: ClientInfo): BrokenAnswer;
  /** From now on each response closes its connection. */
  drain(): void;
  /** Ends whatever is still in flight, and lets nothing in any more. */
  cut(): void;
  /** The same, and releases all timers. */
  close(): void;
}

export function createGateway(options: GatewayOptions): Gateway {
  const core = createCore(options);
  return {
    accept: (downstream) => accept(core, downstream),
    broken: (code, client) => answerBroken(core, code, client),
    drain() {
      if (core.state === 'open') core.state = 'draining';
    },
    cut: () => cut(core),
    close() {
      cut(core);
      core.admission.close();
      for (const list of [core.context.connect, core.context.response, core.context.idle]) list.close();
    },
  };
}

function answerBroken({ stats, random, via, onBrokenRequest }: Core, code: FaultCode, client: ClientInfo): BrokenAnswer {
  const id = newRequestId(random);
  countFault(stats, code);
  onBrokenRequest(id, code, client);
  return errorAnswer(code, undefined, id, via.pseudonym);
}

// ---- from the request's head to an attempt

function accept(core: Core, downstream: Downstream): void {
  const exchange = newExchange(core, downstream, events);
  const { fields } = exchange.arrival;
  core.active.add(exchange);
  downstream.listen(exchange);
  const refusal = core.state === 'closed' ? 'stopping' : refusalOf(downstream.request, fields, core.via, core.limits);
  if (refusal !== undefined) return fail(exchange, refusal, '');
  if (answersItself(downstream.request, fields)) return answer(exchange, 204, 'No Content', optionsFields, Buffer.alloc(0), false);
  const place = core.admission.enter(exchange);
  if (place === 'full') fail(exchange, 'queue-full', '');
  if (place === 'admitted') start(exchange);
}

function onAdmitted(this: Exchange): void {
  this.record.queueMs = ageMs(this);
  start(this);
}

function onQueueTimeout(this: Exchange): void {
  this.record.queueMs = ageMs(this);
  fail(this, 'queue-timeout', '');
}

const ageMs = ({ core, beganMs }: Exchange): number => core.clock.monotonicMs() - beganMs;

function start(exchange: Exchange): void {
  exchange.admitted = true;
  exchange.choices = orderedOrigins(exchange.core, exchange.record.client);
  const first = exchange.choices[0];
  if (first === undefined) fail(exchange, 'no-origin', '');
  else attempt(exchange, first);
}

function attempt(exchange: Exchange, member: PoolMember): void {
  try {
    startAttempt(exchange, member);
  } catch (error) {
    countAttempt(exchange, 'fault');
    failRefused(exchange, 'internal-error', error);
  }
}

// ---- the attempt's events

/** The attempt is over without a complete response. */
function onBroken(this: Exchange, code: FaultCode, detail: string): void {
  const { core, member, relay, tunnel } = this;
  const progress = relay ?? tunnel;
  if (progress === undefined || member === undefined) return;
  if (!progress.answered) countAttempt(this, faults[code].source === 'upstream' ? 'fault' : 'aborted');
  this.relay = undefined;
  this.tunnel = undefined;
  if (isConnectFault(code) && core.pool.snapshot().members[member.index]?.health === 'up') core.onConnectFault(member.name);
  const next = mayRetry(code, this.record.method, progress) ? nextOrigin(this, code, progress) : undefined;
  if (next === undefined) return fail(this, code, detail);
  if (isRace(code, progress) && !this.raced) this.raced = true;
  else if (core.budget.take(core.stats.inFlight)) this.retrying = true;
  else {
    core.stats.retriesDeniedTotal += 1;
    return fail(this, code, detail);
  }
  core.stats.retriesTotal += 1;
  attempt(this, next);
}

function onInterim(this: Exchange, status: number, fields: Fields): void {
  try {
    this.downstream.inform(status, clientFields(this, status, fields, 0));
  } catch (error) {
    failRefused(this, 'invalid-response', error);
  }
}

function onAnswer(this: Exchange, head: ResponseHead): void {
  countAttempt(this, 'answered');
  const { status, reason, bodyBytes } = head;
  const fields = clientFields(this, status, head.fields, bodyBytes);
  try {
    this.downstream.respond({ status, reason, fields, bodyBytes }, closesAfter(this));
    this.responded = true;
    this.record.status = status;
  } catch (error) {
    failRefused(this, 'invalid-response', error);
  }
}

function clientFields(exchange: Exchange, status: number, fields: Fields, bodyBytes: number | undefined): Fields {
  const { core, downstream, arrival, member } = exchange;
  if (member === undefined) return [];
  return fieldsForClient(downstream, arrival, { status, fields, bodyBytes }, originOf(core, member), core);
}

/** Also when the client has not sent all of its body: an early answer is passed on, and the rest of the body is not waited for. */
const closesAfter = (exchange: Exchange): boolean => exchange.core.state !== 'open' || !exchange.requestComplete;

function onRelayed(this: Exchange): void {
  this.relay = undefined;
  this.core.context.idle.start(this);
  this.downstream.end();
}

function onSwitched(this: Exchange, status: number): void {
  countAttempt(this, 'answered');
  this.responded = true;
  this.record.status = status;
}

// ---- the client's events

function onData(this: Exchange, chunk: Buffer): void {
  if (this.relay === undefined) return; // it was answered already; what it still sends is for nobody
  if (this.record.requestBodyBytes + chunk.length > this.core.limits.bodyBytes) fail(this, 'body-too-large', '');
  else relayRequestData(this.relay, chunk);
}

function onEnd(this: Exchange): void {
  this.requestComplete = true;
  if (this.relay !== undefined) relayRequestEnd(this.relay);
}

function onDrain(this: Exchange): void {
  if (this.relay !== undefined) relayClientDrained(this.relay);
  else if (this.responded) this.core.context.idle.start(this);
}

function onAbort(this: Exchange, code: FaultCode): void {
  if (this.tunnel?.answered === true) return; // the tunnel reports its own end
  if (!this.responded) this.record.status = faults[code].status;
  recordFault(this.record, code, '');
  finish(this);
}

function onOver(this: Exchange): void {
  finish(this);
}

/** The last bytes of an answer are not taken. */
function onTimeout(this: Exchange): void {
  if (!this.downstream.isNext) return this.core.context.idle.start(this);
  fail(this, 'client-stalled', '');
}

const events: ExchangeEvents = {
  onAdmitted,
  onQueueTimeout,
  onTimeout,
  onData,
  onEnd,
  onDrain,
  onAbort,
  onSent: onOver,
  onInterim,
  onAnswer,
  onRelayed,
  onSwitched,
  onTunnelClosed: onOver,
  onBroken,
};

// ---- ends

/** A fault ends the exchange: by a page while that is possible, by a cut that nobody can take for a complete response else. */
function fail(exchange: Exchange, code: FaultCode, detail: string): void {
  if (exchange.done) return;
  const { core, downstream, record } = exchange;
  recordFault(record, code, detail);
  leaveQueue(exchange);
  dropAttempt(exchange);
  if (exchange.responded) {
    downstream.abort();
    return finish(exchange);
  }
  if (!exchange.requestComplete) downstream.pause();
  const accept = fieldValue(downstream.request.fields, 'accept');
  const { status, reason, fields, body } = errorAnswer(code, accept, record.id, core.via.pseudonym);
  answer(exchange, status, reason, fields, body, faults[code].source === 'downstream' || core.state !== 'open');
}

/** An engine throws a RangeError rather than write a field that would split the message; any other error is a defect of ours. */
function failRefused(exchange: Exchange, code: FaultCode, error: unknown): void {
  if (!(error instanceof RangeError)) throw error;
  fail(exchange, code, error.message);
}

/** An answer of our own. */
function answer(exchange: Exchange, status: number, reason: string, fields: Fields, body: Buffer, close: boolean): void {
  const { core, downstream, record } = exchange;
  const bodyless = body.length === 0 || downstream.request.method === 'HEAD';
  exchange.responded = true;
  record.status = status;
  core.context.idle.start(exchange);
  const sent = body.length > 0 && bodyless ? [...fields, 'Content-Length', String(body.length)] : fields;
  downstream.respond({ status, reason, fields: sent, bodyBytes: bodyless ? 0 : body.length }, close || closesAfter(exchange));
  if (bodyless) return downstream.end();
  record.responseBodyBytes = body.length;
  core.stats.responseBodyBytesTotal += body.length;
  downstream.end(body);
}

function cut(core: Core): void {
  core.state = 'closed';
  const active = [...core.active];
  // Those in the queue first, or they would be let in by the others' leaving.
  for (const exchange of active.filter(({ admitted }) => !admitted)) fail(exchange, 'stopping', '');
  for (const exchange of active.filter(({ admitted }) => admitted)) fail(exchange, 'stopping', '');
}

function leaveQueue(exchange: Exchange): void {
  if (exchange.core.admission.withdraw(exchange)) exchange.record.queueMs = ageMs(exchange);
}

function finish(exchange: Exchange): void {
  if (exchange.done) return;
  const { core, record } = exchange;
  exchange.done = true;
  dropAttempt(exchange);
  leaveQueue(exchange);
  stopTimeout(exchange);
  core.active.delete(exchange);
  record.totalMs = ageMs(exchange);
  countExchange(core.stats, record);
  core.onFinish(record);
  if (exchange.admitted) core.admission.leave();
}
