/**
 * A shared cache after RFC 9111 in front of the origins: what a request gets at once, and whom it waits with.
 *
 * The gateway asks on arrival (a hit needs no place among those in flight) and again when the request has its place. `filling.ts`
 * decides what becomes of an origin's answer.
 */
import { answer, failRefused } from '../ending.js';
import type { ClientInfo, Downstream, Prepared } from '../engines/engine.js';
import type { Cache, Core, Exchange } from '../exchange-state.js';
import type { ExchangeRecord } from '../exchange.js';
import type { Fields } from '../fields.js';
import { newRequestId } from '../rewriting.js';
import { wholeBody } from './arriving-body.js';
import { formatCacheStatus, withCacheStatus, type CacheDetail, type CacheStatus } from './cache-status.js';
import { Loading } from './disk/loading.js';
import { TieredStore } from './disk/tiered-store.js';
import { Fetch } from './fetch.js';
import { createFilling, type FilledCache, type Filling } from './filling.js';
import { ageS, freshForS } from './freshness.js';
import { InFlight, HitForMiss } from './in-flight.js';
import { isSafe } from './invalidation.js';
import { asksForRange, keyOf, lookUp, passesBy, type LookUp } from './lookup.js';
import type { CacheOptions } from './options.js';
import { noDirectives } from './directives.js';
import type { Purge } from './purge.js';
import { Reader } from './reader.js';
import { Repeats } from './repeats.js';
import type { Reuse } from './reuse.js';
import { Purging } from './purging.js';
import { atOnceBytes, serve } from './serving.js';
import type { SliceTap } from './slices/slice-tap.js';
import { createSlices, type SlicedCache, type Slices } from './slices/slices.js';
import { createStore, type Store } from './store.js';
import type { StoredResponse } from './stored-response.js';
import type { Storable } from './storing.js';
import { UseCounts } from './use-counts.js';
import { fetchFields, hasValidator, offeredVariants } from './validation.js';
import { variantBy } from './vary.js';

/** What the gateway does for the cache. */
export interface CacheHost {
  /** Lets an exchange go to the origin by itself. */
  begin(exchange: Exchange): void;
  /** Makes an exchange of a fetch. @param id of the request that is the cause; undefined: nobody waits, so it waits for a place. */
  fetch(core: Core, downstream: Downstream, id: string | undefined, onMade: (record: ExchangeRecord) => void): void;
}

const hitDetails: Readonly<Partial<Record<Reuse, CacheDetail>>> = { stale: 'max-stale', 'stale-while-revalidate': 'stale-while-revalidate' };

export function createCache(options: CacheOptions, core: Core, host: CacheHost): Cache {
  return new HttpCache(options, core, host);
}

class HttpCache implements Cache, FilledCache, SlicedCache {
  readonly options: CacheOptions;
  readonly core: Core;
  readonly host: CacheHost;
  readonly store: Store;
  readonly inFlight = new InFlight();
  readonly hitForMiss: HitForMiss;
  readonly uses: UseCounts;
  /** Of exchanges that are fetches: they use no cache, and nobody is told of them. */
  readonly #fetchCore: Core;
  readonly #filling: Filling;
  readonly slices: Slices;
  readonly loading: Loading | undefined;
  readonly #repeats: Repeats;
  readonly #purging: Purging;

