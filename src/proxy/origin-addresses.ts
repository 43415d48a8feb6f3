/**
 * The addresses of an origin that has a name: looked up at the start, and again whenever their TTL is over, so that a request
 * never waits for DNS but for the very first.
 *
 * While nobody answers the last ones stay in use, for nothing better is known (RFC 8767); when DNS says that there are none, there
 * are none. Connections spread over them: each begins with the next address, and goes on to the others when that one refuses or is slow
 * (RFC 8305, which node's sockets do).
 */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIPv6, type LookupFunction } from 'node:net';
import type { Clock, Timer } from '../clock.js';
import type { Log } from '../log.js';
import type { OriginAddresses } from './engines/engine.js';
import { LookUpError, type LookUp } from './origin-lookup.js';

export const lookUpResults = ['found', 'not-found', 'failed'] as const;
export type LookUpResult = (typeof lookUpResults)[number];

export interface OriginAddressesOptions {
  /** Of the origin, for logs. */
  readonly origin: string;
  /** What is looked up. */
  readonly host: string;
  readonly lookUp: LookUp;
  readonly ttlMinS: number;
  readonly ttlMaxS: number;
  /** When there is no TTL; until a failed look-up is tried again. */
  readonly validS: number;
  /** Each time, once it is known how it went. */
  readonly onLookUp: (result: LookUpResult) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface KeptAddresses extends OriginAddresses {
  /** How many there are now. */
  count(): number;
  start(): void;
  stop(): void;
}

export function createOriginAddresses(options: OriginAddressesOptions): KeptAddresses {
  const { origin, host, lookUp, ttlMinS, ttlMaxS, validS, onLookUp, clock, log } = options;
  let list = listOf([]);
  let failure: LookUpError | undefined;
  /** The first look-up: under way, or over. */
  let first: Promise<void> | 'over' | undefined;
  let timer: Timer | undefined;
  let stopped = false;

  async function look(): Promise<void> {
    let nextS = validS;
    try {
      const { addresses, ttlS } = await lookUp(host);
      if (stopped) return;
      nextS = ttlS === undefined ? validS : Math.min(ttlMaxS, Math.max(ttlMinS, ttlS));
      onFound(listOf(addresses), nextS);
    } catch (error) {
      if (!(error instanceof LookUpError)) throw error;
      if (stopped) return;
      onFailure(error);
    }
    first = 'over';
    timer = clock.after(1000 * nextS, () => void look());
  }

  function onFound(found: AddressList, ttlS: number): void {
    onLookUp('found');
    const isNews = failure !== undefined || !sameMembers(list.known, found.known);
    failure = undefined;
    if (!isNews) return;
    list = found;
    log.info({ origin, host, addresses: [...found.known], ttlS }, 'origin looked up');
  }

  function onFailure(error: LookUpError): void {
    onLookUp(error.result);
    if (error.result === 'not-found') list = listOf([]);
    const isNews = failure?.result !== error.result;
    failure = error;
    if (isNews) log.warn({ origin, host, reason: error.message, kept: list.known.size }, 'origin cannot be looked up');
  }

  const answer: LookupFunction = (_host, { all, family }, callback) => {
    const [one, ...others] = list.next(family);
    if (one === undefined) callback(failure ?? new LookUpError(host, { code: 'ENODATA' }), '', 0);
    else if (all === true) callback(null, [one, ...others]);
    else callback(null, one.address, one.family);
  };

  return {
    lookup(name, how, callback) {
      first ??= look(); // whoever comes before the start
      if (first === 'over') process.nextTick(answer, name, how, callback);
      else void first.then(() => answer(name, how, callback));
    },
    includes: (address) => list.known.has(address),
    count: () => list.known.size,
    start() {
      first ??= look();
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

interface AddressList {
  readonly known: ReadonlySet<string>;
  /** Those of a family, or all of them; each time beginning with the next one. */
  next(family: LookupOptions['family']): LookupAddress[];
}

function listOf(addresses: readonly string[]): AddressList {
  const known = new Set(addresses);
  const entries = [...known].map((address): LookupAddress => ({ address, family: isIPv6(address) ? 6 : 4 }));
  let turn = 0;
  return {
    known,
    next(family = 0) {
      const at = turn++ % Math.max(1, entries.length);
      const wanted = Number(String(family).replace('IPv', '')); // node allows both ways to write it
      return [...entries.slice(at), ...entries.slice(0, at)].filter((each) => wanted === 0 || each.family === wanted);
    },
  };
}

const sameMembers = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((each) => other.has(each));
