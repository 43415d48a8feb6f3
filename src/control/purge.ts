/**
 * A purge reaches every worker that may serve what is purged, or who asked is told which it did not reach.
 *
 * All are asked, also those that are down or that the operator disabled: one that does not answer probes may still serve, and one that is
 * enabled again would. One that cannot be connected to at all has nothing but what it may have left on disk.
 */
import type { Clock } from '../clock.js';
import { HttpError } from '../http-change.js';
import type { Pool, PoolMember } from '../pool/pool.js';
import { formatAddress, type SocketAddress } from '../service.js';
import { reasonOf, withDeadline } from './deadline.js';

export interface PurgeOutcome {
  /** Stored responses, in all. */
  readonly purged: number;
  readonly workers: readonly { readonly name: string; readonly purged: number }[];
  /** Nobody listens there: nothing to purge. */
  readonly absent: readonly string[];
  /** Purge again. */
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
}

export interface PurgeOptions {
  readonly pool: Pool;
  readonly endpointOf: (member: PoolMember) => SocketAddress;
  readonly token: string | undefined;
  /** Has the next life of a worker begin without what this one left on disk; undefined: nothing is left. */
  readonly onAbsent?: ((worker: string) => Promise<void>) | undefined;
  readonly clock: Clock;
}

const answerMsMax = 4000;

type Reply = { readonly purged: number } | { readonly reason: string } | 'absent';

/** @throws HttpError when no worker understands what is said */
export async function purgeAll(options: PurgeOptions, said: unknown): Promise<PurgeOutcome> {
  const asked = options.pool.snapshot().members;
  const replies = await Promise.all(asked.map(async ({ member }) => ({ name: member.name, reply: await purgeOne(options, member, said) })));
  const workers = replies.flatMap(({ name, reply }) => (reply !== 'absent' && 'purged' in reply ? [{ name, purged: reply.purged }] : []));
  return {
    purged: workers.reduce((sum, { purged }) => sum + purged, 0),
    workers,
    absent: replies.flatMap(({ name, reply }) => (reply === 'absent' ? [name] : [])),
    failed: replies.flatMap(({ name, reply }) => (reply !== 'absent' && 'reason' in reply ? [{ name, reason: reply.reason }] : [])),
  };
}

async function purgeOne(options: PurgeOptions, member: PoolMember, said: unknown): Promise<Reply> {
  const { endpointOf, onAbsent } = options;
  const first = await ask(endpointOf(member), said, options);
  if (first !== 'absent' || onAbsent === undefined) return first;
  try {
    await onAbsent(member.name);
  } catch (error) {
    return { reason: `it is not running, and what it left on disk could not be marked: ${reasonOf(error)}` };
  }
  return ask(endpointOf(member), said, options); // it may have taken that up before it was marked
}

async function ask(at: SocketAddress, said: unknown, { token, clock }: PurgeOptions): Promise<Reply> {
  const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  try {
    return await withDeadline(clock, answerMsMax, async (signal) => {
      const response = await fetch(`http://${formatAddress(at)}/cache/purge`, { method: 'POST', headers, body: JSON.stringify(said), signal });
      const reply = (await response.json()) as { purged: number; error?: string }; // the other end is this program
      if (response.status === 400) throw new HttpError(400, reply.error ?? 'wrong');
      return response.ok ? { purged: reply.purged } : { reason: reply.error ?? `HTTP ${response.status}` };
    });
  } catch (error) {
    if (error instanceof HttpError) throw error;
    const reason = reasonOf(error);
    return reason === 'ECONNREFUSED' ? 'absent' : { reason };
  }
}