  constructor(options: CacheOptions, core: Core, host: CacheHost) {
    this.options = options;
    this.core = core;
    this.host = host;
    const memory = createStore(options);
    const disk = options.diskStore;
    const tiered = disk === undefined ? undefined : new TieredStore(memory, disk);
    this.store = tiered ?? memory;
    options.stats.store = this.store.stats;
    this.hitForMiss = new HitForMiss(options.hitForMissS * 1000);
    this.uses = new UseCounts(options.minUses);
    const stats = { ...core.stats }; // its bytes are none that clients got
    this.#fetchCore = { ...core, keepsOwnName: true, cache: undefined, context: { ...core.context, stats }, onFinish: () => undefined };
    this.#filling = createFilling(this);
    if (disk !== undefined && tiered !== undefined) {
      const again = (exchange: Exchange, fromDisk: boolean): void => void (this.#takes(exchange, fromDisk) || host.begin(exchange));
      this.loading = new Loading({ clock: core.clock, store: tiered, disk, owner: this.#filling, again });
    }
    this.#repeats = new Repeats(core, this.store, options.bytesMax);
    this.slices = createSlices(this);
    this.#purging = new Purging(this);
  }

  // ---- what the gateway asks

  repeated(text: string, client: ClientInfo): Prepared | undefined {
    return this.#repeats.answer(text, client);
  }

  answers(exchange: Exchange): boolean {
    const { record } = exchange;
    record.cache = passesBy(exchange);
    if (record.cache !== undefined) return false;
    const found = this.#find(exchange);
    if (found === undefined) return false;
    if (this.#serves(exchange, found) || this.slices.answers(exchange, found)) return true;
    if (!found.asked.has('only-if-cached') || this.loading?.has(exchange, found) === true) return false;
    this.#refuse(exchange);
    return true;
  }

  #refuse(exchange: Exchange): void {
    exchange.record.cache = 'only-if-cached';
    answer(exchange, 504, 'Gateway Timeout', this.marked(notStoredFields, { word: 'only-if-cached' }), notStoredBody, false);
  }

  takes(exchange: Exchange): boolean {
    return this.#takes(exchange, true);
  }

  #takes(exchange: Exchange, fromDisk: boolean): boolean {
    const word = exchange.record.cache;
    if (word === 'method' || word === 'bypass') return false;
    const found = this.#find(exchange);
    if (found === undefined) return false;
    if (this.#serves(exchange, found)) return true;
    if (fromDisk && this.loading?.takes(exchange, found) === true) return true;
    if (found.asked.has('only-if-cached')) {
      if (!this.slices.answers(exchange, found)) this.#refuse(exchange); // when it came it was on disk
      return true;
    }
    if (this.slices.takes(exchange, found)) return true;
    if (!this.#fills(exchange, found)) return false;
    this.#fetchFor(exchange, found);
    return true;
  }

  onPassed(exchange: Exchange, status: number, fields: Fields): Fields {
    const { method } = exchange.downstream.request;
    const word = exchange.record.cache ?? 'bypass';
    const key = keyOf(exchange);
    if (key !== undefined && !isSafe(method)) this.#purging.onUnsafe(method, key, status, fields);
    const isNews = method === 'HEAD' && word !== 'bypass' && !this.#purging.wasSince(exchange.record.firstByteMs);
    if (key !== undefined && isNews) this.#filling.onHeadOnly(exchange, key, status, fields);
    return this.marked(fields, { word });
  }

  purge(purge: Purge): number {
    return this.#purging.purge(purge);
  }

  onFailed({ record: { cache, attempts } }: Exchange, fields: Fields): Fields {
    return cache === undefined || attempts === 0 ? fields : this.marked(fields, { word: cache });
  }

  close(): void {
    for (const fetch of this.inFlight.all()) fetch.abandon();
    this.slices.close();
  }

  // ---- what is there

  #find(exchange: Exchange): LookUp | undefined {
    const key = keyOf(exchange);
    if (key === undefined) {
      exchange.record.cache = 'bypass';
      return undefined;
    }
    const found = lookUp(this.store, key, exchange.arrival.fields.passed, this.core.clock.monotonicMs(), this.options.keepS);
    exchange.record.cache = found.word;
    return found;
  }

  #serves(exchange: Exchange, found: LookUp): boolean {
    const { stored, reuse } = found;
    if (stored === undefined || reuse === undefined || reuse === 'validate' || reuse === 'validate-request') return false;
    if (reuse === 'stale-while-revalidate') this.#revalidate(exchange, found);
    this.serve(exchange, stored, { word: 'hit', detail: hitDetails[reuse] });
    if (reuse === 'fresh' && found.asked.size === 0) this.#repeats.note(exchange, stored);
    return true;
  }

  /** Answers with what is stored. */
  serve(exchange: Exchange, stored: StoredResponse, status: CacheStatus): void {
    const { core } = this;
    const nowMs = core.clock.monotonicMs();
    const { method } = exchange.downstream.request;
    const { policy } = stored;
    const whole = { body: stored.body, boundary: () => newRequestId(core.random) };
    const served = serve(stored, stored.body.length, method, exchange.arrival.fields.passed, core.clock.realtimeMs(), whole);
    const body = served.multipart ?? stored.body;
    exchange.record.cache = status.word;
    served.fields.push('Age', String(ageS(policy, nowMs)));
    const fields = this.marked(served.fields, { ...status, ttlS: freshForS(policy, nowMs) });
    const { first, end, reason } = served;
    try {
      const part = body.subarray(first, end);
      if (part.length <= atOnceBytes || method === 'HEAD') return answer(exchange, served.status, reason, fields, part, false);
      const reader = new Reader(exchange, undefined, status.word, noDirectives, false);
      reader.begin({ status: served.status, reason, fields, bodyBytes: end - first }, wholeBody(body), first, end);
    } catch (error) {
      this.store.remove(stored); // it has a field that no engine writes
      failRefused(exchange, 'invalid-response', error);
    }
  }

  marked(fields: Fields, status: CacheStatus): Fields {
    return withCacheStatus(fields, formatCacheStatus(this.core.via.pseudonym, status));
  }

  // ---- what must be fetched

  /** HEAD brings no body; parts are not stored, and whoever wants one of something long should not wait for all of it. */
  #fills(exchange: Exchange, { asked, stored }: LookUp): boolean {
    if (exchange.downstream.request.method !== 'GET' || asked.has('no-store')) return false;
    return stored !== undefined || !asksForRange(exchange.arrival.fields.passed);
  }

  tapOf(head: Storable, bytes: number, passed: Fields): SliceTap | undefined {
    return this.slices.tapOf(head, bytes, passed);
  }

  fill(exchange: Exchange): void {
    const found = this.#find(exchange);
    if (found !== undefined) this.#fetchFor(exchange, found);
  }

  send(downstream: Downstream, id: string, onMade: (record: ExchangeRecord) => void): void {
    this.host.fetch(this.#fetchCore, downstream, id, onMade);
  }

  #fetchFor(exchange: Exchange, found: LookUp): void {
    const { asked, key, word } = found;
    this.uses.use(key);
    const nowMs = this.core.clock.monotonicMs();
    const alone = this.hitForMiss.has(key, nowMs);
    const joined = alone ? undefined : this.inFlight.joinable(found, exchange.arrival.fields.passed, nowMs);
    if (joined !== undefined) {
      this.options.stats.collapsedTotal += 1;
      return this.#filling.onJoined(joined, joined.join(exchange, word, asked, true));
    }
    const fetch = this.#newFetch(exchange, found, false);
    fetch.join(exchange, word, asked, false);
    this.#start(fetch, exchange.record.id);
  }

  #revalidate(exchange: Exchange, found: LookUp): void {
    if (this.inFlight.of(found.key).some(({ options }) => options.stored === found.stored)) return;
    this.options.stats.backgroundTotal += 1;
    this.#start(this.#newFetch(exchange, found, true), undefined);
  }

  #newFetch({ downstream, arrival }: Exchange, { key, asked, stored }: LookUp, background: boolean): Fetch {
    const { request, client } = downstream;
    const { passed } = arrival.fields;
    const validated = stored !== undefined && hasValidator(stored) ? stored : undefined;
    const others = offeredVariants(this.store.allOf(key), validated, passed);
    const asGet = { ...request, method: 'GET', fields: fetchFields(request.fields, validated, others) };
    const names = this.store.variesOn(key) ?? this.inFlight.variesOn(key);
    const expected = names === undefined ? undefined : variantBy(names, passed);
    return new Fetch({ key, request: asGet, client, passed, asked, stored, others, expected, background }, this.#filling);
  }

  #start(fetch: Fetch, id: string | undefined): void {
    this.inFlight.add(fetch);
    this.host.fetch(this.#fetchCore, fetch, id, (record) => (fetch.record = record));
  }
}

const notStoredFields: Fields = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store'];
const notStoredBody = Buffer.from('504 Gateway Timeout: nothing is stored that answers this request, and it is not to be forwarded.\n');
