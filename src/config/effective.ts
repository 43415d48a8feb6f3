/**
 * What follows from a configuration: the list of workers and the list of origins. Every process needs it, so it stands
 * apart from the YAML reader, which costs each start some 50 ms.
 *
 * `count` and `address` are shorthand for `members`, a URL is shorthand for an origin's entry; everybody downstream sees
 * only the long form that is made here.
 */
import { policyNames, policyNeeds, type PolicyNeeds } from '../pool/policies.js';
import type { PoolMember } from '../pool/pool.js';
import type { OriginTlsOptions } from '../proxy/origin-tls.js';
import { formatAddress } from '../service.js';
import type { Config } from './schema.js';

export interface WorkerEntry extends PoolMember {
  /** None without TLS. */
  readonly tlsPort?: number;
  readonly metricsPort: number;
}

export interface OriginEntry {
  readonly name: string;
  readonly url: string;
  readonly weight: number;
  /** Only for those that were written as more than a URL. */
  readonly tls?: OriginTlsOptions;
}

/** The members of the pool that DNS rotates, in configured order. */
export function workersOf({ workers, locations }: Pick<Config, 'workers' | 'locations'>): WorkerEntry[] {
  const places = placesOf(locations);
  return workersWherever(workers).map(({ location: said, ...worker }) => {
    const location = places.get(worker.name.toLowerCase()) ?? canonicalLocation(locations, said);
    return location === undefined ? worker : { ...worker, location };
  });
}

/** Where the locations say that workers stand, by name of the worker in lower case. */
function placesOf(locations: Config['locations']): ReadonlyMap<string, string> {
  return new Map(Object.entries(locations).flatMap(([location, { workers }]) => workers.map((name) => [name.toLowerCase(), location])));
}

/** As `locations` spells it: names of DNS know no letter case. */
const canonicalLocation = (locations: Config['locations'], said: string | undefined): string | undefined =>
  Object.keys(locations).find((name) => name.toLowerCase() === said?.toLowerCase()) ?? said;

function workersWherever({ count, address, port, tlsPort, metricsPort, members }: Config['workers']): WorkerEntry[] {
  const secure = tlsPort === undefined ? {} : { tlsPort };
  if (members === undefined) {
    return Array.from({ length: count }, (_, index) => {
      return { name: `w${index + 1}`, index, address: addressAt(address, index) ?? address, port, ...secure, metricsPort, weight: 1 };
    });
  }
  return members.map((member, index) => ({
    name: member.name,
    index,
    ...(member.address === undefined ? {} : { address: member.address }),
    ...(member.address6 === undefined ? {} : { address6: member.address6 }),
    port: member.port ?? port,
    ...(member.tlsPort === undefined ? secure : { tlsPort: member.tlsPort }),
    metricsPort: member.metricsPort ?? metricsPort,
    weight: member.weight,
    ...(member.location === undefined ? {} : { location: member.location }),
  }));
}

/** All names that lead to workers, absolute, the service first. They mean one site. */
export function namesOf(config: Pick<Config, 'dns' | 'workers' | 'locations'>): string[] {
  const zone = config.dns.zone.replace(/\.$/, '');
  const owners = [config.dns.name, ...Object.keys(config.locations), ...workersOf(config).map(({ name }) => name)];
  return owners.map((name) => `${name}.${zone}`);
}

/** The IPv4 address `by` after `first`; undefined beyond 255.255.255.255. */
export function addressAt(first: string, by: number): string | undefined {
  const number = first.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0) + by;
  if (number > 0xffff_ffff) return undefined;
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
}

/** The origins in configured order; the built-in one when none is configured. */
export function originsOf({ origins, origin }: Pick<Config, 'origins' | 'origin'>): OriginEntry[] {
  if (origins === undefined) {
    const at = formatAddress({ address: reachable(origin.address), port: origin.port });
    return [{ name: 'origin', url: `http://${at}`, weight: 1 }];
  }
  return origins.map((entry, index) => {
    const name = `o${index + 1}`;
    return typeof entry === 'string' ? { name, url: entry, weight: 1 } : { ...entry, name: entry.name ?? name };
  });
}

/** Does the DNS side go by what the workers report of their load? */
export function weighsLoads({ dns }: Pick<Config, 'dns'>): boolean {
  return dns.alarm !== undefined || needsOf(dns.policy).loads === true;
}

/** Does it go by where requests come from? */
export function weighsDemand({ dns }: Pick<Config, 'dns'>): boolean {
  return needsOf(dns.policy).demand === true || String(dns.ttl).includes('/per-domain');
}

/** Does it go by where clients are? */
export function weighsPlaces({ dns, locations }: Pick<Config, 'dns' | 'locations'>): boolean {
  return needsOf(dns.policy).locations === true && Object.keys(locations).length > 0;
}

/** A policy of the user's own may look at everything. */
function needsOf(policy: string): PolicyNeeds {
  const name = policyNames.find((known) => known === policy);
  return name === undefined ? { demand: true, loads: true, locations: true } : policyNeeds[name];
}

/** `30/5 s`, `240 s/per-domain`. */
export const shownTtl = ({ dns }: Pick<Config, 'dns'>): string => String(dns.ttl).replace(/^\d+(\/\d+)?/, '$& s');

/** Where a listener on every address can be reached from the same machine. */
const reachable = (address: string): string => (address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address);
