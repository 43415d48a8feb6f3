/**
 * The connections of all virtual users: at most one idle one each, kept as long as the scenario says that such a client would use
 * it again.
 */
import type { Clock } from '../../src/clock.js';
import type { SocketAddress } from '../../src/service.js';
import { epochAndKindAt, epochBits, pagesLeftAt, recordWords } from '../../src/sim/client-records.js';
import type { Scenario } from '../../src/sim/scenario.js';
import { openConnection, type Connection, type Settle } from './connection.js';

export interface ConnectionPoolOptions {
  readonly scenario: Scenario;
  readonly records: Int32Array;
  /** Where each worker serves, by member index. */
  readonly workers: readonly SocketAddress[];
  /** Are connections used for more than one request? */
  readonly keepAlive: boolean;
  readonly connectMs: number;
  readonly requestMs: number;
  readonly clock: Clock;
  readonly onExhausted: () => void;
}

export interface ConnectionPool {
  /** The client's idle connection, if it leads to this worker; one that leads elsewhere is of no use any more and closed. */
  take(client: number, worker: number): Connection | undefined;
  open(worker: number, settle: Settle): void;
  /** The client is done with it for now. */
  give(client: number, worker: number, connection: Connection): void;
  /** Closes the client's idle connection. */
  drop(client: number): void;
  /** Cuts all connections to this worker. */
  cut(worker: number): void;
  /** Open, or being opened. */
  size(): number;
  close(): void;
}

export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  const { scenario, records, workers, keepAlive } = options;
  const { kinds } = scenario.clients;
  const idle = new Map<number, { readonly connection: Connection; readonly worker: number }>();
  /** What cuts each connection, by worker. */
  const cuts = workers.map(() => new Set<() => void>());

  /** Is there a next request for which such a client would use it? */
  function isKept(client: number): boolean {
    const record = client * recordWords;
    const kind = kinds[(records[record + epochAndKindAt] as number) >> epochBits]; // callers know the clients
    if (kind === undefined || !keepAlive) return false;
    return kind.cache === 'session' ? (records[record + pagesLeftAt] as number) > 0 : kind.reuseS > 0;
  }

  function drop(client: number): void {
    idle.get(client)?.connection.close();
    idle.delete(client);
  }

  function cut(worker: number): void {
    cuts[worker]?.forEach((each) => each());
  }

  return {
    drop,
    cut,
    take(client, worker) {
      const kept = idle.get(client);
      if (kept === undefined) return undefined;
      if (kept.worker !== worker || !kept.connection.reusable()) {
        drop(client);
        return undefined;
      }
      idle.delete(client);
      return kept.connection;
    },
    open(worker, settle) {
      const own = cuts[worker] as Set<() => void>; // callers know the workers
      const close = openConnection(workers[worker] as SocketAddress, { ...options, onClosed: () => own.delete(close) }, settle);
      own.add(close);
    },
    give(client, worker, connection) {
      if (!connection.reusable() || !isKept(client)) return connection.close();
      drop(client); // requests that overlapped had one each
      idle.set(client, { connection, worker });
    },
    size: () => cuts.reduce((sum, { size }) => sum + size, 0),
    close() {
      idle.clear();
      workers.forEach((_, worker) => cut(worker));
    },
  };
}
