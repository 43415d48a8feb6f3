/**
 * Entries of a store by what they are asked for: key, tag, or how their keys begin.
 */

export interface Filed {
  readonly key: string;
  readonly tags: readonly string[];
}

/** What a purge means. */
export type Meant = { readonly keys: readonly string[] } | { readonly tag: string } | { readonly prefix: string };

/** Of one key; beyond it the oldest goes. An origin may vary on a field that each client fills differently. */
export const variantsMax = 32;

export class EntryIndex<E extends Filed> {
  readonly #byKey = new Map<string, E[]>();
  readonly #byTag = new Map<string, Set<E>>();

  /** All variants of that key, the one that came last at the end. */
  of(key: string): readonly E[] {
    return this.#byKey.get(key) ?? none;
  }

  add(entry: E): void {
    const entries = this.#byKey.get(entry.key);
    if (entries === undefined) this.#byKey.set(entry.key, [entry]);
    else entries.push(entry);
    for (const tag of entry.tags) {
      const tagged = this.#byTag.get(tag);
      if (tagged === undefined) this.#byTag.set(tag, new Set([entry]));
      else tagged.add(entry);
    }
  }

  remove(entry: E): void {
    const entries = this.#byKey.get(entry.key) ?? [];
    const at = entries.indexOf(entry);
    if (at === -1) return;
    entries.splice(at, 1);
    if (entries.length === 0) this.#byKey.delete(entry.key);
    for (const tag of entry.tags) {
      const tagged = this.#byTag.get(tag);
      if (tagged?.delete(entry) === true && tagged.size === 0) this.#byTag.delete(tag);
    }
  }

  /** By prefix it looks at every key. */
  meant(meant: Meant): readonly E[] {
    if ('tag' in meant) return [...(this.#byTag.get(meant.tag) ?? [])];
    if ('keys' in meant) return meant.keys.flatMap((key) => this.of(key));
    const found: E[] = [];
    for (const [key, entries] of this.#byKey) if (key.startsWith(meant.prefix)) found.push(...entries);
    return found;
  }

  *all(): Generator<E> {
    for (const entries of this.#byKey.values()) yield* entries;
  }

  clear(): void {
    this.#byKey.clear();
    this.#byTag.clear();
  }
}

const none: readonly never[] = [];
