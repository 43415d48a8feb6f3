/**
 * One request of a virtual user on real sockets, as `sim/requests.ts` is one in the model: an address by the same caches and
 * choices, a real connection, the next address when one does not work.
 *
 * Times of the scenario are in its seconds, what is measured is in real ones. A request is measured from when it was due, not
 * from when this process got round to it, so a generator that falls behind shows in the latencies instead of hiding them.
 */
import type { ClientAddresses } from '../../src/sim/client-addresses.js';
import { nobody, recordWords } from '../../src/sim/client-records.js';
import { createClientLookups, type ClientLookupOptions } from './client-lookups.js';
import { createConnectionPool, type ConnectionPoolOptions } from './connection-pool.js';
import type { Connection, ConnectFailure, RequestFailure } from './connection.js';
import type { FailureReason } from './measurements.js';
import { createVisits, type Visit, type VisitOptions, type Visits } from './visits.js';

export interface LiveRequestOptions extends ConnectionPoolOptions, VisitOptions, Omit<ClientLookupOptions, 'clients' | 'onDone'> {
  readonly addresses: ClientAddresses;
  /** Workers that are hung: nothing that is sent to them comes back, as behind a broken network. */
  readonly silent: readonly boolean[];
  readonly bytes: Buffer;
  readonly onOver: (client: number, atS: number) => void;
}

export interface LiveRequests {
  /** As `ClientOptions.request` asks: always NaN, `onOver` tells. */
  request(client: number, atS: number, newSession: boolean): number;
  readonly total: Visits['total'];
  /** Requests that are not over. */
  pending(): number;
  /** Connections open now, idle ones too. */
  open(): number;
  /** A worker hangs: what it has in hand will never be answered. */
  hang(worker: number): void;
  close(): void;
}

export function createLiveRequests(options: LiveRequestOptions): LiveRequests {
  const { addresses, time, records } = options;
  const visits = createVisits(options);
  const pool = createConnectionPool(options);
  const lookups = createClientLookups({ ...options, clients: records.length / recordWords, onDone: lookedUp });
  const walk = createWalk(options, visits, pool, { send, fail });
  let pending = 0;
  let closed = false;

  function request(client: number, atS: number, newSession: boolean): number {
    const visit = visits.make(client, atS);
    pending += 1;
    if (lookups.joins(visit)) return NaN;
    const worker = addresses.current(client, atS, newSession);
    if (worker !== nobody) walk.begin(visit, worker);
    else if (addresses.needsLookup(client, atS)) lookups.lookup(visit);
    else walk.begin(visit, addresses.first(client));
    return NaN;
  }

  function lookedUp(visit: Visit, good: boolean, tookS: number): void {
    visits.lookedUp(visit, tookS);
    if (good) walk.begin(visit, addresses.first(visit.client));
    else fail(visit, 'dns');
  }

  function send(visit: Visit, worker: number, connection: Connection): void {
    const { client, atS } = visit;
    if (!visit.begun) {
      addresses.used(client, worker, atS);
      visits.begun(visit, worker, lookups.resolverOf(client));
    }
    connection.request(options.bytes, (failure) => received(visit, worker, connection, failure));
  }

  function received(visit: Visit, worker: number, connection: Connection, failure: RequestFailure | undefined): void {
    if (failure === 'cut' && connection.used() && connection.reader.status() === 0 && !visit.repeated) {
      visit.repeated = true; // as every client does: the worker had closed it before the request came (RFC 9110 §9.2.2)
      return walk.attempt(visit, worker);
    }
    if (failure !== undefined) return fail(visit, failure, connection);
    visits.answered(visit, worker, connection);
    pool.give(visit.client, worker, connection);
    over(visit.client);
  }

  function fail(visit: Visit, reason: FailureReason, connection?: Connection): void {
    connection?.close();
    if (!closed) visits.failed(visit, reason); // else it was cut off by us
    over(visit.client);
  }

  function over(client: number): void {
    pending -= 1;
    options.onOver(client, time.nowS());
  }

  return {
    request,
    total: visits.total,
    pending: () => pending,
    open: pool.size,
    hang: pool.cut,
    close() {
      closed = true;
      pool.close();
    },
  };
}

interface Walk {
  /** From the address that comes first, as the model walks (`sim/connecting.ts`). */
  begin(visit: Visit, worker: number): void;
  attempt(visit: Visit, worker: number): void;
}

interface WalkEnds {
  send(visit: Visit, worker: number, connection: Connection): void;
  fail(visit: Visit, reason: FailureReason): void;
}

/** From address to address until one takes the connection. */
function createWalk(options: LiveRequestOptions, visits: Visits, pool: ReturnType<typeof createConnectionPool>, ends: WalkEnds): Walk {
  const { addresses, time, silent, scenario } = options;
  const { lists } = addresses;
  const { blackHoledS } = scenario.clients.connect;

  function attempt(visit: Visit, worker: number): void {
    if (silent[worker] === true) {
      pool.drop(visit.client);
      time.after(blackHoledS, () => failed(visit, worker, 'silent', blackHoledS / time.speed));
      return;
    }
    const kept = pool.take(visit.client, worker);
    if (kept !== undefined) return ends.send(visit, worker, kept);
    const beganS = time.nowS();
    pool.open(worker, (outcome) => {
      if (typeof outcome === 'string') return failed(visit, worker, outcome, time.sinceS(beganS));
      visits.connected(visit, time.sinceS(beganS));
      ends.send(visit, worker, outcome);
    });
  }

  function failed(visit: Visit, worker: number, why: ConnectFailure, costS: number): void {
    visits.attemptFailed(visit, worker, why, costS);
    const size = lists.size(visit.client);
    if (visit.left <= 0 || size === 0) {
      addresses.used(visit.client, nobody, visit.atS);
      return ends.fail(visit, 'no-worker');
    }
    visit.left -= 1;
    attempt(visit, lists.at(visit.client, (lists.placeOf(visit.client, worker) + 1) % size));
  }

  return {
    attempt,
    begin(visit, worker) {
      if (worker === nobody) return ends.fail(visit, 'no-address');
      const size = lists.size(visit.client);
      visit.left = lists.placeOf(visit.client, worker) < 0 ? size : size - 1;
      attempt(visit, worker);
    },
  };
}
