/**
 * What becomes of an origin's answer to a request for a slice: a slice of the object that is known, of a new one, the news that the
 * known one has changed or is still good, or something that is for the one who asked. And what those who wait get.
 */
import type { ResponseHead } from '../../engines/engine.js';
import type { Core, Exchange } from '../../exchange-state.js';
import { faults, type FaultCode } from '../../fault.js';
import { fieldValue, type Fields } from '../../fields.js';
import type { CacheDetail, CacheStatus } from '../cache-status.js';
import { dated, noteAttempts } from '../filling.js';
import type { HitForMiss } from '../in-flight.js';
import type { CacheOptions } from '../options.js';
import { isStandInStatus, mayStandIn } from '../reuse.js';
import type { Store } from '../store.js';
import type { Arrived, StoredResponse } from '../stored-response.js';
import { notStoredReasons, type NotStored } from '../storing.js';
import { confirms, updatedFields } from '../validation.js';
import { askedRange, parseContentRange } from './byte-range.js';
import { readSlice, wholeHead, type SliceAnswer } from './slice-answer.js';
import type { SliceFetch, SliceFetchOwner, SliceUser } from './slice-fetch.js';
import { isFor, type SliceFetches } from './slice-fetches.js';
import { objectKey, objectOf, readObject, recordOf, type SlicedObject } from './sliced-object.js';

/** The slices that are filled. */
export interface FilledSlices {
  readonly cache: {
    readonly options: CacheOptions;
    readonly core: Core;
    readonly store: Store;
    readonly host: { begin(exchange: Exchange): void };
    fill(exchange: Exchange): void;
    marked(fields: Fields, status: CacheStatus): Fields;
  };
  readonly fetches: SliceFetches;
  readonly unsliceable: HitForMiss;
  /** The object that the origin's head speaks of: the known one when it calls it the same. @param head under the plain key. */
  keepObject(head: Omit<StoredResponse, 'body'>, total: number, validator: string, passed: Fields): SlicedObject;
  /** @returns why not. */
  keepSlice(key: string, object: SlicedObject, number: number, body: Buffer, passed: Fields): NotStored | undefined;
  open(user: SliceUser, object: SlicedObject, fwdStatus?: number, detail?: CacheDetail): void;
  retry(exchange: Exchange): void;
  changed(key: string, passed: Fields, object: SlicedObject): void;
  drop(key: string, passed: Fields, object: SlicedObject): void;
}

export const createSliceFilling = (slices: FilledSlices): SliceFetchOwner => new SliceFilling(slices);

class SliceFilling implements SliceFetchOwner {
  readonly #slices: FilledSlices;

  constructor(slices: FilledSlices) {
    this.#slices = slices;
  }

  onHead(fetch: SliceFetch, head: ResponseHead): void {
    const { intent, object } = fetch.options;
    noteLeader(fetch);
    if (head.status === 304 && intent === 'validate' && object !== undefined) return this.#onNotModified(fetch, object, head.fields);
    const { cache } = this.#slices;
    const arrived = this.#arrived(fetch);
    const answer = readSlice(fetch.options, head, dated(head.fields, arrived), arrived, cache.options);
    // One who reads an object that was removed meanwhile may read on; nothing is kept of it.
    if (typeof answer !== 'string' && (!fetch.invalidated || intent === 'more')) return this.#fill(fetch, answer);
    const reason = typeof answer === 'string' ? answer : 'invalidated';
    this.#count(reason);
    if (intent === 'more' && object !== undefined) this.#onOther(fetch, object, head, reason);
    else this.#refuse(fetch, head, reason);
  }

