/**
 * What becomes of an origin's answer to a fetch: stored, the news that what is stored is still good, an error that something stored
 * stands in for, or nothing that others may have. And what those who waited for it get.
 */
import type { ResponseHead } from '../engines/engine.js';
import type { Core, Exchange } from '../exchange-state.js';
import type { ExchangeRecord } from '../exchange.js';
import { faults, type FaultCode } from '../fault.js';
import { fieldValue, nameTest, type Fields } from '../fields.js';
import type { CacheStatus } from './cache-status.js';
import type { Arriving, Fetch, FetchOwner } from './fetch.js';
import { ageS, readPolicy } from './freshness.js';
import { formatHttpDate } from './http-date.js';
import type { HitForMiss, InFlight } from './in-flight.js';
import { isAuthorized } from './lookup.js';
import type { CacheOptions } from './options.js';
import type { Reader } from './reader.js';
import { isStandInStatus, mayStandIn, requestDirectives, reuseOf } from './reuse.js';
import { serve, without } from './serving.js';
import type { Store } from './store.js';
import type { Arrived, StoredResponse } from './stored-response.js';
import { notStoredReasons, owned, storableFields, whyNotStored, type NotStored, type Storable } from './storing.js';
import { confirmed, hasValidator, headConfirms, updatedFields } from './validation.js';
import type { UseCounts } from './use-counts.js';
import { matches, sameVariant, variantOf } from './vary.js';

/** The cache that is filled. */
export interface FilledCache {
  readonly options: CacheOptions;
  readonly core: Core;
  readonly host: { begin(exchange: Exchange): void };
  readonly store: Store;
  readonly inFlight: InFlight;
  readonly hitForMiss: HitForMiss;
  readonly uses: UseCounts;
  takes(exchange: Exchange): boolean;
  /** What keeps slices of a body that is too long. */
  tapOf(head: Storable, bytes: number, passed: Fields): { write(chunk: Buffer): void } | undefined;
  serve(exchange: Exchange, stored: StoredResponse, status: CacheStatus): void;
  marked(fields: Fields, status: CacheStatus): Fields;
}

export interface Filling extends FetchOwner {
  /** A reader came to a fetch that is under way. */
  onJoined(fetch: Fetch, reader: Reader): void;
  /** An answer to HEAD, which may speak of what is stored for GET. */
  onHeadOnly(exchange: Exchange, key: string, status: number, fields: Fields): void;
}

export const createFilling = (cache: FilledCache): Filling => new CacheFilling(cache);

class CacheFilling implements Filling {
  readonly #cache: FilledCache;

  constructor(cache: FilledCache) {
    this.#cache = cache;
  }

  // ---- the head

  onHead(fetch: Fetch, head: ResponseHead): void {
    const { stored, others } = fetch.options;
    noteAttempts(fetch);
    const validated = stored !== undefined && hasValidator(stored) ? stored : undefined;
    if (head.status === 304 && (validated !== undefined || others.length > 0)) return this.#onNotModified(fetch, validated, head.fields);
    if (stored !== undefined && isStandInStatus(head.status)) this.#standIn(fetch, stored, head.status);
    const storable = this.#storable(fetch, head);
    const reason = this.#whyNot(fetch, head, storable);
    if (reason === undefined) this.#store(fetch, head, owned(storable));
    else this.#pass(fetch, head, reason);
    if (reason === 'too-large' && head.bodyBytes !== undefined) fetch.tap = this.#cache.tapOf(storable, head.bodyBytes, fetch.options.passed);
  }

  #storable(fetch: Fetch, { status, reason, fields }: ResponseHead): Storable {
    const { key, passed } = fetch.options;
    const arrived = this.#arrived(fetch.record?.firstByteMs ?? 0);
    const all = dated(fields, arrived);
    const policy = readPolicy(status, all, arrived, this.#cache.options);
    const storable = storableFields(all, policy.directives);
    return { key, status, reason, policy, fields: storable, variant: variantOf(storable, passed) };
  }

