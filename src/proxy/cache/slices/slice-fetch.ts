/**
 * A request to the origin for one slice, and all the streams that wait for it.
 *
 * Like `Fetch` it is to the gateway a client as any other. What comes is kept for those who read it, one slice at most, and stored
 * when it is whole; so the origin is never held up by a client. It ends when nobody is left who has not got what he wanted of it.
 */
import { fail } from '../../ending.js';
import type { ClientInfo, Downstream, DownstreamListener, RequestHead, ResponseHead } from '../../engines/engine.js';
import type { Exchange } from '../../exchange-state.js';
import type { ExchangeRecord } from '../../exchange.js';
import type { FaultCode } from '../../fault.js';
import type { Fields } from '../../fields.js';
import { ArrivingBody } from '../arriving-body.js';
import type { CacheWord } from '../cache-status.js';
import { noDirectives, type Directives } from '../directives.js';
import { Reader, type ReaderOwner } from '../reader.js';
import type { SlicedObject } from './sliced-object.js';

/** A client that waits for a slice. */
export interface SliceUser {
  readonly exchange: Exchange;
  readonly word: CacheWord;
  readonly asked: Directives;
  /** Whose bytes it gets; undefined: it waits to be told. */
  readonly object: SlicedObject | undefined;
  /** It has its head. */
  readonly begun: boolean;
  /** It came to a fetch that was there. */
  readonly collapsed: boolean;
  /** Nothing that could be used was known when it came. */
  readonly learnt: boolean;
  /** @param headOf is asked when the first bytes are there: until then the answer may still become another one. */
  open(object: SlicedObject, first: number, end: number, headOf: (word: CacheWord) => ResponseHead): void;
  /** Something has come. */
  pump(): void;
  /** It waits no more, and its exchange goes on otherwise. @param satisfied: it has what it wanted. */
  release(satisfied?: boolean): Exchange;
  fail(code: FaultCode, detail: string): void;
  /** The fetch brings no more, for a reason that may be over. */
  lose(fetch: SliceFetch, code: FaultCode, detail: string): void;
}

/** `first`: of an object that nobody knows. `more`: of a known one, if it is still the same. `validate`: whether it still is. */
export type SliceIntent = 'first' | 'more' | 'validate';

export interface SliceFetchOptions {
  readonly key: string;
  readonly number: number;
  readonly intent: SliceIntent;
  /** Undefined for `first`. */
  readonly object: SlicedObject | undefined;
  readonly request: RequestHead;
  readonly client: ClientInfo;
  readonly passed: Fields;
  readonly asked: Directives;
  /** Whose request it is. */
  readonly cause: SliceUser;
}

export interface SliceFetchOwner {
  /** The origin's head. It calls `fill` or `pass`, or ends it. */
  onHead(fetch: SliceFetch, head: ResponseHead): void;
  /** There will be no head. */
  onFault(fetch: SliceFetch, code: FaultCode, detail: string): void;
  onWhole(fetch: SliceFetch, body: Buffer): void;
  onClosed(fetch: SliceFetch): void;
}

export class SliceFetch implements Downstream, ReaderOwner {
  readonly request: RequestHead;
  readonly client: ClientInfo;
  readonly upgrade = undefined;
  readonly isNext = true;
  readonly options: SliceFetchOptions;
  readonly users = new Set<SliceUser>();
  phase: 'waiting' | 'filling' | 'passing' | 'over' = 'waiting';
  /** Of which the slice is; once the head has come. */
  object: SlicedObject | undefined;
  body: ArrivingBody | undefined;
  /** Bytes reserved in the store. */
  reserved = 0;
  /** An unsafe request went by: what comes is not to be stored. */
  invalidated = false;
  record: ExchangeRecord | undefined;
  readonly #owner: SliceFetchOwner;
  #listener: DownstreamListener | undefined;
  #passedTo: Reader | undefined;
  #length = 0;
  /** It goes on when its users have left. */
  #wanted = false;

  constructor(options: SliceFetchOptions, owner: SliceFetchOwner) {
    this.options = options;
    this.request = options.request;
    this.client = options.client;
    this.#owner = owner;
  }

