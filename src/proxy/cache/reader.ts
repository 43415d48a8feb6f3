/**
 * One client's share in a stored body, or in one that is being fetched: where it stands, and whether it takes more for now.
 *
 * While it waits for the origin the fetch's own time limits hold; while it takes nothing, `idleMs` does.
 */
import { respond } from '../ending.js';
import type { ResponseHead } from '../engines/engine.js';
import type { Exchange, Reading } from '../exchange-state.js';
import { stopTimeout } from '../timeouts.js';
import type { BodySource } from './arriving-body.js';
import type { CacheWord } from './cache-status.js';
import type { Directives } from './directives.js';

/** Whoever takes a piece within `idleMs` is not stalled. */
const pieceBytes = 262_144;

export interface ReaderOwner {
  /** It takes more. */
  onReaderDrained(reader: Reader): void;
  /** It is gone: with all that it wanted, or without. */
  onReaderGone(reader: Reader, satisfied: boolean): void;
}

export class Reader implements Reading {
  readonly exchange: Exchange;
  /** Why it needed a fetch, if it did, and what it asked of caches. */
  readonly word: CacheWord;
  readonly asked: Directives;
  /** It came to a fetch that was there. */
  readonly collapsed: boolean;
  #owner: ReaderOwner | undefined;
  #source: BodySource | undefined;
  #offset = 0;
  #end = Infinity;
  #blocked = false;
  #over = false;

  constructor(exchange: Exchange, owner: ReaderOwner | undefined, word: CacheWord, asked: Directives, collapsed: boolean) {
    this.exchange = exchange;
    this.word = word;
    this.asked = asked;
    this.collapsed = collapsed;
    this.#owner = owner;
    exchange.reading = this;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  /** Has all that has come. */
  get caughtUp(): boolean {
    return this.#source === undefined || this.#offset >= this.#source.end;
  }

  /** The head, and then the body from `first` to before `end` as it comes. */
  begin(head: ResponseHead, source: BodySource, first: number, end: number): void {
    this.#source = source;
    this.#offset = first;
    this.#end = end;
    if (respond(this.exchange, head)) this.pump();
  }

  /** Sends what there is and is taken. */
  pump(): void {
    const source = this.#source;
    if (source === undefined) return;
    while (!this.#over && !this.#blocked && this.#offset < Math.min(source.end, this.#end)) {
      const piece = source.from(this.#offset, Math.min(this.#end - this.#offset, pieceBytes));
      this.#offset += piece.length;
      this.take(piece);
    }
    if (this.#offset >= this.#end || (source.complete && this.#offset >= source.end)) this.finish();
  }

  /** @returns whether it takes more. */
  take(piece: Buffer): boolean {
    if (this.#over) return true;
    const { core, downstream, record } = this.exchange;
    record.responseBodyBytes += piece.length;
    core.stats.responseBodyBytesTotal += piece.length;
    if (downstream.write(piece)) return true;
    this.#blocked = true;
    core.context.idle.start(this.exchange);
    return false;
  }

  finish(): void {
    if (this.#over) return;
    this.detach();
    this.exchange.core.context.idle.start(this.exchange);
    this.exchange.downstream.end();
    this.#owner?.onReaderGone(this, true);
  }

  /** Its exchange goes on without it. */
  detach(): void {
    this.#over = true;
    this.exchange.reading = undefined;
  }

  onDrain(): void {
    if (this.#over || !this.#blocked) return;
    this.#blocked = false;
    stopTimeout(this.exchange);
    this.pump();
    this.#owner?.onReaderDrained(this);
  }

  /** Its exchange is over. */
  leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#owner?.onReaderGone(this, false);
  }
}
