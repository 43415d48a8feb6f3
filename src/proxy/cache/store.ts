/**
 * Stored responses in memory, within a number of bytes and of entries.
 *
 * Bytes are those of bodies, keys and fields and an estimate of the objects around them; bodies that are still arriving are part
 * of the sum. It never holds more than it may: what does not fit is refused, not stored and then removed.
 */
import type { Fields } from '../fields.js';
import { EntryIndex, variantsMax, type Filed, type Meant } from './entry-index.js';
import { createEviction, use, type Evictable } from './eviction.js';
import { outdated } from './purge.js';
import type { StoredResponse } from './stored-response.js';
import { tagsOf } from './tags.js';
import { sameVariant, selectVariant } from './vary.js';

export interface StoreOptions {
  /** Of all that is stored. */
  readonly bytesMax: number;
  readonly entriesMax: number;
}

export interface StoreStats {
  /** Bodies that are arriving included. */
  bytes: number;
  entries: number;
  evictionsTotal: number;
}

/** Of a stored response. */
export interface Place extends Evictable {
  /** As long as this is the same, whoever selected the response selects it again. */
  readonly change: number;
}

/** Which of the responses that are stored now. */
export type Identity = Pick<StoredResponse, 'key' | 'variant'>;

export interface Store {
  readonly stats: StoreStats;
  /** Whether something of that key is stored, wherever. */
  has(key: string): boolean;
  /** On which request fields responses of that key vary, as far as one is at hand; undefined: none is. */
  variesOn(key: string): readonly string[] | undefined;
  /** The response that the request selects; that counts as a use. */
  select(key: string, requestFields: Fields): StoredResponse | undefined;
  /** All variants of that key. */
  allOf(key: string): readonly StoredResponse[];
  /** Takes them out, or makes them stale from now on. @param nowMs monotonic. @returns what was there. */
  purge(meant: Meant, soft: boolean, nowMs: number): readonly Identity[];
  /** Where it stands; undefined when it does not. */
  placeOf(response: StoredResponse): Place | undefined;
  /** In the place of the same variant, if there is one. @returns whether there was room. */
  put(response: StoredResponse): boolean;
  /** A freshened response in the place of the one it was made from, if that is still there. */
  replace(old: StoredResponse, fresh: StoredResponse): void;
  remove(response: StoredResponse): void;
  /** All variants. @returns how many there were. */
  removeKey(key: string): number;
  /** Makes room for a part of a body that is arriving. @returns whether there is any. */
  reserve(bytes: number): boolean;
  release(bytes: number): void;
}

/**
 * Objects of one entry beside its text and body: measured on Node 20 with 8 fields and bodies of 100 bytes, 1900 on the heap and 400
 * more in the process, of which each field's two strings, the policy and the backing store of the body are most.
 */
const overheadBytes = 2300;
/** Of each tag in the index, beside its text. */
const tagBytes = 120;

interface Entry extends Place, Filed {
  readonly response: StoredResponse;
  change: number;
}

export function storedBytes({ key, fields, variant, body }: StoredResponse, tags = tagsOf(key, fields)): number {
  let chars = key.length;
  for (const text of fields) chars += text.length;
  for (const text of variant.values) chars += text.length;
  for (const tag of tags) chars += tag.length + tagBytes;
  return chars + body.length + overheadBytes;
}

export function createStore(options: StoreOptions): Store {
  return new MemoryStore(options);
}

class MemoryStore implements Store {
  readonly stats: StoreStats = { bytes: 0, entries: 0, evictionsTotal: 0 };
  readonly #options: StoreOptions;
  readonly #index = new EntryIndex<Entry>();
  readonly #eviction = createEviction<Entry>();
  #reserved = 0;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  has(key: string): boolean {
    return this.#index.of(key).length > 0;
  }

  variesOn(key: string): readonly string[] | undefined {
    return this.#index.of(key).at(-1)?.response.variant.names;
  }

  select(key: string, requestFields: Fields): StoredResponse | undefined {
    const entry = selectVariant(this.#index.of(key), requestFields);
    if (entry !== undefined) use(entry);
    return entry?.response;
  }

  allOf(key: string): readonly StoredResponse[] {
    return this.#index.of(key).map(({ response }) => response);
  }

  purge(meant: Meant, soft: boolean, nowMs: number): readonly StoredResponse[] {
    const found = this.#index.meant(meant).map(({ response }) => response);
    for (const response of found) {
      if (soft) this.replace(response, outdated(response, nowMs));
      else this.remove(response);
    }
    return found;
  }

  placeOf(response: StoredResponse): Place | undefined {
    return this.#entryOf(response);
  }

  put(response: StoredResponse): boolean {
    const entries = this.#index.of(response.key);
    const same = entries.find((entry) => sameVariant(entry.response.variant, response.variant));
    if (same !== undefined) this.#drop(same);
    else if (entries.length >= variantsMax) this.#drop(entries[0] as Entry); // there are many
    return this.#insert(response, same?.uses ?? 0);
  }

  replace(old: StoredResponse, fresh: StoredResponse): void {
    const entry = this.#entryOf(old);
    if (entry === undefined) return;
    this.#drop(entry);
    this.#insert(fresh, entry.uses);
  }

  remove(response: StoredResponse): void {
    const entry = this.#entryOf(response);
    if (entry !== undefined) this.#drop(entry);
  }

  removeKey(key: string): number {
    const entries = [...this.#index.of(key)];
    for (const entry of entries) this.#drop(entry);
    return entries.length;
  }

  reserve(bytes: number): boolean {
    if (!this.#makeRoom(bytes, 0)) return false;
    this.#reserved += bytes;
    this.stats.bytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#reserved -= bytes;
    this.stats.bytes -= bytes;
  }

  #entryOf(response: StoredResponse): Entry | undefined {
    return this.#index.of(response.key).find((entry) => entry.response === response);
  }

  #insert(response: StoredResponse, uses: number): boolean {
    const tags = tagsOf(response.key, response.fields);
    const bytes = storedBytes(response, tags);
    if (!this.#makeRoom(bytes, 1)) return false;
    const { key } = response;
    const entry: Entry = { response, tags, change: 0, key, bytes, uses, queue: undefined, earlier: undefined, later: undefined };
    for (const other of this.#index.of(key)) other.change += 1;
    this.#index.add(entry);
    this.#eviction.add(entry);
    this.stats.bytes += bytes;
    this.stats.entries += 1;
    return true;
  }

  #makeRoom(bytes: number, entries: number): boolean {
    const { bytesMax, entriesMax } = this.#options;
    if (this.#reserved + bytes > bytesMax) return false;
    while (this.stats.bytes + bytes > bytesMax || this.stats.entries + entries > entriesMax) {
      const entry = this.#eviction.evict();
      if (entry === undefined) return false;
      this.#drop(entry);
      this.stats.evictionsTotal += 1;
    }
    return true;
  }

  #drop(entry: Entry): void {
    entry.change += 1;
    this.#eviction.remove(entry);
    this.#index.remove(entry);
    this.stats.bytes -= entry.bytes;
    this.stats.entries -= 1;
  }
}
