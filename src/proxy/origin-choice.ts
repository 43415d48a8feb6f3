/**
 * Which origin a request goes to, and where next when that one fails: the rotation's order over those that are eligible.
 */
import type { PoolMember } from '../pool/pool.js';
import type { Core, Exchange } from './exchange-state.js';
import { isRace, type AttemptProgress, type FaultCode } from './fault.js';
import type { OriginTarget } from './origin-target.js';

/** As many as may be tried, in order; none when the pool has nobody to offer. */
export function orderedOrigins(core: Core, client: string): readonly PoolMember[] {
  const { eligible } = core.pool.snapshot();
  core.requestor.address = client;
  const count = core.rotation.order(eligible, core.requestor, core.retries.max + 1, core.order);
  const choices: PoolMember[] = [];
  for (let i = 0; i < count; i += 1) choices.push(eligible[core.order[i] as number] as PoolMember); // a rotation's promise
  return choices;
}

/**
 * The next choice. When there is none, the same origin gets another chance if all that failed was a connection that had been idle.
 */
export function nextOrigin(exchange: Exchange, code: FaultCode, progress: AttemptProgress): PoolMember | undefined {
  const { core, choices, record, member } = exchange;
  if (record.attempts > core.retries.max) return undefined;
  return choices[record.attempts] ?? (isRace(code, progress) ? member : undefined);
}

/** There is one target for each member. */
export const originOf = (core: Core, member: PoolMember): OriginTarget => core.origins[member.index] as OriginTarget;