  /** The one whose request it is, if that one still waits: what may not be shared is for no other. */
  get leader(): SliceUser | undefined {
    const { cause } = this.options;
    return this.users.has(cause) ? cause : undefined;
  }

  // ---- what the owner decides

  /** From now on the slice is kept, and streams may read. */
  fill(object: SlicedObject, length: number): void {
    this.phase = 'filling';
    this.object = object;
    this.#length = length;
    this.body = new ArrivingBody(length);
  }

  /** Nothing is kept; what comes is for this one alone. */
  pass(user: SliceUser, head: ResponseHead): void {
    this.phase = 'passing';
    this.#owner.onClosed(this);
    this.#passedTo = new Reader(user.release(), this, user.word, noDirectives, false);
    this.#passedTo.begin(head, { end: 0, complete: false, from: () => Buffer.alloc(0) }, 0, Infinity);
  }

  /** It has answered everybody; the origin may end in peace. */
  settle(): void {
    if (this.phase === 'over') return;
    this.phase = 'over';
    this.#owner.onClosed(this);
  }

  /** Ends it towards the origin. */
  abandon(): void {
    if (this.phase === 'over') return;
    this.settle();
    this.#listener?.onAbort('client-aborted');
  }

  /** @param satisfied: it has what it wanted, and the rest is for the cache. */
  leave(user: SliceUser, satisfied: boolean): void {
    this.users.delete(user);
    if (satisfied && this.phase === 'filling') this.#wanted = true;
    if (this.users.size === 0 && !this.#wanted && this.phase !== 'passing') this.abandon();
  }

  // ---- whom it is passed to

  onReaderDrained(): void {
    if (this.phase === 'passing') this.#listener?.onDrain();
  }

  onReaderGone(): void {
    this.abandon();
  }

  // ---- as the gateway's downstream

  listen(listener: DownstreamListener): void {
    this.#listener = listener;
  }

  resume(): void {}
  pause(): void {}

  /** For those that have nothing yet. */
  inform(status: number, fields: Fields): void {
    if (this.phase !== 'waiting') return;
    for (const { exchange, begun } of this.users) if (!begun) exchange.downstream.inform(status, fields);
  }

  respond(head: ResponseHead): void {
    if (this.phase === 'over') return;
    const { fault, detail } = this.record ?? { fault: 'internal-error', detail: '' };
    if (fault === undefined) return this.#owner.onHead(this, head);
    this.settle(); // what follows is a page of ours, and each user gets its own
    this.#owner.onFault(this, fault, detail);
  }

  write(chunk: Buffer): boolean {
    if (this.phase === 'passing') return this.#passedTo?.take(chunk) ?? true;
    const { body } = this;
    if (body === undefined || this.phase !== 'filling') return true;
    if (body.end + chunk.length > this.#length) {
      this.#break('invalid-response', 'more than its Content-Range says');
      this.#listener?.onAbort('client-aborted');
      return true;
    }
    body.append(chunk);
    this.#pump();
    return true;
  }

  end(last?: Buffer): void {
    if (last !== undefined) this.write(last);
    if (this.phase === 'passing') {
      this.settle();
      this.#passedTo?.finish();
    } else if (this.phase === 'filling') this.#complete();
    this.#listener?.onSent();
  }

  #complete(): void {
    const { body } = this;
    if (body === undefined || body.end !== this.#length) return this.#break('reset-mid-response', 'less than its Content-Range says');
    body.complete = true;
    this.#owner.onWhole(this, body.whole());
    this.settle();
    this.#pump();
  }

  #pump(): void {
    for (const user of [...this.users]) user.pump();
  }

  abort(): void {
    const { fault = 'internal-error', detail = '' } = this.record ?? {};
    this.#break(fault, detail);
  }

  /** Of no use to anybody any more. */
  #break(code: FaultCode, detail: string): void {
    if (this.phase === 'over') return;
    const passedTo = this.phase === 'passing' ? this.#passedTo : undefined;
    this.settle();
    passedTo?.detach();
    if (passedTo !== undefined) fail(passedTo.exchange, code, detail);
    for (const user of [...this.users]) user.lose(this, code, detail);
  }
}
