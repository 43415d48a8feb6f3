/**
 * Demand as the live server knows it, from DNS alone (idle-times.ts): a resolver asks again TTL + 1/rate after its last
 * question, so the gap tells the rate. The table of networks is bounded; a full one forgets the quiet.
 */
import type { Clock } from '../clock.js';
import type { Demand } from './demand.js';
import { createIdleTimes, faded, type IdleTimes } from './idle-times.js';
import { createNetworkTable, type NetworkTable } from './network-table.js';
import { hashText, prefixHash } from './policies/prefix.js';

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
