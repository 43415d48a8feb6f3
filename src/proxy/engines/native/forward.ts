/**
 * The upstream side of the native engine.
 */
import type { Clock } from '../../../clock.js';
import { createTimeoutList } from '../../timeouts.js';
import type { Downstream, EngineLimits, EngineTimeouts, Forward, Origin } from '../engine.js';
import { placeOf } from '../place.js';
import { NativeAttempt } from './attempt.js';
import type { OriginConnection } from './origin-connection.js';
import { OriginPool, type PoolStats } from './origin-pool.js';
import { openTunnel, type Upgrade } from './tunnel.js';

export interface NativeForward extends Forward {
  /** Ends everything under way, now; settles when all connections are closed. */
  cut(): Promise<void>;
}

export interface NativeForwardOptions {
  readonly limits: EngineLimits;
  readonly timeouts: EngineTimeouts;
  readonly clock: Clock;
  readonly stats: PoolStats;
  /** The exchange with an upgrade behind it, and its connection. */
  upgradeOf(downstream: Downstream): Upgrade | undefined;
}

/** When one side of a tunnel has ended, the other may finish what it was saying. WebSocket peers close both ways at once. */
const halfCloseMsMax = 10_000;

export function createNativeForward({ limits, timeouts, clock, stats, upgradeOf }: NativeForwardOptions): NativeForward {
  const attempts = new Set<NativeAttempt>();
  const all = new Set<OriginConnection>();
  const idle = createTimeoutList<OriginConnection>(clock, timeouts.originKeepAliveMs, (connection) => connection.destroy());
  let closing = false;
  let onEmpty = (): void => undefined;
  const context = { limits, ageMs: timeouts.originAgeMs, clock, stats, idle, all, isClosing: () => closing, onEmpty: () => onEmpty() };
  const poolOf = createPools((origin) => new OriginPool(origin, context));
  const forget = (attempt: NativeAttempt): void => void attempts.delete(attempt);

  function close(): void {
    closing = true;
    poolOf.forEach((pool) => pool.closeIdle());
  }

  return {
    send(request, origin, listener) {
      const attempt = new NativeAttempt(request, listener, forget);
      attempts.add(attempt);
      poolOf.origin(origin).serve(attempt);
      return attempt;
    },
    tunnel(downstream, request, origin, listener) {
      const upgrade = upgradeOf(downstream);
      if (upgrade === undefined) throw new RangeError('only an exchange with an upgrade can become a tunnel');
      const halfCloseMs = Math.min(timeouts.keepAliveMs, halfCloseMsMax);
      return openTunnel({ ...upgrade, request, listener, clock, halfCloseMs }, poolOf.origin(origin));
    },
    close,
    async cut() {
      for (const attempt of attempts) attempt.cut();
      close();
      for (const connection of all) connection.destroy();
      if (all.size > 0) await new Promise<void>((resolve) => (onEmpty = resolve));
      idle.close();
    },
  };
}

interface Pools {
  origin(origin: Origin): OriginPool;
  forEach(visit: (pool: OriginPool) => void): void;
}

/** By where they are; by the object first, which is the same for all requests to one origin. */
function createPools(create: (origin: Origin) => OriginPool): Pools {
  const byObject = new WeakMap<Origin, OriginPool>();
  const byPlace = new Map<string, OriginPool>();
  return {
    origin(origin) {
      let pool = byObject.get(origin);
      if (pool !== undefined) return pool;
      const place = placeOf(origin);
      pool = byPlace.get(place) ?? create(origin);
      byPlace.set(place, pool);
      byObject.set(origin, pool);
      return pool;
    },
    forEach: (visit) => byPlace.forEach(visit),
  };
}
