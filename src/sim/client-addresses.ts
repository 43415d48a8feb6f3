/**
 * What each client knows of where to go: the worker it is connected or pinned to, the addresses it was told and for how long
 * it may use them, and which of them it takes first. Where answers come from, and what connecting is, is somebody else's: the
 * model's (`connecting.ts`), or real resolvers and sockets in `bench rotation`.
 */
import { mix } from '../pool/policies/prefix.js';
import type { Random } from '../random.js';
import { createAddressLists, type AddressLists } from './address-lists.js';
import { epochAndKindAt, epochBits, epochMask, nobody, recordWords, workerAt } from './client-records.js';
import type { ClientKind } from './scenario.js';

export interface ClientAddresses {
  /** The worker that it goes on with, because a connection is open or the session is pinned to it; or `nobody`. */
  current(client: number, atS: number, newSession: boolean): number;
  /** Is what it was told too old to be used? */
  needsLookup(client: number, atS: number): boolean;
  /** Takes over what a resolver handed out: `answer[0..size)`, given in `epoch`, to be kept for `ttlLeftS`. */
  store(client: number, answer: Uint16Array, size: number, epoch: number, ttlLeftS: number, atS: number): void;
  /** The worker that a new connection tries first, or `nobody`. */
  first(client: number): number;
  /** It made a request to this worker, or found `nobody`. */
  used(client: number, worker: number, atS: number): void;
  /** What it was told, for whoever tries the next address. */
  readonly lists: AddressLists;
}

export interface ClientAddressesOptions {
  readonly kinds: readonly ClientKind[];
  readonly records: Int32Array;
  /** Does each client keep a list of its own even where it uses it once and at once? */
  readonly ownLists: boolean;
  readonly answersMax: number;
  /** By member index, as numbers: what RFC 6724 sorts by. */
  readonly addressBits: Uint32Array;
  readonly random: Random;
}

/** Until when a client's own cache holds its answer, and when it was connected last: side by side, by client. */
const expiresAt = 0;
const usedAt = 1;

export function createClientAddresses(options: ClientAddressesOptions): ClientAddresses {
  const { kinds, records, ownLists, answersMax, addressBits, random } = options;
  const clients = records.length / recordWords;
  const remembers = kinds.some(({ cache }) => cache === 'ttl');
  const times = new Float64Array(remembers ? 2 * clients : 0).fill(-Infinity);
  const lists = createAddressLists(ownLists || remembers ? clients : 0, answersMax, addressBits, random);
  const kindOf = (client: number): ClientKind =>
    kinds[(records[client * recordWords + epochAndKindAt] as number) >> epochBits] as ClientKind; // callers know the clients, as below

  return {
    lists,
    current(client, atS, newSession) {
      const worker = records[client * recordWords + workerAt] as number;
      if (worker === nobody) return nobody;
      const { cache, reuseS } = kindOf(client);
      const goesOn = cache === 'session' ? !newSession : atS - (times[2 * client + usedAt] as number) < reuseS;
      return goesOn ? worker : nobody;
    },
    needsLookup: (client, atS) => kindOf(client).cache === 'session' || atS >= (times[2 * client + expiresAt] as number),
    store(client, answer, size, epoch, ttlLeftS, atS) {
      const { choice, cacheFloorS, cacheCeilingS } = kindOf(client);
      lists.store(client, answer, size, choice, mix(client + 1));
      const at = client * recordWords + epochAndKindAt;
      records[at] = ((records[at] as number) & ~epochMask) | epoch;
      if (remembers) times[2 * client + expiresAt] = atS + Math.max(cacheFloorS, Math.min(cacheCeilingS, ttlLeftS));
    },
    first: (client) => lists.first(client, kindOf(client).choice, records[client * recordWords + workerAt] as number),
    used(client, worker, atS) {
      records[client * recordWords + workerAt] = worker;
      if (remembers) times[2 * client + usedAt] = atS;
    },
  };
}
