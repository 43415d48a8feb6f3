/**
 * One look-up of an origin's name: its addresses, and for how long they are good.
 *
 * Asked as the system does unless name servers are configured: by getaddrinfo, which knows the hosts file and the search list and
 * tells no TTL; the TTL is asked of the system's name servers beside it. Node gives both without a DNS client of ours.
 */
import { lookup, Resolver } from 'node:dns/promises';
import { sleep, type Clock } from '../clock.js';
import { formatAddress, type SocketAddress } from '../service.js';

export interface Found {
  /** At least one. */
  readonly addresses: readonly string[];
  /** Of the one that is good for the shortest time; undefined when nobody tells. */
  readonly ttlS: number | undefined;
}

/** @throws LookUpError when there are none. */
export type LookUp = (name: string) => Promise<Found>;

/** `not-found`: there is no such name, or it has no address; `failed`: nobody said. */
export class LookUpError extends Error {
  override readonly name = 'LookUpError';
  readonly result: 'not-found' | 'failed';
  /** In the words of getaddrinfo, which everybody after us knows. */
  readonly code: 'ENOTFOUND' | 'EAI_AGAIN';

  constructor(name: string, cause: unknown) {
    const found = (cause as NodeJS.ErrnoException).code ?? ''; // node's DNS rejects with nothing else
    super(`${name}: ${found === '' ? String(cause) : found}`, { cause });
    this.result = absent.has(found) ? 'not-found' : 'failed';
    this.code = this.result === 'not-found' ? 'ENOTFOUND' : 'EAI_AGAIN';
  }
}

const absent: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EAI_NODATA']);

export interface LookUpOptions {
  /** Empty: the system's. */
  readonly servers: readonly SocketAddress[];
  /** For an answer of a server; each is asked twice. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface LookUps {
  readonly find: LookUp;
  /** Gives up what is under way; that fails. */
  cancel(): void;
}

export function createLookUps({ servers, timeoutMs, clock }: LookUpOptions): LookUps {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers.map(formatAddress));
  const find: LookUp = servers.length > 0 ? (name) => ask(resolver, name) : (name) => askSystem(resolver, name, clock);
  return { find, cancel: () => resolver.cancel() };
}

/** When one of the two families has an answer, that is the answer. */
async function ask(resolver: Resolver, name: string): Promise<Found> {
  const asked = await Promise.allSettled([resolver.resolve4(name, { ttl: true }), resolver.resolve6(name, { ttl: true })]);
  const records = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (records.length > 0) return { addresses: records.map(({ address }) => address), ttlS: Math.min(...records.map(({ ttl }) => ttl)) };
  const reasons = asked.flatMap((answer) => (answer.status === 'rejected' ? [new LookUpError(name, answer.reason)] : []));
  throw reasons.find(({ result }) => result === 'failed') ?? reasons[0] ?? new LookUpError(name, { code: 'ENODATA' });
}

/** Addresses do not wait longer for their TTL: it may be that no name server is there, and the name is in the hosts file. */
const ttlPatienceMs = 250;

export async function askSystem(resolver: Resolver, name: string, clock: Clock): Promise<Found> {
  const told = isLocal(name) ? undefined : ask(resolver, name).catch(() => undefined);
  try {
    const addresses = (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);
    const records = await Promise.race([told, sleep(clock, ttlPatienceMs).then(() => undefined)]);
    const isTheirs = records !== undefined && addresses.some((address) => records.addresses.includes(address));
    return { addresses, ttlS: isTheirs ? records.ttlS : undefined };
  } catch (error) {
    throw new LookUpError(name, error);
  }
}

/** RFC 6761 §6.3: never a question for a name server. */
const isLocal = (name: string): boolean => /(?:^|\.)localhost\.?$/i.test(name);
