/**
 * The books of what is on disk: entries, the files that they refer to, and the journal in which all of it is written down.
 */
import { EntryIndex } from '../entry-index.js';
import { createEviction } from '../eviction.js';
import type { Content } from './content.js';
import type { Entries, DiskEntry } from './entries.js';
import { compactBytes, type Journal } from './journal.js';
import type { DiskSettings, DiskStats } from './options.js';
import { dropLine, outdateLine } from './record.js';

export interface LedgerOptions {
  readonly settings: DiskSettings;
  readonly stats: DiskStats;
  readonly content: Content;
  readonly journal: Journal;
}

export class Ledger {
  readonly entries: Entries = new EntryIndex();
  /** Files that nobody refers to any more. */
  readonly garbage: string[] = [];
  idMax = 0;
  readonly #options: LedgerOptions;
  readonly #byId = new Map<number, DiskEntry>();
  readonly #eviction = createEviction<DiskEntry>();
  /** Of the lines of what is there. */
  #liveBytes = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Its body is on disk, and its line in the journal. */
  settle(entry: DiskEntry, digest: string, offset: number, lineBytes: number): void {
    Object.assign(entry, { digest, offset, lineBytes });
    this.idMax = Math.max(this.idMax, entry.id);
    this.#byId.set(entry.id, entry);
    this.#options.content.refer(digest, entry.bodyBytes);
    this.#liveBytes += lineBytes;
    this.#options.stats.entries += 1;
    this.#eviction.add(entry);
  }

  byId = (id: number): DiskEntry | undefined => this.#byId.get(id);

  /** Out of the books, and of the journal. */
  drop(entries: readonly DiskEntry[]): void {
    const settled = entries.filter((entry) => this.forget(entry));
    if (settled.length > 0) this.#options.journal.append(settled.map(({ id }) => dropLine(id)).join(''));
  }

  /** Out of the books. @returns whether it is in the journal. */
  forget(entry: DiskEntry): boolean {
    if (entry.dropped) return false;
    entry.dropped = true;
    this.entries.remove(entry);
    if (entry.digest === '') return false; // it waits, and will not be written
    this.#eviction.remove(entry);
    this.#byId.delete(entry.id);
    this.#options.stats.entries -= 1;
    this.#liveBytes -= entry.lineBytes;
    if (this.#options.content.release(entry.digest)) this.garbage.push(entry.digest);
    return true;
  }

  /** Stale since then. @param realtimeMs */
  outdate(entries: readonly DiskEntry[], realtimeMs: number): void {
    for (const entry of entries) entry.outdatedMs ??= realtimeMs;
    const settled = entries.filter(({ digest }) => digest !== '');
    if (settled.length > 0) this.#options.journal.append(settled.map(({ id }) => outdateLine(id, realtimeMs)).join(''));
  }

  /** Room for a body and its line, by dropping what is worth least. */
  makeRoom(bodyBytes: number, lineBytes: number): boolean {
    const { settings, content, stats } = this.#options;
    // The journal may be twice what is live in it before it is written anew, beside itself.
    const used = (): number => content.bytes + 2 * this.#liveBytes + Math.max(this.#liveBytes, compactBytes);
    const dropped: DiskEntry[] = [];
    while (used() + bodyBytes + 3 * lineBytes > settings.bytesMax || stats.entries >= settings.entriesMax) {
      const entry = this.#eviction.evict();
      if (entry === undefined) break;
      this.forget(entry);
      dropped.push(entry);
    }
    if (dropped.length > 0) this.#options.journal.append(dropped.map(({ id }) => dropLine(id)).join(''));
    return used() + bodyBytes + 3 * lineBytes <= settings.bytesMax;
  }

  get isMostlyDead(): boolean {
    const { bytes } = this.#options.journal;
    return bytes > compactBytes && this.#liveBytes * 2 < bytes;
  }

  /** @param first lines that come before */
  async compact(first: string): Promise<void> {
    await this.#options.journal.compact(first, (id) => this.#byId.has(id), (offsets) => this.#move(offsets));
  }

  #move(offsets: ReadonlyMap<number, number>): void {
    for (const entry of [...this.#byId.values()]) {
      const offset = offsets.get(entry.id);
      if (offset !== undefined) entry.offset = offset;
      else {
        this.#options.stats.damagedTotal += 1; // its line was no more what was written
        this.drop([entry]);
      }
    }
  }

  clear(): void {
    this.entries.clear();
    this.#byId.clear();
    Object.assign(this.#options.stats, { bytes: 0, entries: 0 });
  }
}
