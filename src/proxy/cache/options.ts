/**
 * What can be configured about the cache, and what it counts. Metrics read the numbers at scrape time.
 */
import { createTally, type Tally } from '../../tally.js';
import { cacheWords } from './cache-status.js';
import type { DiskStore } from './disk/disk-store.js';
import { createDiskStats, type DiskSettings, type DiskStats } from './disk/options.js';
import type { FreshnessOptions } from './freshness.js';
import type { StoreOptions, StoreStats } from './store.js';
import { notStoredReasons, type StoringOptions } from './storing.js';

/** The names and meanings of the configuration's `proxy.cache`. */
export interface CacheSettings extends StoreOptions, FreshnessOptions, StoringOptions {
  /** A longer body is not stored. */
  readonly objectBytesMax: number;
  /** Of the slices in which ranges and what is longer are kept; 0: in none. */
  readonly sliceBytes: number;
  /** Requests for a key that it takes until something is stored for it. */
  readonly minUses: number;
  /** How long a stale response is kept to be validated, beyond what it may still be used for. */
  readonly keepS: number;
  /** How long after an answer that could not be stored requests of its key go to the origin side by side. */
  readonly hitForMissS: number;
  readonly disk?: DiskSettings | undefined;
}

export interface CacheOptions extends CacheSettings {
  readonly stats: CacheStats;
  /** Behind memory; whoever gives it opens and closes it. */
  readonly diskStore?: DiskStore | undefined;
}

export interface CacheStats {
  /** Finished exchanges by `cacheWords`. */
  readonly requests: Tally;
  /** Responses to requests that could have filled the cache, by `notStoredReasons`. */
  readonly notStored: Tally;
  storedTotal: number;
  /** Requests that shared the fetch of another. */
  collapsedTotal: number;
  /** Validations on nobody's behalf, while a stale response was served. */
  backgroundTotal: number;
  invalidatedTotal: number;
  /** By the operator, and by the groups of RFC 9875. */
  purgedTotal: number;
  /** Objects kept in slices that turned out to be others at the origin now. */
  slicedChangesTotal: number;
  /** Of the store; zeros without one. */
  store: Readonly<StoreStats>;
  readonly disk: DiskStats;
}

export function createCacheStats(): CacheStats {
  return {
    requests: createTally(cacheWords),
    notStored: createTally(notStoredReasons),
    storedTotal: 0,
    collapsedTotal: 0,
    backgroundTotal: 0,
    invalidatedTotal: 0,
    purgedTotal: 0,
    slicedChangesTotal: 0,
    store: { bytes: 0, entries: 0, evictionsTotal: 0 },
    disk: createDiskStats(),
  };
}
