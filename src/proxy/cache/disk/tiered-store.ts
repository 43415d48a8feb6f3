/**
 * Memory before disk: what comes into memory goes to disk as well, what is taken away goes from both. What memory has no more room
 * for stays on disk.
 */
import type { Fields } from '../../fields.js';
import type { Meant } from '../entry-index.js';
import type { Identity, Place, Store, StoreStats } from '../store.js';
import type { StoredResponse } from '../stored-response.js';
import type { DiskStore } from './disk-store.js';

export class TieredStore implements Store {
  readonly stats: StoreStats;
  readonly #memory: Store;
  readonly #disk: DiskStore;

  constructor(memory: Store, disk: DiskStore) {
    this.stats = memory.stats;
    this.#memory = memory;
    this.#disk = disk;
  }

  has = (key: string): boolean => this.#memory.has(key) || this.#disk.has(key);
  variesOn = (key: string): readonly string[] | undefined => this.#memory.variesOn(key);
  /** Of what is in memory, as all that hand out responses. */
  select = (key: string, requestFields: Fields): StoredResponse | undefined => this.#memory.select(key, requestFields);
  allOf = (key: string): readonly StoredResponse[] => this.#memory.allOf(key);
  placeOf = (response: StoredResponse): Place | undefined => this.#memory.placeOf(response);
  reserve = (bytes: number): boolean => this.#memory.reserve(bytes);
  release = (bytes: number): void => this.#memory.release(bytes);

  put(response: StoredResponse): boolean {
    const kept = this.#memory.put(response);
    if (kept) this.#disk.put(response);
    else this.#disk.removeSame(response.key, response.variant);
    return kept;
  }

  /** What comes from the disk. */
  restore = (response: StoredResponse): boolean => this.#memory.put(response);

  replace(old: StoredResponse, fresh: StoredResponse): void {
    this.#memory.replace(old, fresh);
    this.#disk.replace(old, fresh);
  }

  remove(response: StoredResponse): void {
    this.#memory.remove(response);
    this.#disk.remove(response);
  }

  /** Most of what is in memory is on disk as well: the larger number is nearest to how many responses there were. */
  removeKey = (key: string): number => Math.max(this.#memory.removeKey(key), this.#disk.removeKey(key));

  purge(meant: Meant, soft: boolean, nowMs: number): readonly Identity[] {
    const purged = [...this.#memory.purge(meant, soft, nowMs), ...this.#disk.purge(meant, soft, nowMs)];
    const names = ({ key, variant }: Identity): string => JSON.stringify([key, variant.names, variant.values]);
    return [...new Map(purged.map((each) => [names(each), each])).values()]; // both may have it
  }
}
