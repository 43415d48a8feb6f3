/**
 * The origins of a worker that have a name instead of an address, each with the addresses that its name has now.
 */
import { isIP } from 'node:net';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { parseAddress, ServiceError, type SocketAddress } from '../service.js';
import { createTally, type Tally } from '../tally.js';
import { createOriginAddresses, lookUpResults, type KeptAddresses, type LookUpResult } from './origin-addresses.js';
import { createLookUps } from './origin-lookup.js';
import type { OriginTarget } from './origin-target.js';

/** The names and meanings of the configuration's `proxy.resolver`. */
export interface ResolverOptions {
  readonly servers: readonly string[];
  readonly timeoutMs: number;
  readonly ttlMinS: number;
  readonly ttlMaxS: number;
  readonly validS: number;
}

export interface NamedOrigins {
  /** By the origin's name in logs and metrics. */
  readonly addresses: ReadonlyMap<string, Pick<KeptAddresses, 'count'>>;
  /** By origin, and by `lookUpResults`. */
  readonly lookUps: Tally;
}

export interface NamedOriginsOptions {
  readonly targets: readonly OriginTarget[];
  readonly resolver: ResolverOptions;
  readonly clock: Clock;
  readonly log: Log;
}

/** @returns the targets in the same order, those that have a name with their addresses. */
export function createNamedOrigins({ targets, resolver, clock, log }: NamedOriginsOptions) {
  const named = targets.filter(({ host }) => isIP(host) === 0);
  const lookUps = createLookUps({ servers: resolver.servers.map(serverAt), timeoutMs: resolver.timeoutMs, clock });
  const results = createTally(named.map(({ name }) => name), lookUpResults);
  const addresses = new Map<string, KeptAddresses>();
  named.forEach(({ name, host }, place) => {
    const onLookUp = (result: LookUpResult): void => results.add(place, lookUpResults.indexOf(result));
    addresses.set(name, createOriginAddresses({ ...resolver, origin: name, host, lookUp: lookUps.find, onLookUp, clock, log }));
  });
  return {
    targets: targets.map((target): OriginTarget => ({ ...target, addresses: addresses.get(target.name) })),
    addresses,
    lookUps: results,
    start: () => addresses.forEach((each) => each.start()),
    stop() {
      addresses.forEach((each) => each.stop());
      lookUps.cancel();
    },
  };
}

function serverAt(written: string): SocketAddress {
  const server = parseAddress(written, 53);
  if (server === undefined) throw new ServiceError(`proxy.resolver.servers: expected ADDRESS or ADDRESS:PORT, got ${JSON.stringify(written)}`);
  return server;
}
