/**
 * The fetches under way by key, so that requests for one thing cause one of them; and the keys for which that did no good lately.
 */
import type { Fields } from '../fields.js';
import type { Fetch } from './fetch.js';
import { putLatest } from './latest.js';
import { reuseOf } from './reuse.js';
import type { LookUp } from './lookup.js';
import { matches } from './vary.js';

export class InFlight {
  readonly #fetches = new Map<string, Set<Fetch>>();

  add(fetch: Fetch): void {
    const { key } = fetch.options;
    const fetches = this.#fetches.get(key);
    if (fetches === undefined) this.#fetches.set(key, new Set([fetch]));
    else fetches.add(fetch);
  }

  remove(fetch: Fetch): void {
    const { key } = fetch.options;
    const fetches = this.#fetches.get(key);
    if (fetches?.delete(fetch) === true && fetches.size === 0) this.#fetches.delete(key);
  }

  /** What comes of it is for those who wait already, and is not kept. */
  disown(fetch: Fetch): void {
    fetch.invalidated = true;
    this.remove(fetch);
  }

  of(key: string): readonly Fetch[] {
    return [...(this.#fetches.get(key) ?? [])];
  }

  /** On which request fields the responses vary that are arriving. */
  variesOn(key: string): readonly string[] | undefined {
    for (const { arriving } of this.#fetches.get(key) ?? []) if (arriving !== undefined) return arriving.variant.names;
    return undefined;
  }

  all(): readonly Fetch[] {
    return [...this.#fetches.values()].flatMap((fetches) => [...fetches]);
  }

  /** The one that will answer this request as well. @param nowMs monotonic. */
  joinable(found: LookUp, passed: Fields, nowMs: number): Fetch | undefined {
    for (const fetch of this.#fetches.get(found.key) ?? []) if (admits(fetch, found, passed, nowMs)) return fetch;
    return undefined;
  }
}

/**
 * Before the head is there every request for the same thing may wait for it: the origin's word comes after the request. Later it
 * must be one that the response may be reused for (RFC 9111 §4: "collapsed" requests).
 */
function admits({ phase, arriving, options }: Fetch, { stored, asked }: LookUp, passed: Fields, nowMs: number): boolean {
  if (phase === 'waiting') return options.stored === stored && (options.expected === undefined || matches(options.expected, passed));
  return phase === 'storing' && arriving !== undefined && matches(arriving.variant, passed) && reuseOf(arriving.policy, asked, nowMs) === 'fresh';
}

/** Keys are forgotten beyond it, the oldest first; then one fetch at a time finds out anew. */
const keysMax = 10_000;

/** Varnish's hit-for-miss: of such a key no request waits for another's answer. */
export class HitForMiss {
  readonly #untilMs = new Map<string, number>();
  readonly #ttlMs: number;

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  add(key: string, nowMs: number): void {
    putLatest(this.#untilMs, key, nowMs + this.#ttlMs, keysMax);
  }

  /** Something of that key was stored. */
  remove(key: string): void {
    this.#untilMs.delete(key);
  }

  has(key: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > nowMs) return true;
    this.#untilMs.delete(key);
    return false;
  }
}
