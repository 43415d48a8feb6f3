/**
 * A purge reaches every worker that may serve what is purged, or who asked is told which it did not reach.
 *
 * All are asked, also those that are down or that the operator disabled: one that does not answer probes may still serve, and one that is
 * enabled again would. One that cannot be connected to at all runs no cache that could serve.
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
  readonly clock: Clock;
}

const answerMsMax = 4000;

type Reply = { readonly purged: number } | { readonly reason: string } | 'absent';

/** @throws HttpError when no worker understands what is said */
export async function purgeAll({ pool, endpointOf, token, clock }: PurgeOptions, said: unknown): Promise<PurgeOutcome> {
  const asked = pool.snapshot().members;
  const replies = await Promise.all(
    asked.map(async ({ member }) => ({ name: member.name, reply: await purgeOne(endpointOf(member), said, token, clock) })),
  );
  const workers = replies.flatMap(({ name, reply }) => (reply !== 'absent' && 'purged' in reply ? [{ name, purged: reply.purged }] : []));
  return {
    purged: workers.reduce((sum, { purged }) => sum + purged, 0),
    workers,
    absent: replies.flatMap(({ name, reply }) => (reply === 'absent' ? [name] : [])),
    failed: replies.flatMap(({ name, reply }) => (reply !== 'absent' && 'reason' in reply ? [{ name, reason: reply.reason }] : [])),
  };
}

async function purgeOne(at: SocketAddress, said: unknown, token: string | undefined, clock: Clock): Promise<Reply> {
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
