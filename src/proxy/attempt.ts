/**
 * One attempt of an exchange, from its start to its one outcome in the counts: answered, fault or aborted.
 */
import type { PoolMember } from '../pool/pool.js';
import type { Exchange } from './exchange-state.js';
import { originOf } from './origin-choice.js';
import { abortRelay, startRelay } from './relay.js';
import { requestForOrigin } from './rewriting.js';
import { attemptOutcomes } from './stats.js';
import { abortTunnel, startTunnel } from './tunnel.js';

/** @throws RangeError when the engine refuses to write the request. */
export function startAttempt(exchange: Exchange, member: PoolMember): void {
  const { core, downstream, record } = exchange;
  const origin = originOf(core, member);
  exchange.member = member;
  record.origin = origin.name;
  record.attempts += 1;
  record.connectMs = 0;
  const request = requestForOrigin(downstream, exchange.arrival, record.id, origin, core);
  if (downstream.upgrade === undefined) exchange.relay = startRelay(exchange, core.context, core.forward, request, origin);
  else exchange.tunnel = startTunnel(exchange, core.context, core.forward, request, origin);
}

/** The attempt has its outcome; if it was a retry, it is one no more. */
export function countAttempt(exchange: Exchange, outcome: (typeof attemptOutcomes)[number]): void {
  const { core, member } = exchange;
  if (member !== undefined) core.stats.attempts.add(member.index, attemptOutcomes.indexOf(outcome));
  if (exchange.retrying) core.budget.giveBack();
  exchange.retrying = false;
}

/** Gives up the attempt under way, if there is one, or the share in the cache's. */
export function dropAttempt(exchange: Exchange): void {
  const { reading } = exchange;
  exchange.reading = undefined;
  reading?.leave();
  const { relay, tunnel } = exchange;
  const progress = relay ?? tunnel;
  if (progress === undefined) return;
  if (!progress.answered) countAttempt(exchange, 'aborted');
  exchange.relay = undefined;
  exchange.tunnel = undefined;
  if (relay !== undefined) abortRelay(relay);
  if (tunnel !== undefined) abortTunnel(tunnel);
}
