/**
 * The connections to one origin: idle ones on a stack, so that the warmest is used and the others grow old; a limit on all of them,
 * and a queue for who must wait.
 */
import type { Clock } from '../../../clock.js';
import type { TimeoutList } from '../../timeouts.js';
import type { EngineLimits, EngineStats, Origin } from '../engine.js';
import type { OriginUser } from './origin-user.js';
import { OriginConnection, type OriginConnectionOwner } from './origin-connection.js';

/** The line is not swept before it is so long. */
const sweepMin = 64;

export type PoolStats = Pick<EngineStats, 'originConnections' | 'originConnectionsTotal'>;

export interface PoolContext {
  readonly limits: Pick<EngineLimits, 'originConnectionsMax' | 'originIdleMax' | 'originRequestsMax'>;
  /** When a connection is as old as this, its request is its last. */
  readonly ageMs: number;
  readonly clock: Clock;
  readonly stats: PoolStats;
  /** How long a connection may be idle. */
  readonly idle: TimeoutList<OriginConnection>;
  /** All there are, of all origins. */
  readonly all: Set<OriginConnection>;
  /** No connection is kept any more. */
  isClosing(): boolean;
  onEmpty(): void;
}

export class OriginPool implements OriginConnectionOwner {
  readonly #origin: Origin;
  readonly #context: PoolContext;
  /** The last is the warmest. */
  readonly #idle: OriginConnection[] = [];
  /** In order; bounded by the gateway's limit on exchanges in flight. */
  readonly #waiting = new Set<OriginUser>();
  #sweepAt = sweepMin;
  session: Buffer | undefined;
  #size = 0;

  constructor(origin: Origin, context: PoolContext) {
    this.#origin = origin;
    this.#context = context;
  }

  /** A connection for it: now, when there is one or may be one more, else in its turn. */
  serve(user: OriginUser): void {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isUsable) return connection.begin(user, false);
      connection.destroy();
    }
    if (this.#size < this.#context.limits.originConnectionsMax) this.#connect(user);
    else this.#wait(user);
  }

  /** In line. Who has given up is taken out each time that the line has doubled, so it is at most twice as long as those who wait. */
  #wait(user: OriginUser): void {
    if (this.#waiting.size >= this.#sweepAt) {
      for (const each of this.#waiting) if (each.isOver) this.#waiting.delete(each);
      this.#sweepAt = Math.max(sweepMin, 2 * this.#waiting.size);
    }
    this.#waiting.add(user);
  }

  #connect(user: OriginUser): void {
    this.#size += 1;
    const connection = new OriginConnection(this.#origin, user, this);
    connection.bornMs = this.#context.clock.monotonicMs();
    this.#context.all.add(connection);
  }

  #nextWaiting(): OriginUser | undefined {
    for (const user of this.#waiting) {
      this.#waiting.delete(user);
      if (!user.isOver) return user;
    }
    return undefined;
  }

  onOpen(): void {
    this.#context.stats.originConnections += 1;
    this.#context.stats.originConnectionsTotal += 1;
  }

  onIdle(connection: OriginConnection): void {
    const { limits, ageMs, clock, idle, isClosing } = this.#context;
    const nowMs = clock.monotonicMs();
    // Whoever waits gets another one: `onClosed` sees to it.
    const isWornOut = connection.requests >= limits.originRequestsMax || nowMs - connection.bornMs >= ageMs;
    if (isWornOut || !connection.isCurrent) return connection.destroy();
    const user = this.#nextWaiting();
    if (user !== undefined) return connection.begin(user, true);
    if (isClosing() || limits.originIdleMax === 0) return connection.destroy();
    if (this.#idle.length >= limits.originIdleMax) this.#idle.shift()?.destroy();
    this.#idle.push(connection);
    idle.start(connection, nowMs);
  }

  /** After a race the other idle ones are no better, most of them idle for longer: who tries again gets a new connection. */
  onClosed(connection: OriginConnection, wasOpen: boolean, raced: boolean): void {
    const { stats, all, onEmpty } = this.#context;
    if (wasOpen) stats.originConnections -= 1;
    this.#size -= 1;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (raced) this.closeIdle();
    all.delete(connection);
    const user = this.#nextWaiting();
    if (user !== undefined) this.#connect(user);
    else if (all.size === 0) onEmpty();
  }

  /** Closes what is idle. */
  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}
