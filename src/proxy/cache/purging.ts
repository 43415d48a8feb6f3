/**
 * Takes what is stored out of use, by order of the operator or of an origin, and what is under way with it: that may have been made
 * before.
 */
import type { Core } from '../exchange-state.js';
import type { Fields } from '../fields.js';
import type { Meant } from './entry-index.js';
import type { InFlight } from './in-flight.js';
import { invalidatedKeys } from './invalidation.js';
import type { CacheOptions } from './options.js';
import type { Purge } from './purge.js';
import { isSliceKey, objectKey } from './slices/sliced-object.js';
import type { Slices } from './slices/slices.js';
import type { Store } from './store.js';
import { invalidatedGroups, tagsOf } from './tags.js';

/** The cache that it is done to. */
export interface PurgedCache {
  readonly options: CacheOptions;
  readonly core: Core;
  readonly store: Store;
  readonly inFlight: InFlight;
  readonly slices: Slices;
}

export class Purging {
  readonly #cache: PurgedCache;
  #lastMs = -Infinity;

  constructor(cache: PurgedCache) {
    this.#cache = cache;
  }

  /** @returns how many responses; slices of one do not count. */
  purge(purge: Purge): number {
    const { store, core, options } = this.#cache;
    const nowMs = core.clock.monotonicMs();
    this.#lastMs = nowMs;
    const purged = store.purge(meantBy(purge), purge.soft, nowMs);
    const count = purged.filter(({ key }) => !isSliceKey(key)).length;
    const { inFlight, slices } = this.#cache;
    for (const fetch of inFlight.all()) if (isMeant(purge, fetch.options.key, fetch.arriving?.fields)) inFlight.disown(fetch);
    for (const fetch of slices.fetches.all()) {
      if (isMeant(purge, fetch.options.key, fetch.object?.record.fields)) slices.fetches.disown(fetch);
    }
    options.stats.purgedTotal += count;
    return count;
  }

  /** Whether an answer that was asked for so long ago may have been made before a purge: it confirms nothing then. */
  wasSince(agoMs: number): boolean {
    return this.#lastMs >= this.#cache.core.clock.monotonicMs() - agoMs;
  }

  /** An answer to an unsafe request went by (RFC 9111 §4.4, RFC 9875 §3). @param key of the request */
  onUnsafe(method: string, key: string, status: number, fields: Fields): void {
    for (const invalid of invalidatedKeys(method, key, status, fields)) this.#invalidate(invalid);
    if (status < 200 || status > 399) return;
    for (const what of invalidatedGroups(key, fields)) this.purge({ by: 'tag', what, soft: false });
  }

  #invalidate(invalid: string): void {
    const { store, options, inFlight, slices } = this.#cache;
    options.stats.invalidatedTotal += store.removeKey(invalid) + store.removeKey(objectKey(invalid));
    for (const fetch of inFlight.of(invalid)) inFlight.disown(fetch);
    for (const fetch of slices.fetches.of(invalid)) slices.fetches.disown(fetch);
  }
}

function meantBy({ by, what }: Purge): Meant {
  if (by === 'tag') return { tag: what };
  return by === 'prefix' ? { prefix: what } : { keys: [what, objectKey(what)] };
}

/** @param fields undefined: they are not here yet, so it may have any tag */
function isMeant({ by, what }: Purge, key: string, fields: Fields | undefined): boolean {
  if (by === 'tag') return fields === undefined || tagsOf(key, fields).includes(what);
  return by === 'prefix' ? key.startsWith(what) : key === what;
}
