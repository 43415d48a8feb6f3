/**
 * Reads from disk what requests ask for, once for all who wait for the same thing, and lets them ask memory again. Who has waited long
 * enough goes on as if it were not there.
 */
import type { Clock } from '../../../clock.js';
import type { Exchange } from '../../exchange-state.js';
import { Fetch, type FetchOwner } from '../fetch.js';
import type { LookUp } from '../lookup.js';
import { objectKey } from '../slices/sliced-object.js';
import type { DiskStore } from './disk-store.js';
import type { DiskEntry } from './entries.js';
import { SliceLoad } from './slice-load.js';
import type { TieredStore } from './tiered-store.js';

export interface LoadingCache {
  readonly clock: Clock;
  readonly store: TieredStore;
  readonly disk: DiskStore;
  /** They wait for it as for a fetch. */
  readonly owner: FetchOwner;
  /** @param fromDisk false: it is not to wait for the disk once more. */
  again(exchange: Exchange, fromDisk: boolean): void;
}

/** An origin may well be quicker than a disk that has much to do. */
const loadMs = 1000;

export class Loading {
  readonly #cache: LoadingCache;
  readonly #loads = new Map<DiskEntry, Fetch>();
  readonly #slices = new Map<DiskEntry, SliceLoad>();

  constructor(cache: LoadingCache) {
    this.#cache = cache;
  }

  has = (exchange: Exchange, found: LookUp): boolean => this.#entryFor(exchange, found) !== undefined;

  /** @returns whether it is there, and the exchange waits for it. */
  takes(exchange: Exchange, found: LookUp): boolean {
    const entry = this.#entryFor(exchange, found);
    if (entry === undefined) return false;
    const underway = this.#loads.get(entry);
    const load = underway?.phase === 'waiting' ? underway : this.#start(entry, exchange, found);
    if (load === undefined) return false;
    load.join(exchange, found.word, found.asked, true);
    return true;
  }

  /** The slice of that key. */
  slice(key: string): SliceLoad | undefined {
    const entry = this.#cache.disk.find(key, []);
    if (entry === undefined) return undefined;
    return this.#slices.get(entry) ?? this.#startSlice(entry);
  }

  #entryFor({ arrival, downstream }: Exchange, { stored, key }: LookUp): DiskEntry | undefined {
    if (stored !== undefined) return undefined;
    const { disk } = this.#cache;
    const { passed } = arrival.fields;
    const isGet = downstream.request.method === 'GET';
    return disk.find(key, passed) ?? (isGet && this.#lacks(objectKey(key), passed) ? disk.find(objectKey(key), passed) : undefined);
  }

  #lacks = (key: string, passed: readonly string[]): boolean => this.#cache.store.select(key, passed) === undefined;

  #start(entry: DiskEntry, { downstream, arrival }: Exchange, { key, asked }: LookUp): Fetch | undefined {
    const { request, client } = downstream;
    const { passed } = arrival.fields;
    const options = { key, request, client, passed, asked, stored: undefined, others: [], expected: entry.variant, background: false };
    const load = new Fetch(options, this.#cache.owner);
    const over = (isThere: boolean): void => {
      if (this.#loads.get(entry) === load) this.#loads.delete(entry);
      const readers = [...load.readers];
      if (load.phase === 'waiting') load.settle();
      for (const reader of readers) this.#cache.again(load.release(reader), isThere);
    };
    if (!this.#read(entry, over)) return undefined;
    this.#loads.set(entry, load);
    return load;
  }

  #startSlice(entry: DiskEntry): SliceLoad | undefined {
    const load = new SliceLoad();
    const over = (isThere: boolean): void => {
      this.#slices.delete(entry);
      load.settle(isThere ? this.#cache.store.select(entry.key, [])?.body : undefined);
    };
    if (!this.#read(entry, over)) return undefined;
    this.#slices.set(entry, load);
    return load;
  }

  /** Into memory. @param over called once, later. @returns whether there is room for it. */
  #read(entry: DiskEntry, over: (isThere: boolean) => void): boolean {
    const { store, disk, clock } = this.#cache;
    if (!store.reserve(entry.bodyBytes)) return false;
    let waited = false;
    const late = clock.after(loadMs, () => {
      waited = true;
      over(false);
    });
    void disk.read(entry).then((response) => {
      store.release(entry.bodyBytes);
      late.cancel();
      const isThere = response !== undefined && store.restore(response);
      if (!waited) over(isThere || entry.dropped); // something else may be there then
    });
    return true;
  }
}
