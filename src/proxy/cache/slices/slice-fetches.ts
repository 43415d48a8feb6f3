/**
 * The slices under way by the key of their object, so that each is fetched once for all who want it.
 */
import type { Fields } from '../../fields.js';
import type { Directives } from '../directives.js';
import { reuseOf } from '../reuse.js';
import { matches } from '../vary.js';
import type { SliceFetch } from './slice-fetch.js';
import type { SlicedObject } from './sliced-object.js';

export class SliceFetches {
  readonly #fetches = new Map<string, Set<SliceFetch>>();

  add(fetch: SliceFetch): void {
    const { key } = fetch.options;
    const fetches = this.#fetches.get(key);
    if (fetches === undefined) this.#fetches.set(key, new Set([fetch]));
    else fetches.add(fetch);
  }

  remove(fetch: SliceFetch): void {
    const { key } = fetch.options;
    const fetches = this.#fetches.get(key);
    if (fetches?.delete(fetch) === true && fetches.size === 0) this.#fetches.delete(key);
  }

  /** What comes of it is for those who wait already, and is not kept. */
  disown(fetch: SliceFetch): void {
    fetch.invalidated = true;
    this.remove(fetch);
  }

  of(key: string): readonly SliceFetch[] {
    return [...(this.#fetches.get(key) ?? [])];
  }

  all(): readonly SliceFetch[] {
    return [...this.#fetches.values()].flatMap((fetches) => [...fetches]);
  }

  /** The one that brings this slice of this object, or will turn out to. */
  bringing(key: string, object: SlicedObject, number: number): SliceFetch | undefined {
    for (const fetch of this.#fetches.get(key) ?? []) if (fetch.options.number === number && brings(fetch, object)) return fetch;
    return undefined;
  }

  /** The one that will tell what object a request is for, of which `stale` is known. @param nowMs monotonic. */
  teaching(
    key: string,
    number: number,
    stale: SlicedObject | undefined,
    passed: Fields,
    asked: Directives,
    nowMs: number,
  ): SliceFetch | undefined {
    for (const fetch of this.#fetches.get(key) ?? []) {
      const { options, phase, object } = fetch;
      if (options.number !== number || options.intent === 'more') continue;
      if (phase === 'waiting' && options.object?.record === stale?.record) return fetch;
      if (phase === 'filling' && object !== undefined && isFor(object, passed, asked, nowMs)) return fetch;
    }
    return undefined;
  }
}

/** Whether one who has not caused its fetch may have it (RFC 9111 §4). */
export const isFor = ({ record }: SlicedObject, passed: Fields, asked: Directives, nowMs: number): boolean =>
  matches(record.variant, passed) && reuseOf(record.policy, asked, nowMs) === 'fresh';

/** A head that is still to come is compared when it has. */
function brings({ phase, object, options }: SliceFetch, wanted: SlicedObject): boolean {
  if (phase === 'filling') return object?.id === wanted.id;
  if (phase !== 'waiting' || options.intent === 'validate') return false;
  return options.intent === 'more' ? options.object?.id === wanted.id : matches(wanted.record.variant, options.passed);
}
