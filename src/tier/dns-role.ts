/**
 * The DNS process, made from the configuration: the server, the pool and the loads it follows, its metrics.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '../clock.js';
import { weighsDemand, weighsLoads, weighsPlaces, workersOf } from '../config/effective.js';
import type { Config } from '../config/schema.js';
import { apiUrl, createFollower } from '../control/follower.js';
import { staleAfter } from '../control/load-meter.js';
import { createResponder } from '../dns/responder.js';
import { createDnsServer } from '../dns/server.js';
import { createDnsStats } from '../dns/stats.js';
import { createZone } from '../dns/zone.js';
import { createEndpoint, type Readiness } from '../metrics/endpoint.js';
import { createDnsMetrics } from '../metrics/metrics.js';
import type { Demand } from '../pool/demand.js';
import { createEstimatedDemand } from '../pool/estimated-demand.js';
import type { LocationOfCodes } from '../pool/location-database.js';
import { createLocations, type KnownNetwork } from '../pool/locations.js';
import { loadAuthorityFactory } from '../pool/policy-loading.js';
import { createReportedLoads } from '../pool/worker-loads.js';
import { ServiceError } from '../service.js';
import { poolOf, warnOnce, type ChildRoleOptions, type Role } from './role.js';

export async function createDnsRole({ config, clock, random, log, baseDirectory, control }: ChildRoleOptions): Promise<Role> {
  const { dns } = config;
  const workers = workersOf(config);
  const pool = poolOf(config, workers, clock);
  const onViolation = warnOnce(log, dns.policy);
  const loads = weighsLoads(config) ? createReportedLoads(workers.length, staleAfter(config.control.load.interMs), clock) : undefined;
  const demands = createDemands(clock);
  const { policy, tail, ttl, answersMax } = dns;
  const places = Object.entries(config.locations).map(([name, { networks }]) => ({ name, networks }));
  const locations = weighsPlaces(config) ? createLocations(places, await knownNetworks(config)) : undefined;
  const stats = createDnsStats(workers.map((worker) => worker.name), locations?.names);
  const newAuthority = await loadAuthorityFactory(baseDirectory, {
    ...{ policy, tail, ttl, random, clock, loads, locations, onViolation },
    newDemand: weighsDemand(config) ? demands.make : undefined,
  });
  const zone = createZone({
    zone: dns.zone,
    nameservers: dns.nameservers,
    nameserverAddress: dns.address,
    negativeTtlS: dns.negativeTtlS,
    serial: Math.floor(clock.realtimeMs() / 1000),
    rotated: { name: dns.name, pool, newAuthority, answersMax },
    locations: places.map(({ name }) => ({ name, pool: pool.at(name), newAuthority, answersMax })),
    records: dns.records,
  });
  const responder = createResponder({ zone, stats, ednsBytes: dns.ednsBytes, locations });
  const server = createDnsServer({ listen: { address: dns.address, port: dns.port }, responder, stats, tcp: dns.tcp, clock, log });
  const follower = createFollower({ control: control ?? apiUrl(config.control), pool, loads, clock, log });
  let readiness: Readiness = { ready: false, reason: 'starting' };
  const leave = (): void => void (readiness = { ready: false, reason: 'stopping', by: 'signal' });
  const endpoint = createEndpoint({
    listen: { address: dns.metricsAddress, port: dns.metricsPort },
    what: 'dns metrics',
    option: 'dns.metricsAddress or dns.metricsPort',
    metrics: createDnsMetrics({ stats, pool, loads, networks: demands.networks, evictionsTotal: responder.evictionsTotal }),
    ready: () => readiness,
    clock,
    log,
  });
  return {
    async start() {
      await endpoint.start();
      follower.start();
      await follower.settled(firstRoundMs(config));
      await server.start();
      readiness = { ready: true };
    },
    leave,
    async stop(graceMs) {
      leave();
      follower.stop();
      await server.stop(graceMs);
      await endpoint.stop(0);
    },
  };
}

/** What the database says of the countries and continents that locations have. */
async function knownNetworks({ dns, locations }: Config): Promise<readonly KnownNetwork[]> {
  const { locationDatabase } = dns;
  if (locationDatabase === undefined) return [];
  const { readLocationDatabase } = await import('../pool/location-database.js');
  const entries = Object.values(locations);
  const countries = new Map(entries.flatMap((entry, index) => entry.countries.map((code): [string, number] => [code, index])));
  const continents = new Map(entries.flatMap((entry, index) => entry.continents.map((code): [string, number] => [code, index])));
  const locationOf: LocationOfCodes = (country = '', continent = '') => countries.get(country) ?? continents.get(continent) ?? -1;
  const content = await readFile(locationDatabase).catch((error: unknown) => {
    throw new ServiceError(`dns.locationDatabase: cannot read ${locationDatabase}: ${String(error)}`, { cause: error });
  });
  return readLocationDatabase(content, locationOf, `dns.locationDatabase: ${locationDatabase}`);
}

/** One view of demand for each RRset, and what they know together. */
function createDemands(clock: Clock): { make(): Demand; networks(): number } {
  const made: Demand[] = [];
  return {
    make() {
      const demand = createEstimatedDemand({ clock });
      made.push(demand);
      return demand;
    },
    networks: () => made.reduce((sum, { networks }) => sum + networks, 0),
  };
}

/** How long DNS waits for the first round of probes before it answers: one probe's time, and a little to be told. */
const firstRoundMs = (config: Config): number => config.workers.probe.timeoutMs + 500;
