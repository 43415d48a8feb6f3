/**
 * How an exchange ends: with an answer of our own, with a fault, and with its record, which is written exactly once.
 */
import { dropAttempt } from './attempt.js';
import type { ResponseHead } from './engines/engine.js';
import type { Exchange } from './exchange-state.js';
import { recordFault } from './exchange.js';
import { faults, type FaultCode } from './fault.js';
import { fieldValue, type Fields } from './fields.js';
import { errorAnswer } from './pages.js';
import { underUsedName } from './site-names.js';
import { stopTimeout } from './timeouts.js';

export const ageMs = ({ core, beganMs }: Exchange): number => core.clock.monotonicMs() - beganMs;

/** Also when the client has not sent all of its body: an early answer is passed on, and the rest of the body is not waited for. */
const closesAfter = (exchange: Exchange): boolean => exchange.core.state !== 'open' || !exchange.requestComplete;

/** The head for the client. @returns whether there is still an exchange to go on with. */
export function respond(exchange: Exchange, head: ResponseHead): boolean {
  try {
    const { alias } = exchange.arrival;
    const named = alias === undefined ? head : { ...head, fields: underUsedName(head.fields, alias) };
    exchange.downstream.respond(named, closesAfter(exchange));
  } catch (error) {
    failRefused(exchange, 'invalid-response', error);
    return false;
  }
  exchange.responded = true;
  exchange.record.status = head.status;
  return true;
}

/** A fault ends the exchange: by a page while that is possible, by a cut that nobody can take for a complete response else. */
export function fail(exchange: Exchange, code: FaultCode, detail: string): void {
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
  const said = core.cache?.onFailed(exchange, fields) ?? fields;
  answer(exchange, status, reason, said, body, faults[code].source === 'downstream' || core.state !== 'open');
}

/** An engine throws a RangeError rather than write a field that would split the message; any other error is a defect of ours. */
export function failRefused(exchange: Exchange, code: FaultCode, error: unknown): void {
  if (!(error instanceof RangeError)) throw error;
  fail(exchange, code, error.message);
}

/** The head of an answer with a body of so many bytes, which HEAD only tells of. */
export function headOf(method: string, status: number, reason: string, fields: Fields, bodyBytes: number): ResponseHead {
  if (bodyBytes === 0 || method !== 'HEAD') return { status, reason, fields, bodyBytes };
  return { status, reason, fields: [...fields, 'Content-Length', String(bodyBytes)], bodyBytes: 0 };
}

/** An answer of our own. */
export function answer(exchange: Exchange, status: number, reason: string, fields: Fields, body: Buffer, close: boolean): void {
  const { core, downstream, record } = exchange;
  const head = headOf(downstream.request.method, status, reason, underUsedName(fields, exchange.arrival.alias), body.length);
  exchange.responded = true;
  record.status = status;
  core.context.idle.start(exchange);
  downstream.respond(head, close || closesAfter(exchange));
  if (head.bodyBytes === 0) return downstream.end();
  record.responseBodyBytes = body.length;
  core.stats.responseBodyBytesTotal += body.length;
  downstream.end(body);
}

function leaveQueue(exchange: Exchange): void {
  if (exchange.core.admission.withdraw(exchange)) exchange.record.queueMs = ageMs(exchange);
}

export function finish(exchange: Exchange): void {
  if (exchange.done) return;
  const { core, record } = exchange;
  exchange.done = true;
  dropAttempt(exchange);
  leaveQueue(exchange);
  stopTimeout(exchange);
  core.active.delete(exchange);
  record.totalMs = ageMs(exchange);
  core.onFinish(record);
  if (exchange.admitted) core.admission.leave();
}
