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
import { countAttempt, startAttempt } from './attempt.js';
import { createCache } from './cache/cache.js';
import { readPurge } from './cache/purge.js';
import { ageMs, answer, fail, failRefused, finish, respond } from './ending.js';
import type { BrokenAnswer, ClientInfo, Downstream, Prepared, ResponseHead } from './engines/engine.js';
import { createCore, newExchange, type Core, type Exchange, type ExchangeEvents, type GatewayOptions } from './exchange-state.js';
import { recordFault, type ExchangeRecord } from './exchange.js';
import { faults, isConnectFault, isRace, mayRetry, type FaultCode } from './fault.js';
import type { Fields } from './fields.js';
import { nextOrigin, orderedOrigins, originOf } from './origin-choice.js';
import { errorAnswer } from './pages.js';
import { refusalOf } from './refusal.js';
import { relayClientDrained, relayRequestData, relayRequestEnd } from './relay.js';
import { answersItself, fieldsForClient, newRequestId, optionsFields } from './rewriting.js';
import { countFault } from './stats.js';

export interface Gateway {
  accept(downstream: Downstream): void;
  /** The answer that stands ready for a request whose head is just this text. */
  repeated(text: string, client: ClientInfo): Prepared | undefined;
  /** What to tell a client whose request never became an exchange. */
  broken(code: FaultCode, client: ClientInfo): BrokenAnswer;
  /** @param said what, in the words of `cache/purge.ts`. @returns how many stored responses. @throws RangeError */
  purge(said: unknown): number;
  /** From now on each response closes its connection. */
  drain(): void;
  /** Ends whatever is still in flight, and lets nothing in any more. */
  cut(): void;
  /** The same, and releases all timers. */
  close(): void;
}

export function createGateway(options: GatewayOptions): Gateway {
  const core = createCore(options);
  core.cache = options.cache === undefined ? undefined : createCache(options.cache, core, { begin, fetch });
  return {
    accept: (downstream) => accept(core, downstream),
    repeated: (text, client) => (core.state === 'open' ? core.cache?.repeated(text, client) : undefined),
    broken: (code, client) => answerBroken(core, code, client),
    purge: (said) => core.cache?.purge(readPurge(said, core.names)) ?? 0,
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
  if (core.cache?.answers(exchange) === true) return; // such a one needs no place
  enter(exchange);
}

function enter(exchange: Exchange): void {
  const place = exchange.core.admission.enter(exchange);
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

function start(exchange: Exchange): void {
  exchange.admitted = true;
  if (exchange.core.cache?.takes(exchange) !== true) begin(exchange);
}

/** The first attempt at an origin. */
function begin(exchange: Exchange): void {
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

/** An exchange on the cache's own behalf; one that no client waits for must wait for a place. */
function fetch(core: Core, downstream: Downstream, id: string | undefined, onMade: (record: ExchangeRecord) => void): void {
  const exchange = newExchange(core, downstream, events, id);
  core.active.add(exchange);
  downstream.listen(exchange);
  onMade(exchange.record);
  if (id === undefined) enter(exchange);
  else begin(exchange);
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
  respond(this, { status, reason, bodyBytes, fields: this.core.cache?.onPassed(this, status, fields) ?? fields });
}

function clientFields(exchange: Exchange, status: number, fields: Fields, bodyBytes: number | undefined): Fields {
  const { core, downstream, arrival, member } = exchange;
  if (member === undefined) return [];
  return fieldsForClient(downstream, arrival, { status, fields, bodyBytes }, originOf(core, member), core);
}

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
  if (this.reading !== undefined) this.reading.onDrain();
  else if (this.relay !== undefined) relayClientDrained(this.relay);
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

function cut(core: Core): void {
  core.state = 'closed';
  core.cache?.close();
  const active = [...core.active];
  // Those in the queue first, or they would be let in by the others' leaving.
  for (const exchange of active.filter(({ admitted }) => !admitted)) fail(exchange, 'stopping', '');
  for (const exchange of active.filter(({ admitted }) => admitted)) fail(exchange, 'stopping', '');
}
