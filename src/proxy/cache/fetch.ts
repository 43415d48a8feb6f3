/**
 * A request to the origin on behalf of the cache, and all the clients that wait for what comes of it.
 *
 * To the gateway it is a client like any other: an exchange with attempts, retries and time limits of its own, whose downstream end
 * is here. So a client that leaves does not hurt the others, and a fetch may have no client at all. What has come is kept until it is
 * stored, or until every reader has it when it turns out to be too long.
 */
import { fail } from '../ending.js';
import type { ClientInfo, Downstream, DownstreamListener, RequestHead, ResponseHead } from '../engines/engine.js';
import type { Exchange } from '../exchange-state.js';
import type { ExchangeRecord } from '../exchange.js';
import type { FaultCode } from '../fault.js';
import type { Fields } from '../fields.js';
import { ArrivingBody } from './arriving-body.js';
import type { CacheWord } from './cache-status.js';
import type { Directives } from './directives.js';
import { Reader, type ReaderOwner } from './reader.js';
import type { StoredResponse, Variant } from './stored-response.js';
import type { NotStored } from './storing.js';

/** A response that is arriving, to be stored when it has. */
export type Arriving = Omit<StoredResponse, 'body'>;

export interface FetchOwner {
  /** The origin's head. It calls `store` or `pass`, or ends it. */
  onHead(fetch: Fetch, head: ResponseHead): void;
  /** There will be no head. */
  onFault(fetch: Fetch, code: FaultCode, detail: string): void;
  /** So much more of a body that is to be stored. @returns why it cannot be, if so. */
  onGrowth(fetch: Fetch, bytes: number): NotStored | undefined;
  /** The body that was to be stored is whole, or will not be stored after all. */
  onBody(fetch: Fetch, outcome: 'whole' | NotStored): void;
  /** It answers nobody any more, or nobody else. */
  onClosed(fetch: Fetch): void;
}

export interface FetchOptions {
  readonly key: string;
  readonly request: RequestHead;
  readonly client: ClientInfo;
  /** What the origin reads of the client's fields, and what the client asked of caches. */
  readonly passed: Fields;
  readonly asked: Directives;
  /** What is stored now, and may be found to be still good. */
  readonly stored: StoredResponse | undefined;
  /** Other variants whose entity tags the origin has been told. */
  readonly others: readonly StoredResponse[];
  /** The variant that is to be expected, if that is known. */
  readonly expected: Variant | undefined;
  /** Nobody waits for it. */
  readonly background: boolean;
}

export class Fetch implements Downstream, ReaderOwner {
  readonly request: RequestHead;
  readonly client: ClientInfo;
  readonly upgrade = undefined;
  readonly isNext = true;
  readonly options: FetchOptions;
  readonly readers = new Set<Reader>();
  phase: 'waiting' | 'storing' | 'draining' | 'passing' | 'over' = 'waiting';
  /** While and after it is stored. */
  arriving: Arriving | undefined;
  /** Of its body; undefined: not known, or not yet. */
  length: number | undefined;
  /** Bytes reserved in the store. */
  reserved = 0;
  /** An unsafe request went by: what comes is not to be stored. */
  invalidated = false;
  record: ExchangeRecord | undefined;
  /** Sees what passes by. */
  tap: { write(chunk: Buffer): void } | undefined;
  readonly #owner: FetchOwner;
  #listener: DownstreamListener | undefined;
  #body: ArrivingBody | undefined;
  /** It goes on when its readers have left. */
  #wanted: boolean;

  constructor(options: FetchOptions, owner: FetchOwner) {
    this.options = options;
    this.request = options.request;
    this.client = options.client;
    this.#owner = owner;
    this.#wanted = options.background;
  }

  join(exchange: Exchange, word: CacheWord, asked: Directives, collapsed: boolean): Reader {
    const reader = new Reader(exchange, this, word, asked, collapsed);
    this.readers.add(reader);
    return reader;
  }

  /** Takes a reader out, whose exchange goes on otherwise. */
  release(reader: Reader): Exchange {
    this.readers.delete(reader);
    reader.detach();
    return reader.exchange;
  }

  // ---- what the owner decides

  /** From now on the body is kept, and readers may begin. */
  store(arriving: Arriving, length: number | undefined): void {
    this.phase = 'storing';
    this.arriving = arriving;
    this.length = length;
    this.#body = new ArrivingBody(length);
  }

  /** Nothing is kept; what comes is for this reader, the only one. */
  pass(reader: Reader, head: ResponseHead): void {
    this.phase = 'passing';
    reader.begin(head, { end: 0, complete: false, from: () => Buffer.alloc(0) }, 0, Infinity);
  }

