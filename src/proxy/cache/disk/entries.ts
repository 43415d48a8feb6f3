/**
 * What is known in memory of a response on disk: enough to find it, to purge it and to read the rest.
 */
import type { Fields } from '../../fields.js';
import type { EntryIndex, Filed } from '../entry-index.js';
import type { Evictable } from '../eviction.js';
import type { Variant } from '../stored-response.js';
import { tagsOf } from '../tags.js';
import { matches, noVariant, sameVariant } from '../vary.js';
import { diskBytes } from './content.js';
import type { Head } from './record.js';

export interface DiskEntry extends Evictable, Filed {
  readonly id: number;
  readonly variant: Variant;
  readonly dateMs: number;
  /** When it came, real; with key and variant it tells which response it is. */
  readonly receivedMs: number;
  readonly bodyBytes: number;
  /** Empty until the body is on disk. */
  digest: string;
  /** Where its line stands in the journal. */
  offset: number;
  lineBytes: number;
  /** Real time of a soft purge. */
  outdatedMs: number | undefined;
  dropped: boolean;
}

export type Entries = EntryIndex<DiskEntry>;

/** Written out in full: with spreads the same object takes three times as much memory. @param head with real times */
export function newEntry(id: number, { key, variant, policy, fields, bodyBytes }: Omit<Head, 'digest'>): DiskEntry {
  return {
    id,
    key,
    variant: variant.names.length === 0 ? noVariant : variant, // most have none, and share it
    tags: tagsOf(key, fields),
    dateMs: policy.dateMs,
    receivedMs: policy.responseMs,
    bodyBytes,
    digest: '',
    offset: 0,
    lineBytes: 0,
    outdatedMs: undefined,
    dropped: false,
    bytes: diskBytes(bodyBytes),
    uses: 0,
    queue: undefined,
    earlier: undefined,
    later: undefined,
  };
}

export const sameOf = (entries: Entries, key: string, variant: Variant): DiskEntry | undefined =>
  entries.of(key).find((entry) => sameVariant(entry.variant, variant));

/** The most recent that the request chooses, of those that can be read. */
export function select(entries: Entries, key: string, requestFields: Fields): DiskEntry | undefined {
  let best: DiskEntry | undefined;
  for (const entry of entries.of(key)) {
    if (entry.digest !== '' && (best === undefined || entry.dateMs >= best.dateMs) && matches(entry.variant, requestFields)) best = entry;
  }
  return best;
}
