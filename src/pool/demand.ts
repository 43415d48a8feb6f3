/**
 * Where requests come from, by network of the requestor (the papers say *domain*): what the domain-aware policies weigh.
 *
 * Networks are told apart by `prefixHash` of the requestor's address. Who knows the truth (the simulator) gives it; the
 * live server estimates it from DNS alone (idle-times.ts): a resolver asks again TTL + 1/rate after its last question.
 */
import { createNetworkTable } from './network-table.js';
import { prefixHash } from './policies/prefix.js';
import type { Requestor } from './rotation.js';

export interface Demand {
  /** Part of all requests that come from the requestor's network, 0 to 1. One not known yet counts as average: 1/networks, or 1. */
  share(requestor: Requestor): number;
  /** How many networks are known. */
  readonly networks: number;
  /** The share of the hottest one; 1 when none is known. */
  readonly shareMax: number;
  /** Grows when shares were reckoned anew, so that what follows from all of them can be kept until then. */
  readonly version: number;
  /** Each known network's rate: look-ups a second that its clients make, those that caches answer included. */
  forEachRate(visit: (lookupsPerS: number) => void): void;
  /** Told of each answer with its TTL. */
  answered(requestor: Requestor, ttlS: number): void;
  /** Networks forgotten because the table was full. */
  readonly evictionsTotal: number;
}

export interface GivenNetwork {
  /** Any address of the network. */
  readonly address: string;
  readonly lookupsPerS: number;
}

/** Demand that is known and stays. What is given twice for one network adds up. */
export function createGivenDemand(given: readonly GivenNetwork[]): Demand {
  const table = createNetworkTable(Math.max(1, given.length));
  const rates = new Float64Array(given.length);
  let total = 0;
  for (const { address, lookupsPerS } of given) {
    const hash = prefixHash(address);
    const found = table.find(hash);
    const row = found < 0 ? table.add(hash) : found;
    rates[row] = (rates[row] ?? 0) + lookupsPerS;
    total += lookupsPerS;
  }
  const networks = table.size;
  const known = rates.subarray(0, networks); // rows are given out in a row
  const average = networks === 0 ? 1 : 1 / networks;
  const shareOf = (rate: number): number => (total > 0 ? rate / total : average);
  return {
    share({ address }) {
      const row = table.find(prefixHash(address));
      return row < 0 ? average : shareOf(known[row] ?? 0);
    },
    networks,
    shareMax: networks === 0 ? 1 : shareOf(known.reduce((most, rate) => Math.max(most, rate), 0)),
    version: 1,
    forEachRate: (visit) => known.forEach((rate) => visit(rate)),
    answered: () => {},
    evictionsTotal: 0,
  };
}
