/**
 * Look-ups of clients: a client that is looking up already does not do so twice, its requests go on together; and whose answer a
 * client acts on is remembered, since each request counts for the resolver that gave it.
 */
import type { ClientAddresses } from '../../src/sim/client-addresses.js';
import type { LiveResolvers } from './live-resolvers.js';
import type { ScenarioClock } from './scenario-clock.js';
import type { Visit } from './visits.js';

export interface ClientLookups {
  /** Does the visit wait for a look-up of the same client? */
  joins(visit: Visit): boolean;
  lookup(visit: Visit): void;
  resolverOf(client: number): number;
}

export interface ClientLookupOptions {
  readonly clients: number;
  readonly addresses: ClientAddresses;
  readonly resolverFor: (client: number) => number;
  readonly resolvers: LiveResolvers;
  readonly time: ScenarioClock;
  /** The client knows addresses now, or none came (`good` is false). `tookS` is real. */
  readonly onDone: (visit: Visit, good: boolean, tookS: number) => void;
}

export function createClientLookups({ clients, addresses, resolverFor, resolvers, time, onDone }: ClientLookupOptions): ClientLookups {
  const waiting = new Map<number, Visit[]>();
  const answeredBy = new Int32Array(clients);
  return {
    resolverOf: (client) => answeredBy[client] as number, // callers know the clients
    joins(visit) {
      const all = waiting.get(visit.client);
      all?.push(visit);
      return all !== undefined;
    },
    lookup(visit) {
      const { client } = visit;
      const resolver = resolverFor(client);
      const beganS = time.nowS();
      const all = [visit];
      waiting.set(client, all);
      resolvers.lookup(resolver, visit.atS, (count) => {
        waiting.delete(client);
        answeredBy[client] = resolver;
        if (count >= 0) addresses.store(client, resolvers.answer, count, resolvers.epoch(), resolvers.ttlLeftS(), time.nowS());
        for (const each of all) onDone(each, count >= 0, time.sinceS(beganS));
      });
    },
  };
}
