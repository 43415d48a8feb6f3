/**
 * A pool: members, what is known of each, and the one immutable snapshot that hot paths read.
 *
 * Health is two facts that never overwrite each other: what probes found (`health`) and what the operator wants
 * (`admin`). They are folded into a snapshot when one of them changes, never when somebody asks: `snapshot()` returns the
 * same frozen object until then. There are two pools in the house, the workers and the origins, and both are this.
 */

export interface PoolMember {
  /** Unique in its pool: `w1`, or an origin's name. */
  readonly name: string;
  /** Place in the configured list; stable for the life of the pool. */
  readonly index: number;
  /** IPv4 literal, or for origins possibly a host name; undefined when the member has only an IPv6 address. */
  readonly address?: string;
  /** IPv6 literal. */
  readonly address6?: string;
  readonly port: number;
  /** Relative share, 1 to 255. */
  readonly weight: number;
  readonly location?: string;
}

export const healthStates = ['up', 'down'] as const;
export type Health = (typeof healthStates)[number];

export const adminStates = ['enabled', 'draining', 'disabled'] as const;
export type Admin = (typeof adminStates)[number];

/** Why a member's health is what it is; a closed list, used as such in logs, `status` and metric labels. */
export const healthReasons = [
  'initial', // no probe has answered yet
  'probe-passed',
  'probe-refused', // connection refused or reset
  'probe-timeout',
  'probe-status', // answered, but not with what was expected
  'probe-error', // anything else: no route, name not found, not HTTP
  'process-exited', // the supervisor saw the process end
  'not-ready', // it answered, saying that it is about to go
] as const;
export type HealthReason = (typeof healthReasons)[number];

export interface HealthFact {
  readonly health: Health;
  readonly reason: HealthReason;
  /** For people: `HTTP 500`, `ECONNREFUSED`. */
  readonly detail: string;
  /** Real time of the last change of `health`. */
  readonly sinceMs: number;
  /** The shortest time in which probes could overturn this verdict, in ms. Doubt shortens it. */
  readonly stableForMs: number;
}

export interface MemberState extends HealthFact {
  readonly member: PoolMember;
  readonly admin: Admin;
}

export interface PoolSnapshot {
  /** Grows by one with each snapshot. */
  readonly version: number;
  readonly members: readonly MemberState[];
  /** Who may be chosen, in configured order: up and enabled; when failing open, all enabled. */
  readonly eligible: readonly PoolMember[];
  /** Too few enabled members are up, so health is ignored: a mass failure is more likely the prober's fault. */
  readonly failOpen: boolean;
  /** The shortest `stableForMs` of the enabled members; Infinity when there is none. */
  readonly stableForMs: number;
}

export interface PoolOptions {
  /**
   * Fail open when fewer than ceil(upThresh × enabled members) are up; 0 to 1. At 0 never (an empty answer when all
   * are down). gdnsd's `up_thresh`, the same number as Envoy's panic threshold.
   */
  readonly upThresh: number;
  /** What is assumed before the first probe answers. */
  readonly initialHealth: Health;
  readonly realtimeMs: () => number;
}

export interface Pool {
  readonly members: readonly PoolMember[];
  snapshot(): PoolSnapshot;
  /** @throws RangeError for a name that the pool does not have (also `setAdmin`). */
  setHealth(name: string, fact: HealthFact): void;
  setAdmin(name: string, admin: Admin): void;
  /** Several changes, one snapshot. */
  batch(change: () => void): void;
  /** Called after each change with the new snapshot; returns the function that unsubscribes. */
  subscribe(listener: (snapshot: PoolSnapshot) => void): () => void;
}
