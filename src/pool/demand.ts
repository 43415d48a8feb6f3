/**
 * Where requests come from, by network of the requestor (the papers say *domain*): what the domain-aware policies weigh.
 *
 * Networks are told apart by `prefixHash` of the requestor's address. Who knows the truth (the simulator) gives it; the
 * live server estimates it from DNS alone (idle-times.ts): a resolver asks again TTL + 1/rate after its last question.
 */
import type { Clock } from '../clock.js';
import { createIdleTimes, faded, type IdleTimes } from './idle-times.js';
import { createNetworkTable, type NetworkTable } from './network-table.js';
import { hashText, prefixHash } from './policies/prefix.js';
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

export interface EstimateOptions {
  readonly clock: Clock;
  /** Networks remembered; beyond them the one that asked longest ago is forgotten. About 300 bytes each. */
  readonly networksMax?: number;
  /** Shares are reckoned anew at most so often (and not before a quarter as many answers as there are networks). */
  readonly refreshMs?: number;
  /** A network whose answers expired so long ago does not count any more: one-off visitors would make the average tiny. */
  readonly forgetMs?: number;
}

/** From DNS alone: what it is told of answers. */
export function createEstimatedDemand(options: EstimateOptions): Demand {
  const { clock, networksMax = 65_536, refreshMs = 10_000, forgetMs = 3_600_000 } = options;
  const table = createNetworkTable(networksMax);
  const caches = createIdleTimes(networksMax);
  const rates = createRates(table, caches, networksMax);
  let refreshedMs = -Infinity;
  let answers = 0;

  function rowOf(hash: number): number {
    const row = table.find(hash);
    if (row >= 0) {
      table.touch(row);
      return row;
    }
    const added = table.add(hash);
    caches.reset(added);
    rates.reset(added);
    return added;
  }

  function forget(nowMs: number): void {
    for (let row = 0; row < table.rowsEnd; row += 1) {
      if (table.has(row) && nowMs - caches.freshUntilMs(row) > forgetMs) table.remove(row);
    }
  }

  return {
    share: ({ address }) => rates.share(table.find(prefixHash(address))),
    get networks() {
      return rates.networks();
    },
    get shareMax() {
      return rates.shareMax();
    },
    get version() {
      return rates.version();
    },
    forEachRate: rates.forEach,
    answered({ address }, ttlS) {
      const nowMs = clock.monotonicMs();
      caches.asked(rowOf(prefixHash(address)), hashText(address), nowMs, ttlS * 1000);
      answers += 1;
      if (nowMs - refreshedMs < refreshMs || 4 * answers < rates.networks()) return;
      forget(nowMs);
      rates.refresh(nowMs);
      refreshedMs = nowMs;
      answers = 0;
    },
    get evictionsTotal() {
      return table.evictionsTotal;
    },
  };
}

/** The rate of each row of the table as of the last refresh, and what follows from all of them. */
function createRates(table: NetworkTable, caches: IdleTimes, rows: number) {
  const rates = new Float64Array(rows); // NaN: not known at the last refresh
  let networks = 0;
  let total = 0;
  let most = 0;
  let version = 0;

  /** Rates of those that were measured; returns their mean, or 1 a second when there is none, so that all are alike. */
  function measure(nowMs: number): number {
    let sum = 0;
    let measured = 0;
    for (let row = 0; row < table.rowsEnd; row += 1) {
      if (!table.has(row)) continue;
      const rate = caches.ratePerS(row, nowMs);
      rates[row] = rate;
      sum += rate;
      if (rate > 0) measured += 1;
    }
    return measured === 0 ? 1 : sum / measured;
  }

  return {
    reset: (row: number): void => void (rates[row] = Number.NaN),
    refresh(nowMs: number): void {
      const average = measure(nowMs);
      total = most = 0;
      for (let row = 0; row < table.rowsEnd; row += 1) {
        if (!table.has(row)) continue;
        const measured = rates[row] as number; // rows are in range, as below
        const rate = measured > 0 ? measured : Math.min(average, faded(nowMs - caches.freshUntilMs(row)));
        rates[row] = rate;
        total += rate;
        if (rate > most) most = rate;
      }
      networks = table.size;
      version += 1;
    },
    share(row: number): number {
      const rate = row < 0 ? Number.NaN : (rates[row] as number);
      return rate >= 0 ? rate / total : 1 / Math.max(1, networks);
    },
    forEach(visit: (lookupsPerS: number) => void): void {
      for (let row = 0; row < table.rowsEnd; row += 1) {
        const rate = rates[row] as number;
        if (rate >= 0 && table.has(row)) visit(rate);
      }
    },
    networks: () => networks,
    shareMax: () => (networks === 0 ? 1 : most / total),
    version: () => version,
  };
}