  #arrived(delayMs: number): Arrived {
    const { clock } = this.#cache.core;
    const responseMs = clock.monotonicMs();
    return { requestMs: responseMs - delayMs, responseMs, realtimeMs: clock.realtimeMs() };
  }

  #whyNot(fetch: Fetch, { status, bodyBytes }: ResponseHead, { fields, policy }: Storable): NotStored | undefined {
    const { options, store } = this.#cache;
    const { passed, asked } = fetch.options;
    const reason = whyNotStored({ method: 'GET', directives: asked, authorized: isAuthorized(passed) }, status, fields, policy, options);
    if (reason !== undefined) return reason;
    if (fetch.invalidated) return 'invalidated';
    if (fetch.options.stored === undefined && !this.#cache.uses.suffices(fetch.options.key)) return 'few-uses';
    if (bodyBytes === undefined) return undefined; // it will turn out
    if (bodyBytes > options.objectBytesMax) return 'too-large';
    if (!store.reserve(bodyBytes)) return 'no-room';
    fetch.reserved = bodyBytes;
    return undefined;
  }

  #store(fetch: Fetch, head: ResponseHead, arriving: Arriving): void {
    fetch.store(arriving, head.bodyBytes);
    // §3.1, §5.2.2: who asked gets all fields, also those that others may not have.
    const all = without(dated(head.fields, { realtimeMs: this.#cache.core.clock.realtimeMs() }), isLength);
    for (const reader of [...fetch.readers]) {
      if (reader.collapsed) this.#share(fetch, arriving, reader);
      else this.#begin(fetch, reader, { ...arriving, fields: all });
    }
  }

  /** Whether the response is also for one who waited without having asked: §4, as for any stored one. */
  #share(fetch: Fetch, arriving: Arriving, reader: Reader): void {
    const { core, hitForMiss, host } = this.#cache;
    const nowMs = core.clock.monotonicMs();
    if (!matches(arriving.variant, reader.exchange.arrival.fields.passed)) return this.#again(fetch.release(reader));
    if (reuseOf(arriving.policy, reader.asked, nowMs) === 'fresh') {
      const fields = [...arriving.fields, 'Age', String(ageS(arriving.policy, nowMs))];
      return this.#begin(fetch, reader, { ...arriving, fields });
    }
    hitForMiss.add(arriving.key, nowMs);
    host.begin(fetch.release(reader));
  }

  #begin(fetch: Fetch, reader: Reader, arriving: Arriving): void {
    const { word, collapsed, exchange } = reader;
    const { length } = fetch;
    const served = serve(arriving, length, 'GET', exchange.arrival.fields.passed, this.#cache.core.clock.realtimeMs());
    const { status, reason, first, end } = served;
    const fwdStatus = status === arriving.status ? undefined : arriving.status;
    const fields = this.#cache.marked(served.fields, { word, fwdStatus, stored: true, collapsed });
    fetch.begin(reader, { status, reason, fields, bodyBytes: end === Infinity ? undefined : end - first }, first, end);
  }

  #pass(fetch: Fetch, head: ResponseHead, reason: NotStored): void {
    const { hitForMiss, host, inFlight, store, core } = this.#cache;
    const { key, stored } = fetch.options;
    this.#count(reason);
    inFlight.remove(fetch);
    if (reason !== 'invalidated' && reason !== 'few-uses') hitForMiss.add(key, core.clock.monotonicMs());
    if (stored !== undefined && head.status < 500) store.remove(stored); // the origin has something else now
    // What may not be shared is for the one who asked; when that one has left it is for nobody.
    const leader = [...fetch.readers].find(({ collapsed }) => !collapsed);
    const released = [...fetch.readers].filter((reader) => reader !== leader).map((reader) => fetch.release(reader));
    if (leader === undefined) fetch.abandon();
    else fetch.pass(leader, { ...head, fields: this.#cache.marked(head.fields, { word: leader.word }) });
    released.forEach((exchange) => host.begin(exchange));
  }

  /** As if it had just come. */
  #again(exchange: Exchange): void {
    if (!this.#cache.takes(exchange)) this.#cache.host.begin(exchange);
  }

  // ---- validation

  #onNotModified(fetch: Fetch, validated: StoredResponse | undefined, update: Fields): void {
    const { store } = this.#cache;
    const { others } = fetch.options;
    const readers = [...fetch.readers];
    fetch.settle();
    const stored = confirmed(update, validated, others);
    if (stored === undefined) {
      // or the next request would offer them again
      for (const each of validated === undefined ? others : [validated, ...others]) store.remove(each);
      return readers.forEach((reader) => this.#again(fetch.release(reader)));
    }
    const fresh = this.#freshen(stored, update, fetch.options.passed, fetch.record?.firstByteMs ?? 0);
    if (fetch.invalidated) store.remove(fresh); // it may have been made before
    for (const reader of readers) {
      const { word, collapsed } = reader;
      this.#cache.serve(fetch.release(reader), fresh, { word, fwdStatus: 304, collapsed });
    }
  }

  /** §4.3.4. What it says now may also be that it is to be stored no longer. */
  #freshen(stored: StoredResponse, update: Fields, passed: Fields, delayMs: number): StoredResponse {
    const { options, store } = this.#cache;
    const arrived = this.#arrived(delayMs);
    const all = updatedFields(stored.fields, dated(update, arrived));
    const policy = readPolicy(stored.status, all, arrived, options);
    const fields = storableFields(all, policy.directives);
    const asked = { method: 'GET', directives: requestDirectives(passed), authorized: isAuthorized(passed) };
    const fresh = { body: stored.body, ...owned({ ...stored, fields, policy, variant: variantOf(fields, passed) }) };
    const reason = whyNotStored(asked, stored.status, fields, policy, options);
    if (reason === undefined) {
      const isOther = !matches(stored.variant, passed);
      store.replace(stored, isOther ? { ...fresh, variant: stored.variant } : fresh);
      if (isOther) store.put(fresh); // the same body for another choice
    } else {
      this.#count(reason);
      store.remove(stored);
    }
    return fresh;
  }

  /** §4.3.5. */
  onHeadOnly(exchange: Exchange, key: string, status: number, fields: Fields): void {
    const { passed } = exchange.arrival.fields;
    const stored = this.#cache.store.select(key, passed);
    if (stored === undefined || status !== 200 || stored.status !== 200) return;
    if (headConfirms(fields, stored)) this.#freshen(stored, fields, passed, exchange.record.firstByteMs);
    else this.#cache.store.remove(stored);
  }

  // ---- when it goes wrong

  onFault(fetch: Fetch, code: FaultCode, detail: string): void {
    const { stored } = fetch.options;
    noteAttempts(fetch);
    if (stored !== undefined && faults[code].source === 'upstream') this.#standIn(fetch, stored, undefined);
    fetch.failReaders(code, detail);
  }

  /** RFC 5861 §4. */
  #standIn(fetch: Fetch, offered: StoredResponse, fwdStatus: number | undefined): void {
    // What was taken out of use meanwhile is not the origin's word, as a 304 is: only what a soft purge left of it may do.
    const stored = fetch.invalidated ? this.#cache.store.select(offered.key, fetch.options.passed) : offered;
    if (stored === undefined) return;
    const nowMs = this.#cache.core.clock.monotonicMs();
    for (const reader of [...fetch.readers]) {
      const { word, collapsed, asked } = reader;
      if (!mayStandIn(stored.policy, asked, nowMs)) continue;
      this.#cache.serve(fetch.release(reader), stored, { word, fwdStatus, collapsed, detail: 'stale-if-error' });
    }
  }

  // ---- the body

  onGrowth(fetch: Fetch, bytes: number): NotStored | undefined {
    if (fetch.length !== undefined) return undefined; // it has its room
    if (fetch.reserved + bytes > this.#cache.options.objectBytesMax) return 'too-large';
    if (!this.#cache.store.reserve(bytes)) return 'no-room';
    fetch.reserved += bytes;
    return undefined;
  }

  onBody(fetch: Fetch, outcome: 'whole' | NotStored): void {
    const { store, options, hitForMiss } = this.#cache;
    const { arriving, length } = fetch;
    store.release(fetch.reserved);
    fetch.reserved = 0;
    if (outcome !== 'whole' || arriving === undefined) return this.#count(outcome === 'whole' ? 'incomplete' : outcome);
    if (fetch.invalidated || this.#isOlder(arriving)) return this.#count('invalidated');
    const body = fetch.wholeBody();
    if (length !== undefined && body.length !== length) return this.#count('incomplete');
    if (!store.put({ ...arriving, body })) return this.#count('no-room');
    options.stats.storedTotal += 1;
    hitForMiss.remove(arriving.key);
  }

  /** What the origin said of it meanwhile counts (§4: "the most recent one"). */
  #isOlder({ key, variant, policy }: Arriving): boolean {
    const same = this.#cache.store.allOf(key).find((stored) => sameVariant(stored.variant, variant));
    return same !== undefined && same.policy.responseMs > policy.responseMs;
  }

  onJoined(fetch: Fetch, reader: Reader): void {
    if (fetch.arriving !== undefined) this.#share(fetch, fetch.arriving, reader);
  }

  onClosed(fetch: Fetch): void {
    this.#cache.inFlight.remove(fetch);
  }

  #count(reason: NotStored): void {
    this.#cache.options.stats.notStored.add(notStoredReasons.indexOf(reason));
  }
}

interface Attempted {
  readonly readers: Iterable<{ readonly exchange: Exchange; readonly collapsed: boolean }>;
  readonly record: ExchangeRecord | undefined;
}

/** The one that caused it has its attempts, in log and metrics; who shares it had none. */
export function noteAttempts({ readers, record }: Attempted): void {
  if (record === undefined) return;
  for (const { exchange, collapsed } of readers) {
    if (collapsed) continue;
    const { origin, attempts, connectMs, firstByteMs } = record;
    Object.assign(exchange.record, { origin, attempts: exchange.record.attempts + attempts, connectMs, firstByteMs });
  }
}

/** It may be another one that is sent: a part of the body, or none. */
const isLength = nameTest(['content-length']);

/** A recipient with a clock adds the Date that is missing (RFC 9110 §6.6.1). */
export function dated(fields: Fields, { realtimeMs }: Pick<Arrived, 'realtimeMs'>): Fields {
  return fieldValue(fields, 'date') === undefined ? [...fields, 'Date', formatHttpDate(realtimeMs)] : fields;
}
