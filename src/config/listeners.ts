/**
 * Everything that `up` binds on one machine, and which of it cannot be bound together.
 *
 * DNS listens on UDP too, but nothing else does, so TCP decides. Port 0 is a free one and clashes with nothing.
 */
import { isIPv4 } from 'node:net';
import { workersOf, type WorkerEntry } from './effective.js';
import type { Path } from './outline.js';
import { formatPath } from './outline.js';
import type { Problem } from './problems.js';
import type { Config } from './schema.js';

interface Listener {
  /** The key that sets its port. */
  readonly path: Path;
  readonly address: string;
  readonly port: number;
}

export function portClashes(config: Config, isGiven: (path: Path) => boolean): Problem[] {
  const told = new Set<string>();
  const seen = new Map<number, Listener[]>();
  return listenersOf(config, isGiven).flatMap((listener) => {
    const others = seen.get(listener.port) ?? [];
    const other = others.find(({ address }) => overlap(address, listener.address));
    seen.set(listener.port, [...others, listener]);
    if (other === undefined || formatPath(other.path) === formatPath(listener.path)) return [];
    const [blamed, spared] = isGiven(listener.path) || !isGiven(other.path) ? [listener, other] : [other, listener];
    const key = `${formatPath(blamed.path)} ${formatPath(spared.path)}`;
    if (told.has(key)) return []; // once for a range of workers, not once for each
    told.add(key);
    return [{ path: blamed.path, about: [spared.path], text: `expected a port that is free on ${blamed.address}, got ${blamed.port}, which ${formatPath(spared.path)} has too` }];
  });
}

function listenersOf(config: Config, isGiven: (path: Path) => boolean): Listener[] {
  const { dns, control, origin, origins } = config;
  const fixed = [
    { path: ['dns', 'port'], address: dns.address, port: dns.port },
    { path: ['dns', 'metricsPort'], address: dns.metricsAddress, port: dns.metricsPort },
    { path: ['control', 'port'], address: control.address, port: control.port },
    ...(origins === undefined ? [{ path: ['origin', 'port'], address: origin.address, port: origin.port }] : []),
  ];
  return [...fixed, ...workersOf(config).flatMap((worker) => workerListeners(worker, isGiven))].filter(({ port }) => port !== 0);
}

/** A worker serves clients on both of its addresses, and metrics on one: the IPv4 address if it has one. */
function workerListeners(worker: WorkerEntry, isGiven: (path: Path) => boolean): Listener[] {
  const { index, address, address6, port, tlsPort = 0, metricsPort } = worker;
  const addresses = [address, address6].filter((one) => one !== undefined);
  const keyOf = (key: string): Path => {
    const own = ['workers', 'members', index, key];
    return isGiven(own) ? own : ['workers', key];
  };
  return [
    ...addresses.map((bound) => ({ path: keyOf('port'), address: bound, port })),
    ...addresses.map((bound) => ({ path: keyOf('tlsPort'), address: bound, port: tlsPort })),
    ...addresses.slice(0, 1).map((bound) => ({ path: keyOf('metricsPort'), address: bound, port: metricsPort })),
  ];
}

/** `::` accepts IPv4 as well. */
function overlap(a: string, b: string): boolean {
  const [one, other] = [canonicalAddress(a), canonicalAddress(b)];
  if (one === other || one === '::' || other === '::') return true;
  return isIPv4(one) && isIPv4(other) && (one === '0.0.0.0' || other === '0.0.0.0');
}

/** An IPv6 address has many spellings; the URL parser writes the one of RFC 5952. */
export function canonicalAddress(address: string): string {
  return isIPv4(address) ? address : new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
