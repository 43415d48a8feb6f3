/**
 * Large media: ranges of what is not stored, and objects too long to be stored whole, in slices of one size, each fetched when
 * somebody wants it.
 *
 * Here is what a request gets: a stream of an object that is known, or a fetch by which it becomes so. `slice-filling.ts` decides
 * what becomes of the origin's answers.
 */
import { answer } from '../../ending.js';
import type { Downstream } from '../../engines/engine.js';
import type { Core, Exchange } from '../../exchange-state.js';
import type { ExchangeRecord } from '../../exchange.js';
import { fieldValue, type Fields } from '../../fields.js';
import type { CacheDetail, CacheStatus, CacheWord } from '../cache-status.js';
import { ageS, freshForS } from '../freshness.js';
import type { Loading } from '../disk/loading.js';
import { HitForMiss } from '../in-flight.js';
import type { LookUp } from '../lookup.js';
import type { CacheOptions } from '../options.js';
import { isOverdue, reuseOf, type Reuse } from '../reuse.js';
import { serve } from '../serving.js';
import type { Store } from '../store.js';
import type { StoredResponse } from '../stored-response.js';
import { owned, type NotStored, type Storable } from '../storing.js';
import { fetchFields } from '../validation.js';
import { noVariant } from '../vary.js';
import { askedRange } from './byte-range.js';
import { SliceFetch, type SliceFetchOwner, type SliceIntent, type SliceUser } from './slice-fetch.js';
import { SliceFetches } from './slice-fetches.js';
import { createSliceFilling, type FilledSlices } from './slice-filling.js';
import { SliceTap } from './slice-tap.js';
import { SliceStream, type SliceSource, type SliceSources } from './slice-stream.js';
import { ifRange, objectKey, objectOf, readObject, recordOf, sliceKey, strongValidator, type SlicedObject } from './sliced-object.js';

/** The cache that slices are part of. */
export interface SlicedCache {
  readonly options: CacheOptions;
  readonly core: Core;
  readonly store: Store;
  readonly host: { begin(exchange: Exchange): void };
  /** None without a disk. */
  readonly loading: Loading | undefined;
  takes(exchange: Exchange): boolean;
  /** Fetches the whole for it. */
  fill(exchange: Exchange): void;
  marked(fields: Fields, status: CacheStatus): Fields;
  /** Makes an exchange of a fetch. */
  send(downstream: Downstream, id: string, onMade: (record: ExchangeRecord) => void): void;
}

/** Slices of an answer that is given without a place among those in flight: it is soon over. */
const atOnceMax = 32;
/** Of an object that is removed; what is beyond goes as other things need its room. */
const removedMax = 10_000;

export const createSlices = (cache: SlicedCache): Slices => new Slices(cache);

export class Slices implements SliceSources, FilledSlices {
  readonly cache: SlicedCache;
  readonly sliceBytes: number;
  readonly fetches = new SliceFetches();
  /** Keys whose origin gave no slices lately: their ranges are passed on. */
  readonly unsliceable: HitForMiss;
  readonly #changed: HitForMiss;
  readonly #filling: SliceFetchOwner;
  #made = 0;
  /** Their object changed before they had anything of it. */
  readonly #again = new WeakSet<Exchange>();

  constructor(cache: SlicedCache) {
    this.cache = cache;
    const { sliceBytes, bytesMax } = cache.options;
    this.sliceBytes = 2 * sliceBytes > bytesMax ? 0 : sliceBytes; // what cannot be kept would be fetched for each byte of it
    this.unsliceable = new HitForMiss(cache.options.hitForMissS * 1000);
    this.#changed = new HitForMiss(cache.options.hitForMissS * 1000);
    this.#filling = createSliceFilling(this);
  }

  /** On arrival: what needs no fetch at all. @returns whether it was that. */
  answers(exchange: Exchange, { key, asked, stored }: LookUp): boolean {
    const { core, store } = this.cache;
    if (this.sliceBytes === 0 || stored !== undefined || exchange.downstream.request.method !== 'GET') return false;
    const { passed } = exchange.arrival.fields;
    const object = readObject(store, key, passed);
    if (object === undefined || firstWanted(fieldValue(passed, 'range'), object) === undefined) return false;
    if (!isUsable(reuseOf(object.record.policy, asked, core.clock.monotonicMs())) || !this.#hasAll(key, object, passed)) return false;
    this.open(new SliceStream(exchange, key, 'hit', asked, this), object);
    return true;
  }

  #hasAll(key: string, { record, total, id }: SlicedObject, passed: Fields): boolean {
    const { core, store } = this.cache;
    const { first, end } = serve(record, total, 'GET', passed, core.clock.realtimeMs());
    if (end - first > atOnceMax * this.sliceBytes) return false;
    for (let number = Math.floor(first / this.sliceBytes); number * this.sliceBytes < end; number += 1) {
      if (!store.has(sliceKey(key, id, number))) return false;
    }
    return true;
  }

