/**
 * A pool: members, what is known of each, and the one immutable snapshot that hot paths read.
 *
 * What is known is facts that never overwrite each other: what probes found (`health`), what the operator wants (`admin`),
 * whether the member says that it is overloaded (`alarmed`), and whether its copy is fit to be shown (`withdrawn`). They are
 * folded into a snapshot when one of them changes, never when somebody asks: `snapshot()` returns the same frozen object until
 * then. There are two pools in the house, the workers and the origins, and both are this.
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

/** Why a member that is well is kept out of the answers for all; a closed list, as above. */
export const withdrawalReasons = [
  'lagging', // its copy is older than it may be
] as const;
export type WithdrawalReason = (typeof withdrawalReasons)[number];

export interface HealthFact {
  readonly health: Health;
  readonly reason: HealthReason;
  /** For people: `HTTP 500`, `ECONNREFUSED`. */
  readonly detail: string;
  /** Real time of the last change of `health`. */
  readonly sinceMs: number;
  /** Probes still needed to overturn this verdict × the interval now in force, in ms. Doubt shortens it; 0 before the first result. */
  readonly stableForMs: number;
}

export interface MemberState extends HealthFact {
  readonly member: PoolMember;
  readonly admin: Admin;
  /** It reported more load than the alarm allows, and is spared new clients as long as others are not alarmed. */
  readonly alarmed: boolean;
  /** It stays out of the answers for all, not out of those of its location and its own name; null: it does not. */
  readonly withdrawn: WithdrawalReason | null;
}

export interface PoolSnapshot {
  /** Grows by one with each snapshot. */
  readonly version: number;
  readonly members: readonly MemberState[];
  /** Who may be chosen, in configured order: up and enabled (when failing open, all enabled), not withdrawn (unless too few
   * were left), and not alarmed (unless all are). */
  readonly eligible: readonly PoolMember[];
  /** Too few enabled members are up, so health is ignored: a mass failure is more likely the prober's fault. */
  readonly failOpen: boolean;
  /** Without the withdrawn too few members would be left, so withdrawal is ignored: an old copy is better than an overload. */
  readonly withdrawalIgnored: boolean;
  /** The shortest `stableForMs` of the enabled members; Infinity when there is none. */
  readonly stableForMs: number;
}

export interface PoolOptions {
  /**
   * Fail open when fewer than ceil(upThresh × enabled members) are up; 0 to 1. At 0 never (an empty answer when all
   * are down). gdnsd's `up_thresh`, the same number as Envoy's panic threshold. As many must be left, and one at least, for
   * withdrawal to count.
   */
  readonly upThresh: number;
  /** What is assumed before the first probe answers. */
  readonly initialHealth: Health;
  readonly realtimeMs: () => number;
}

/** What hot paths see of a pool, or of a part of it. */
export interface PoolView {
  readonly members: readonly PoolMember[];
  snapshot(): PoolSnapshot;
}

export interface Pool extends PoolView {
  /**
   * The members of a location by themselves: health fails open among them, alarms count among them, and withdrawal does not
   * count, since who asks for the location wants it as it is.
   */
  at(location: string): PoolView;
  /** @throws RangeError for a name that the pool does not have (also the next three). */
  setHealth(name: string, fact: HealthFact): void;
  setAdmin(name: string, admin: Admin): void;
  setAlarm(name: string, alarmed: boolean): void;
  setWithdrawn(name: string, reason: WithdrawalReason | null): void;
  /** Several changes, one snapshot. */
  batch(change: () => void): void;
  /**
   * Called after each change with the new snapshot; returns the function that unsubscribes. A listener that throws is a
   * programmer's error: the other listeners are told all the same, then the first error reaches whoever made the change.
   * A listener may change the pool; all are then told again, always in the order of versions.
   */
  subscribe(listener: (snapshot: PoolSnapshot) => void): () => void;
}

type Listener = (snapshot: PoolSnapshot) => void;

/** @throws RangeError when members or options break their contract; the configuration has been checked long before. */
export function createPool(members: readonly PoolMember[], options: PoolOptions): Pool {
  checkMembers(members);
  const { upThresh, initialHealth, realtimeMs } = options;
  if (!(upThresh >= 0 && upThresh <= 1)) throw new RangeError(`pool: upThresh must be from 0 to 1, got ${upThresh}`);
  const sinceMs = realtimeMs();
  const initial: HealthFact = { health: initialHealth, reason: 'initial', detail: '', sinceMs, stableForMs: 0 };
  const fresh = { ...initial, admin: 'enabled', alarmed: false, withdrawn: null } as const;
  const states = new Map<string, MemberState>(members.map((member) => [member.name, { ...fresh, member }]));
  const publisher = createPublisher(fold(1, [...states.values()], upThresh, true));
  let batches = 0;

  function change(name: string, facts: Partial<MemberState>): void {
    const state = states.get(name);
    if (state === undefined) throw new RangeError(`pool: no member named ${JSON.stringify(name)}; it has ${[...states.keys()].join(', ')}`);
    states.set(name, { ...state, ...facts });
    if (batches === 0) publish();
  }

  function publish(): void {
    const current = publisher.current();
    const now = [...states.values()];
    if (now.every((state, index) => sameState(state, current.members[index]))) return;
    publisher.publish(fold(current.version + 1, now, upThresh, true));
  }

  return {
    members: Object.freeze([...members]),
    snapshot: publisher.current,
    at: (location) => partOf(publisher.current, members.filter((member) => member.location === location), upThresh),
    setHealth: (name, { health, reason, detail, sinceMs, stableForMs }) => change(name, { health, reason, detail, sinceMs, stableForMs }),
    setAdmin: (name, admin) => change(name, { admin }),
    setAlarm: (name, alarmed) => change(name, { alarmed }),
    setWithdrawn: (name, withdrawn) => change(name, { withdrawn }),
    batch(changes) {
      batches += 1;
      try {
        changes();
      } finally {
        batches -= 1;
        if (batches === 0) publish();
      }
    },
    subscribe: publisher.subscribe,
  };
}