  begin(reader: Reader, head: ResponseHead, first: number, end: number): void {
    if (this.#body !== undefined) reader.begin(head, this.#body, first, end);
  }

  wholeBody(): Buffer {
    return this.#body?.whole() ?? Buffer.alloc(0);
  }

  /** It has answered everybody; the origin may end in peace. */
  settle(): void {
    this.#close();
  }

  /** Ends it towards the origin; who still reads, fails. */
  abandon(): void {
    if (this.phase === 'over') return;
    const { phase } = this;
    this.#close();
    if (phase === 'storing') this.#owner.onBody(this, 'abandoned');
    this.#listener?.onAbort('client-aborted');
  }

  #close(): void {
    this.phase = 'over';
    this.#owner.onClosed(this);
  }

  // ---- the readers

  onReaderDrained(): void {
    if (this.phase === 'draining' ? this.#drained() : this.phase === 'passing') this.#listener?.onDrain();
  }

  onReaderGone(reader: Reader, satisfied: boolean): void {
    this.readers.delete(reader);
    if (satisfied && this.phase === 'storing') this.#wanted = true;
    if (this.readers.size === 0 && !this.#wanted) this.abandon();
    else if (this.phase === 'draining' && this.#drained()) this.#listener?.onDrain();
  }

  /** @returns whether all have all of it; then it is forgotten. */
  #drained(): boolean {
    for (const reader of this.readers) if (!reader.caughtUp || reader.blocked) return false;
    this.#body?.forget();
    return true;
  }

  // ---- as the gateway's downstream

  listen(listener: DownstreamListener): void {
    this.#listener = listener;
  }

  resume(): void {}
  pause(): void {}

  inform(status: number, fields: Fields): void {
    if (this.phase !== 'waiting') return;
    for (const { exchange } of this.readers) exchange.downstream.inform(status, fields);
  }

  respond(head: ResponseHead): void {
    if (this.phase === 'over') return;
    const { fault, detail } = this.record ?? { fault: 'internal-error', detail: '' };
    if (fault === undefined) return this.#owner.onHead(this, head);
    this.#close(); // what follows is a page of ours, and each reader gets its own
    this.#owner.onFault(this, fault, detail);
  }

  write(chunk: Buffer): boolean {
    if (this.phase === 'passing') return this.#passOn(chunk);
    const body = this.#body;
    if (body === undefined || (this.phase !== 'storing' && this.phase !== 'draining')) return true;
    const reason = this.phase === 'storing' ? this.#owner.onGrowth(this, chunk.length) : undefined;
    if (reason !== undefined) this.#giveUpStoring(reason);
    if (this.#isOver()) return true;
    body.append(chunk);
    if (this.phase === 'storing' && body.end === this.length) {
      this.#complete(); // who has all of it finds it stored: the end may come later than the last byte
      return true;
    }
    for (const reader of [...this.readers]) reader.pump();
    return this.phase !== 'draining' || this.#drained();
  }

  #passOn(chunk: Buffer): boolean {
    this.tap?.write(chunk);
    for (const reader of this.readers) return reader.take(chunk);
    return true;
  }

  #giveUpStoring(reason: NotStored): void {
    this.phase = 'draining';
    this.#wanted = false;
    this.#owner.onClosed(this);
    this.#owner.onBody(this, reason);
    if (this.readers.size === 0) this.abandon();
  }

  #isOver(): boolean {
    return this.phase === 'over';
  }

  end(last?: Buffer): void {
    if (last !== undefined) this.write(last);
    const { phase } = this;
    if (phase !== 'over') this.#complete();
    this.#listener?.onSent();
  }

  #complete(): void {
    const { phase } = this;
    this.#wanted = true; // nothing is left that could be abandoned
    if (this.#body !== undefined) this.#body.complete = true;
    if (phase === 'storing') this.#owner.onBody(this, 'whole');
    this.#close();
    for (const reader of [...this.readers]) {
      if (phase === 'passing') reader.finish();
      else reader.pump();
    }
  }

  abort(): void {
    if (this.phase === 'over') return;
    const { phase } = this;
    this.#close();
    if (phase === 'storing') this.#owner.onBody(this, 'incomplete');
    this.failReaders(this.record?.fault ?? 'internal-error', this.record?.detail ?? '');
  }

  failReaders(code: FaultCode, detail: string): void {
    for (const reader of [...this.readers]) fail(this.release(reader), code, detail);
  }
}