  #arrived({ record }: SliceFetch): Arrived {
    const { clock } = this.#slices.cache.core;
    const responseMs = clock.monotonicMs();
    return { requestMs: responseMs - (record?.firstByteMs ?? 0), responseMs, realtimeMs: clock.realtimeMs() };
  }

  // ---- a slice

  #fill(fetch: SliceFetch, answer: SliceAnswer): void {
    const object = this.#objectOf(fetch, answer);
    if (this.#slices.cache.store.reserve(answer.bytes)) fetch.reserved = answer.bytes;
    fetch.fill(object, answer.bytes);
    for (const user of [...fetch.users]) {
      if (user.object?.id === object.id) user.pump();
      else if (user.object !== undefined) this.#mislead(user);
      else this.#teach(user, user === fetch.leader, object);
    }
  }

  /** The object that the slice is of, kept for others. It is the one that is known when the origin calls it the same. */
  #objectOf({ options: { key, passed, intent, object } }: SliceFetch, { head, total, validator }: SliceAnswer): SlicedObject {
    const known = readObject(this.#slices.cache.store, key, passed);
    if (intent === 'more' && object !== undefined && known?.id !== object.id) return object; // it is kept no more
    return this.#slices.keepObject({ ...head, key }, total, validator, passed);
  }

  /** One who waited for the first answer. */
  #teach(user: SliceUser, isLeader: boolean, object: SlicedObject): void {
    const { core } = this.#slices.cache;
    const { passed } = user.exchange.arrival.fields;
    if (isLeader || isFor(object, passed, user.asked, core.clock.monotonicMs())) this.#slices.open(user, object);
    else this.#slices.retry(user.release());
  }

  /** Its object is no more. What has begun cannot be made good; it must not seem whole. */
  #mislead(user: SliceUser): void {
    if (user.begun) user.fail('invalid-response', 'the object changed while it was sent');
    else this.#slices.retry(user.release());
  }

  onWhole(fetch: SliceFetch, body: Buffer): void {
    const { options, object, invalidated } = fetch;
    const { key, number, passed } = options;
    this.#release(fetch);
    const reason = object === undefined || invalidated ? 'invalidated' : this.#slices.keepSlice(key, object, number, body, passed);
    if (reason !== undefined) this.#count(reason);
  }

  // ---- no slice of what was known

  /** What was to be the next slice of a known object. */
  #onOther(fetch: SliceFetch, object: SlicedObject, head: ResponseHead, reason: NotStored): void {
    const { key, passed } = fetch.options;
    if (saysNothing(head.status)) return this.#letDown(fetch, head);
    const sameWhole = head.status === 200 && fieldValue(head.fields, 'etag') === object.record.policy.etag && head.bodyBytes === object.total;
    const isOver = sameWhole || reason !== 'status'; // the origin gives ranges no more, or none to store
    this.#unsliceable(key, isOver);
    if (isOver) this.#slices.drop(key, passed, object);
    else this.#slices.changed(key, passed, object);
    const users = [...fetch.users];
    fetch.abandon();
    for (const user of users) this.#mislead(user);
  }

  #unsliceable(key: string, isSo: boolean): void {
    if (isSo) this.#slices.unsliceable.add(key, this.#slices.cache.core.clock.monotonicMs());
  }

  /** An error of the origin says nothing of the object. Who has nothing yet may have the error. */
  #letDown(fetch: SliceFetch, head: ResponseHead): void {
    const begun = [...fetch.users].filter((user) => user.begun);
    const { leader } = fetch;
    for (const user of begun) fetch.users.delete(user);
    this.#give(fetch, head, leader?.begun === true ? undefined : leader);
    for (const user of begun) user.lose(fetch, 'invalid-response', `the origin answered ${head.status} to a slice`);
  }

  // ---- nothing to make slices of

  #refuse(fetch: SliceFetch, head: ResponseHead, reason: NotStored): void {
    const { cache } = this.#slices;
    const { key, passed, object } = fetch.options;
    if (object !== undefined && isStandInStatus(head.status)) this.#standIn(fetch, object, head.status);
    if (object !== undefined && head.status < 500) this.#slices.drop(key, passed, object);
    this.#unsliceable(key, head.status < 500 && head.status !== 416 && reason !== 'invalidated');
    if (head.status === 200 && this.#isForWhole(fetch, head)) {
      const users = [...fetch.users];
      fetch.abandon();
      return users.forEach((user) => cache.fill(user.release()));
    }
    const { leader } = fetch;
    this.#give(fetch, head, leader !== undefined && suits(leader, head) ? leader : undefined);
  }

  /** The origin gives no ranges of something that can be stored whole, and cut here. */
  #isForWhole(fetch: SliceFetch, { fields, bodyBytes }: ResponseHead): boolean {
    const { options } = this.#slices.cache;
    const arrived = this.#arrived(fetch);
    if ((bodyBytes ?? 0) > options.objectBytesMax) return false;
    return typeof wholeHead(fetch.options, dated(fields, arrived), arrived, options) !== 'string';
  }

  /** What may not be shared is for the one who asked; the others ask for themselves. */
  #give(fetch: SliceFetch, head: ResponseHead, leader: SliceUser | undefined): void {
    const { host, marked } = this.#slices.cache;
    const others = [...fetch.users].filter((user) => user !== leader);
    if (leader === undefined) fetch.abandon();
    else fetch.pass(leader, { ...head, fields: marked.call(this.#slices.cache, head.fields, { word: leader.word }) });
    for (const user of others) host.begin(user.release());
  }

  // ---- validation, and when it goes wrong

  #onNotModified(fetch: SliceFetch, { record, total, id }: SlicedObject, update: Fields): void {
    const { store, options } = this.#slices.cache;
    const { key, passed } = fetch.options;
    const users = [...fetch.users];
    fetch.settle();
    const arrived = this.#arrived(fetch);
    const fields = updatedFields(record.fields, dated(update, arrived));
    const head = confirms(update, record) ? wholeHead(fetch.options, fields, arrived, options) : 'status';
    if (typeof head === 'string') {
      this.#slices.drop(key, passed, { record, total, id });
      return users.forEach((user) => this.#slices.retry(user.release()));
    }
    const fresh = recordOf({ ...head, key: objectKey(key) }, total, id);
    store.replace(record, fresh);
    for (const user of users) this.#slices.open(user, objectOf(fresh), 304);
  }

  onFault(fetch: SliceFetch, code: FaultCode, detail: string): void {
    const { object, intent } = fetch.options;
    noteLeader(fetch);
    if (object !== undefined && intent === 'validate' && faults[code].source === 'upstream') this.#standIn(fetch, object, undefined);
    for (const user of [...fetch.users]) user.lose(fetch, code, detail);
  }

  /** RFC 5861 §4. */
  #standIn(fetch: SliceFetch, offered: SlicedObject, fwdStatus: number | undefined): void {
    const object = fetch.invalidated ? readObject(this.#slices.cache.store, fetch.options.key, fetch.options.passed) : offered;
    if (object === undefined) return; // it was purged meanwhile
    const nowMs = this.#slices.cache.core.clock.monotonicMs();
    for (const user of [...fetch.users]) {
      if (mayStandIn(object.record.policy, user.asked, nowMs)) this.#slices.open(user, object, fwdStatus, 'stale-if-error');
    }
  }

  onClosed(fetch: SliceFetch): void {
    this.#slices.fetches.remove(fetch);
    this.#release(fetch);
  }

  #release(fetch: SliceFetch): void {
    this.#slices.cache.store.release(fetch.reserved);
    fetch.reserved = 0;
  }

  #count(reason: NotStored): void {
    this.#slices.cache.options.stats.notStored.add(notStoredReasons.indexOf(reason));
  }
}

/** Times of later slices are none of the answer's first byte. */
function noteLeader({ leader, record }: SliceFetch): void {
  if (leader?.begun === false) noteAttempts({ readers: [{ exchange: leader.exchange, collapsed: false }], record });
}

/** An error of the origin, or of who asked: the object may well be what it was. */
const saysNothing = (status: number): boolean => status >= 400 && status !== 404 && status !== 410 && status !== 416;

/** Whether it is an answer to what the client asked: our own question was another one. */
function suits({ exchange }: SliceUser, { status, fields }: ResponseHead): boolean {
  if (status !== 206) return true;
  const { passed } = exchange.arrival.fields;
  const asked = askedRange(fieldValue(passed, 'range') ?? '');
  const range = parseContentRange(fieldValue(fields, 'content-range'));
  if (typeof asked === 'string' || range === undefined || fieldValue(passed, 'if-range') !== undefined) return false;
  return range.first === asked.first && range.last === Math.min(asked.last ?? Infinity, range.total - 1);
}