function checkMembers(members: readonly PoolMember[]): void {
  const names = new Set<string>();
  for (const [index, { name, index: stated, weight }] of members.entries()) {
    if (names.has(name)) throw new RangeError(`pool: two members are named ${JSON.stringify(name)}`);
    if (stated !== index) throw new RangeError(`pool: member ${name} stands at ${index} but says that its index is ${stated}`);
    if (!(Number.isInteger(weight) && weight >= 1 && weight <= 255)) {
      throw new RangeError(`pool: weight of ${name} must be from 1 to 255, got ${weight}`);
    }
    names.add(name);
  }
}

/** Folded when somebody asks and the whole has changed; the same object until something of the part has. */
function partOf(whole: () => PoolSnapshot, members: readonly PoolMember[], upThresh: number): PoolView {
  const chosen = new Set(members);
  let folded: PoolSnapshot | undefined;
  let current: PoolSnapshot | undefined;
  return {
    members: Object.freeze(members),
    snapshot() {
      const now = whole();
      if (current !== undefined && folded === now) return current;
      const states = now.members.filter(({ member }) => chosen.has(member));
      if (current === undefined || !states.every((state, index) => sameState(state, current?.members[index]))) {
        current = fold((current?.version ?? 0) + 1, states, upThresh, false);
      }
      folded = now;
      return current;
    },
  };
}

/** What is known of each member, folded into what hot paths read. */
function fold(version: number, states: readonly MemberState[], upThresh: number, heedsWithdrawal: boolean): PoolSnapshot {
  const enabled = states.filter(({ admin }) => admin === 'enabled');
  const up = enabled.filter(({ health }) => health === 'up');
  // 0.07 × 100 is 7.000000000000001 in binary fractions, and must still mean 7.
  const needed = Math.ceil(upThresh * enabled.length - 1e-9);
  const failOpen = up.length < needed;
  const able = failOpen ? enabled : up;
  const shown = heedsWithdrawal ? able.filter(({ withdrawn }) => withdrawn === null) : able;
  const withdrawalIgnored = shown.length < able.length && shown.length < Math.max(1, needed);
  const left = withdrawalIgnored ? able : shown;
  const calm = left.filter(({ alarmed }) => !alarmed);
  return Object.freeze({
    version,
    members: Object.freeze(states.map((state) => Object.freeze(state))),
    eligible: Object.freeze((calm.length === 0 ? left : calm).map(({ member }) => member)),
    failOpen,
    withdrawalIgnored,
    stableForMs: Math.min(...enabled.map(({ stableForMs }) => stableForMs)),
  });
}

function sameState(a: MemberState, b: MemberState | undefined): boolean {
  return (
    b !== undefined &&
    a.health === b.health &&
    a.reason === b.reason &&
    a.detail === b.detail &&
    a.sinceMs === b.sinceMs &&
    a.stableForMs === b.stableForMs &&
    a.admin === b.admin &&
    a.alarmed === b.alarmed &&
    a.withdrawn === b.withdrawn
  );
}

/** Holds the snapshot and tells it to listeners, one snapshot after the other even when a listener causes the next. */
function createPublisher(first: PoolSnapshot) {
  const listeners = new Set<{ readonly tell: Listener }>();
  let current = first;
  let telling = false;

  function tellAll(): void {
    const errors: unknown[] = [];
    for (let told: PoolSnapshot | undefined; told !== current; ) {
      told = current;
      for (const { tell } of listeners) {
        try {
          tell(told);
        } catch (error) {
          errors.push(error);
        }
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  return {
    current: (): PoolSnapshot => current,
    publish(snapshot: PoolSnapshot): void {
      current = snapshot;
      if (telling) return; // the loop that is under way passes it on
      telling = true;
      try {
        tellAll();
      } finally {
        telling = false;
      }
    },
    subscribe(tell: Listener): () => void {
      const entry = { tell }; // an object of its own, so that one function may subscribe twice
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
  };
}