  /** Before anything is fetched whole. @returns whether it has taken the exchange over. */
  takes(exchange: Exchange, { key, asked, stored, word }: LookUp): boolean {
    const { core, store, options } = this.cache;
    if (this.sliceBytes === 0 || stored !== undefined || exchange.downstream.request.method !== 'GET' || asked.has('no-store')) return false;
    const nowMs = core.clock.monotonicMs();
    if (this.unsliceable.has(key, nowMs)) return false;
    const { passed } = exchange.arrival.fields;
    let object = readObject(store, key, passed);
    if (object !== undefined && isOverdue(object.record.policy, nowMs, options.keepS)) {
      this.drop(key, passed, object);
      object = undefined;
    }
    const first = firstWanted(fieldValue(passed, 'range'), object);
    if (first === undefined) return false;
    const reuse = object === undefined ? undefined : reuseOf(object.record.policy, asked, nowMs);
    const stream = new SliceStream(exchange, key, wordOf(reuse, word), asked, this);
    if (object !== undefined && isUsable(reuse)) this.open(stream, object);
    else this.#learn(stream, object, Math.floor(first / this.sliceBytes));
    return true;
  }

  close(): void {
    for (const fetch of this.fetches.all()) fetch.abandon();
  }

  // ---- what is known

  /** Its answer out of this object: the head when there is something to send behind it. */
  open(stream: SliceUser, object: SlicedObject, fwdStatus?: number, detail?: CacheDetail): void {
    const { exchange, collapsed, learnt } = stream;
    const { record, total } = object;
    const { clock } = this.cache.core;
    const served = serve(record, total, 'GET', exchange.arrival.fields.passed, clock.realtimeMs());
    const { status, reason, first, end } = served;
    const headOf = (word: CacheWord) => {
      const nowMs = clock.monotonicMs();
      exchange.record.cache = word;
      const all = [...served.fields, 'Age', String(ageS(record.policy, nowMs))];
      const ttlS = word === 'hit' ? freshForS(record.policy, nowMs) : undefined;
      const stored = word !== 'hit' && fwdStatus === undefined;
      const fields = this.cache.marked(all, { word, ttlS, fwdStatus, stored, collapsed, detail });
      return { status, reason, fields, bodyBytes: end - first };
    };
    if (first < end) return stream.open(object, first, end, headOf);
    const { fields } = headOf(learnt ? stream.word : 'hit');
    answer(stream.release(true), status, reason, fields, Buffer.alloc(0), false);
  }

  sourceOf(stream: SliceStream, object: SlicedObject, number: number, fromDisk: boolean): SliceSource {
    const { store, options } = this.cache;
    const { key } = stream;
    const stored = store.select(sliceKey(key, object.id, number), []);
    if (stored?.body.length === Math.min(this.sliceBytes, object.total - number * this.sliceBytes)) return stored.body;
    const load = fromDisk && stored === undefined ? this.cache.loading?.slice(sliceKey(key, object.id, number)) : undefined;
    if (load !== undefined) {
      load.users.add(stream);
      return load;
    }
    const joined = this.fetches.bringing(key, object, number);
    if (joined !== undefined) {
      if (!joined.users.has(stream)) options.stats.collapsedTotal += 1;
      joined.users.add(stream);
      return joined;
    }
    const fetch = this.#newFetch(stream, number, 'more', object);
    fetch.users.add(stream);
    this.#start(fetch, stream);
    return fetch;
  }

  // ---- what is not

