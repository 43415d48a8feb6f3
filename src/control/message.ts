/**
 * What travels from the control process to those who follow it: the whole state of the worker pool, one JSON object a
 * line. Whole, not a difference: a follower that missed ten lines and reads the eleventh is right again.
 *
 * `alarmed`, `load` and `withdrawn` came later than the rest; a line without them says that nobody is alarmed or withdrawn and no
 * load is known.
 */
import {
  adminStates,
  healthReasons,
  healthStates,
  withdrawalReasons,
  type Admin,
  type HealthFact,
  type Pool,
  type PoolMember,
  type PoolSnapshot,
  type WithdrawalReason,
} from '../pool/pool.js';
import type { ReportedLoads } from '../pool/worker-loads.js';

/** What a member's own metrics said of its load. */
export interface LoadReading {
  /** Busy part of the time between this reading and the one before, 0 to 1; null when there was none before. */
  readonly utilisation: number | null;
  /** Exchanges in service and waiting. */
  readonly backlog: number;
  /** Real time of the reading, which tells a new one from the same one sent again. */
  readonly readMs: number;
}

/** The latest reading of the member of that index; undefined when there is none, or it is too old to go by. */
export type LoadOf = (index: number) => LoadReading | undefined;

export interface MemberMessage extends Omit<HealthFact, 'stableForMs'> {
  readonly name: string;
  readonly admin: Admin;
  /** JSON has no Infinity: null stands for it. */
  readonly stableForMs: number | null;
  readonly alarmed: boolean;
  readonly withdrawn: WithdrawalReason | null;
  readonly load: LoadReading | null;
}

export interface PoolMessage {
  readonly version: number;
  readonly failOpen: boolean;
  readonly withdrawalIgnored: boolean;
  readonly members: readonly MemberMessage[];
}

/** A line longer than this is no pool of ours (250 members of 300 bytes). */
export const messageBytesMax = 1_048_576;

export function toMessage(snapshot: PoolSnapshot, loadOf: LoadOf = () => undefined): PoolMessage {
  return {
    version: snapshot.version,
    failOpen: snapshot.failOpen,
    withdrawalIgnored: snapshot.withdrawalIgnored,
    members: snapshot.members.map(({ member, admin, health, reason, detail, sinceMs, stableForMs, alarmed, withdrawn }) => ({
      name: member.name,
      health,
      admin,
      reason,
      detail,
      sinceMs,
      stableForMs: Number.isFinite(stableForMs) ? stableForMs : null,
      alarmed,
      withdrawn,
      load: loadOf(member.index) ?? null,
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
    for (const { name, admin, alarmed, withdrawn, stableForMs, health, reason, detail, sinceMs } of message.members) {
      if (!known.has(name)) continue;
      pool.setHealth(name, { health, reason, detail, sinceMs, stableForMs: stableForMs ?? Infinity });
      pool.setAdmin(name, admin);
      pool.setAlarm(name, alarmed);
      pool.setWithdrawn(name, withdrawn);
    }
  });
}

/**
 * @returns what reports each reading once, however often it is sent: policies that average over reports would else count
 * one twice, and an old one would stay fresh.
 */
export function createLoadAdopter(members: readonly PoolMember[], loads: ReportedLoads): (message: PoolMessage) => void {
  const indices = new Map(members.map(({ name, index }) => [name, index]));
  const adoptedMs = new Float64Array(members.length).fill(NaN);
  return (message) => {
    for (const { name, load } of message.members) {
      const index = indices.get(name);
      if (index === undefined || load === null || load.readMs === adoptedMs[index]) continue;
      adoptedMs[index] = load.readMs;
      loads.report(index, load.utilisation ?? NaN, load.backlog);
    }
  };
}

/** @throws Error for anything that is not such a message. */
export function parseMessage(line: string): PoolMessage {
  const value: unknown = JSON.parse(line);
  if (!isRecord(value) || typeof value['version'] !== 'number' || !Array.isArray(value['members'])) throw new Error('not a pool message');
  return {
    version: value['version'],
    failOpen: value['failOpen'] === true,
    withdrawalIgnored: value['withdrawalIgnored'] === true,
    members: value['members'].map(parseMember),
  };
}

function parseMember(value: unknown): MemberMessage {
  if (!isRecord(value)) throw new Error('not a member');
  const { name, sinceMs, stableForMs, detail, alarmed, withdrawn, load } = value;
  if (typeof name !== 'string' || typeof sinceMs !== 'number' || typeof detail !== 'string') throw new Error('not a member');
  return {
    name,
    sinceMs,
    detail,
    stableForMs: typeof stableForMs === 'number' ? stableForMs : null,
    health: oneOf(healthStates, value['health']),
    reason: oneOf(healthReasons, value['reason']),
    admin: oneOf(adminStates, value['admin']),
    alarmed: alarmed === true,
    withdrawn: withdrawn === undefined || withdrawn === null ? null : oneOf(withdrawalReasons, withdrawn),
    load: load === undefined || load === null ? null : parseLoad(load),
  };
}

function parseLoad(value: unknown): LoadReading {
  if (!isRecord(value)) throw new Error('not a load');
  const { utilisation, backlog, readMs } = value;
  if (typeof backlog !== 'number' || typeof readMs !== 'number') throw new Error('not a load');
  return { utilisation: typeof utilisation === 'number' ? utilisation : null, backlog, readMs };
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown): T {
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw new Error(`expected one of ${allowed.join(', ')}`);
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
