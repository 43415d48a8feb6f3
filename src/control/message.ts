/**
 * What travels from the control process to those who follow it: the whole state of the worker pool, one JSON object a
 * line. Whole, not a difference: a follower that missed ten lines and reads the eleventh is right again.
 */
import {
  adminStates,
  healthReasons,
  healthStates,
  type Admin,
  type HealthFact,
  type Pool,
  type PoolSnapshot,
} from '../pool/pool.js';

export interface MemberMessage extends Omit<HealthFact, 'stableForMs'> {
  readonly name: string;
  readonly admin: Admin;
  /** JSON has no Infinity: null stands for it. */
  readonly stableForMs: number | null;
}

export interface PoolMessage {
  readonly version: number;
  readonly failOpen: boolean;
  readonly members: readonly MemberMessage[];
}

/** A line longer than this is no pool of ours (250 members of 300 bytes). */
export const messageBytesMax = 1_048_576;

export function toMessage(snapshot: PoolSnapshot): PoolMessage {
  return {
    version: snapshot.version,
    failOpen: snapshot.failOpen,
    members: snapshot.members.map(({ member, admin, health, reason, detail, sinceMs, stableForMs }) => ({
      name: member.name,
      health,
      admin,
      reason,
      detail,
      sinceMs,
      stableForMs: Number.isFinite(stableForMs) ? stableForMs : null,
    })),
  };
}

/**
 * Takes over what the message says of the members that this pool has; others are passed over (the two sides may have
 * been configured at different times).
 */
export function adopt(pool: Pool, message: PoolMessage): void {
  const known = new Set(pool.members.map((member) => member.name));
  pool.batch(() => {
    for (const { name, admin, stableForMs, ...fact } of message.members) {
      if (!known.has(name)) continue;
      pool.setHealth(name, { ...fact, stableForMs: stableForMs ?? Infinity });
      pool.setAdmin(name, admin);
    }
  });
}

/** @throws Error for anything that is not such a message. */
export function parseMessage(line: string): PoolMessage {
  const value: unknown = JSON.parse(line);
  if (!isRecord(value) || typeof value['version'] !== 'number' || !Array.isArray(value['members'])) throw new Error('not a pool message');
  return { version: value['version'], failOpen: value['failOpen'] === true, members: value['members'].map(parseMember) };
}

function parseMember(value: unknown): MemberMessage {
  if (!isRecord(value)) throw new Error('not a member');
  const { name, sinceMs, stableForMs, detail } = value;
  if (typeof name !== 'string' || typeof sinceMs !== 'number' || typeof detail !== 'string') throw new Error('not a member');
  return {
    name,
    sinceMs,
    detail,
    stableForMs: typeof stableForMs === 'number' ? stableForMs : null,
    health: oneOf(healthStates, value['health']),
    reason: oneOf(healthReasons, value['reason']),
    admin: oneOf(adminStates, value['admin']),
  };
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown): T {
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw new Error(`expected one of ${allowed.join(', ')}`);
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
