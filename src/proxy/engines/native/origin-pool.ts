/**
 * The connections to one origin: idle ones on a stack, so that the warmest is used and the others grow old; a limit on all of them,
 * and a queue for who must wait.
 */
import type { TimeoutList } from '../../timeouts.js';
import type { EngineStats, Origin } from '../engine.js';
import type { OriginUser } from './origin-user.js';
import { OriginConnection, type OriginConnectionOwner } from './origin-connection.js';

export type PoolStats = Pick<EngineStats, 'originConnections' | 'originConnectionsTotal'>;

export interface PoolContext {
  readonly connectionsMax: number;
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
  #waiting: OriginUser[] = [];
  #size = 0;

  constructor(origin: Origin, context: PoolContext) {
    this.#origin = origin;
    this.#context = context;
  }

  /** A connection for it: now, when there is one or may be one more, else in its turn. */
  serve(user: OriginUser): void {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isUsable) return connection.begin(user, false);
    }
    if (this.#size < this.#context.connectionsMax) this.#connect(user);
    else this.#waiting.push(user);
  }

  #connect(user: OriginUser): void {
    this.#size += 1;
    this.#context.all.add(new OriginConnection(this.#origin, user, this));
  }

  #nextWaiting(): OriginUser | undefined {
    for (let user = this.#waiting.shift(); user !== undefined; user = this.#waiting.shift()) if (!user.isOver) return user;
    return undefined;
  }

  onOpen(): void {
    this.#context.stats.originConnections += 1;
    this.#context.stats.originConnectionsTotal += 1;
  }

  onIdle(connection: OriginConnection): void {
    const user = this.#nextWaiting();
    if (user !== undefined) return connection.begin(user, true);
    if (this.#context.isClosing()) return connection.destroy();
    this.#idle.push(connection);
    this.#context.idle.start(connection);
  }

  onClosed(connection: OriginConnection, wasOpen: boolean): void {
    const { stats, all, onEmpty } = this.#context;
    if (wasOpen) stats.originConnections -= 1;
    this.#size -= 1;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
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