  #learn(stream: SliceStream, stale: SlicedObject | undefined, number: number): void {
    const { core, options } = this.cache;
    const { key } = stream;
    const { passed } = stream.exchange.arrival.fields;
    const teaching = this.fetches.teaching(key, number, stale, passed, stream.asked, core.clock.monotonicMs());
    if (teaching !== undefined) {
      options.stats.collapsedTotal += 1;
      stream.collapsed = true;
      stream.learnFrom(teaching);
      if (teaching.object !== undefined) this.open(stream, teaching.object);
      return;
    }
    const fetch = this.#newFetch(stream, number, stale === undefined ? 'first' : 'validate', stale);
    stream.learnFrom(fetch);
    this.#start(fetch, stream);
  }

  #newFetch(stream: SliceStream, number: number, intent: SliceIntent, object: SlicedObject | undefined): SliceFetch {
    const { exchange, asked, key } = stream;
    const { request, client } = exchange.downstream;
    const first = number * this.sliceBytes;
    const fields = [...fetchFields(request.fields, intent === 'validate' ? object?.record : undefined, [])];
    fields.push('Range', `bytes=${first}-${first + this.sliceBytes - 1}`);
    if (intent === 'more' && object !== undefined) fields.push('If-Range', ifRange(object));
    const { passed } = exchange.arrival.fields;
    const options = { key, number, intent, object, request: { ...request, fields }, client, passed, asked, cause: stream };
    return new SliceFetch(options, this.#filling);
  }

  #start(fetch: SliceFetch, { exchange }: SliceStream): void {
    this.fetches.add(fetch);
    this.cache.send(fetch, exchange.record.id, (record) => (fetch.record = record));
  }

  // ---- what changes

  keepObject(head: Omit<StoredResponse, 'body'>, total: number, validator: string, passed: Fields): SlicedObject {
    const { store } = this.cache;
    const known = readObject(store, head.key, passed);
    const kept = { ...head, key: objectKey(head.key) };
    if (known !== undefined && known.total === total && strongValidator(known.record.policy) === validator) {
      // RFC 9111 §3.4: what was said last counts.
      const fresh = recordOf(kept, total, known.id);
      if (head.policy.dateMs >= known.record.policy.dateMs) store.replace(known.record, fresh);
      return objectOf(fresh);
    }
    if (known !== undefined) this.changed(head.key, passed, known);
    const record = recordOf(kept, total, this.#newId());
    store.put(record);
    return objectOf(record);
  }

  keepSlice(key: string, { id, record }: SlicedObject, number: number, body: Buffer, passed: Fields): NotStored | undefined {
    const { store, options } = this.cache;
    if (readObject(store, key, passed)?.id !== id) return 'invalidated';
    const { policy } = record;
    const slice = { key: sliceKey(key, id, number), variant: noVariant, status: 206, reason: '', fields: [], policy, body };
    if (!store.put(slice)) return 'no-room';
    options.stats.storedTotal += 1;
    return undefined;
  }

  /** Keeps slices of a whole that passes by; undefined: its origin may not give what would be missing of it later. */
  tapOf(storable: Storable, total: number, passed: Fields): SliceTap | undefined {
    const { key, status, fields, policy } = storable;
    const validator = strongValidator(policy);
    const gives = fieldValue(fields, 'accept-ranges')?.trim().toLowerCase() === 'bytes';
    if (this.sliceBytes === 0 || status !== 200 || validator === undefined || !gives) return undefined;
    if (this.unsliceable.has(key, this.cache.core.clock.monotonicMs())) return undefined;
    const object = this.keepObject(owned(storable), total, validator, passed);
    return new SliceTap({
      sliceBytes: this.sliceBytes,
      total,
      has: (number) => this.cache.store.has(sliceKey(key, object.id, number)),
      keep: (number, body) => void this.keepSlice(key, object, number, body, passed),
    });
  }

  /** Also after a restart no other object has it. */
  #newId(): string {
    this.#made += 1;
    return `${Math.floor(this.cache.core.clock.realtimeMs()).toString(36)}.${this.#made.toString(36)}`;
  }

  /** As if it had just come, but once: two origins that do not agree would keep it here for ever. */
  retry(exchange: Exchange): void {
    const once = !this.#again.has(exchange);
    this.#again.add(exchange);
    if (!once || !this.cache.takes(exchange)) this.cache.host.begin(exchange);
  }

  /** The origin has another one now. What changes twice in a while is passed on for a while: perhaps two origins do not agree. */
  changed(key: string, passed: Fields, object: SlicedObject): void {
    if (readObject(this.cache.store, key, passed)?.id !== object.id) return;
    const nowMs = this.cache.core.clock.monotonicMs();
    this.cache.options.stats.slicedChangesTotal += 1;
    if (this.#changed.has(key, nowMs)) this.unsliceable.add(key, nowMs);
    this.#changed.add(key, nowMs);
    this.drop(key, passed, object);
  }

  drop(key: string, passed: Fields, { id, total }: SlicedObject): void {
    const { store } = this.cache;
    const now = readObject(store, key, passed);
    if (now?.id !== id) return;
    store.remove(now.record);
    const count = Math.min(removedMax, Math.ceil(total / this.sliceBytes));
    const keys = Array.from({ length: count }, (_, number) => sliceKey(key, id, number));
    store.purge({ keys }, false, this.cache.core.clock.monotonicMs());
  }
}

/** The first byte that a request needs; undefined: it is passed on, or fetched whole. */
function firstWanted(range: string | undefined, object: SlicedObject | undefined): number | undefined {
  if (range === undefined) return object === undefined ? undefined : 0;
  const asked = askedRange(range);
  if (asked === 'other') return undefined;
  if (asked === 'suffix') return object === undefined ? undefined : 0;
  return asked.first;
}

const isUsable = (reuse: Reuse | undefined): boolean => reuse === 'fresh' || reuse === 'stale';

function wordOf(reuse: Reuse | undefined, word: CacheWord): CacheWord {
  if (reuse === 'validate-request') return 'request';
  return reuse === 'validate' || reuse === 'stale-while-revalidate' ? 'stale' : word;
}
