/**
 * One client's way through the slices of an object: the one that it reads, and one ahead.
 *
 * Promises: all bytes are of one object, that of the head which the client has; never more than two slices are held for a client
 * beyond what is stored; a slice is asked for only when the one before it has all come.
 */
import { fail } from '../../ending.js';
import type { ResponseHead } from '../../engines/engine.js';
import type { Exchange } from '../../exchange-state.js';
import { faults, type FaultCode } from '../../fault.js';
import { wholeBody, type BodySource } from '../arriving-body.js';
import type { CacheWord } from '../cache-status.js';
import type { Directives } from '../directives.js';
import { SliceLoad, type LoadUser } from '../disk/slice-load.js';
import { Reader, type ReaderOwner } from '../reader.js';
import type { SliceFetch, SliceUser } from './slice-fetch.js';
import type { SlicedObject } from './sliced-object.js';

/** What is stored of it, in memory or on disk, or the fetch that brings it. */
export type SliceSource = Buffer | SliceLoad | SliceFetch;

export interface SliceSources {
  readonly sliceBytes: number;
  /** What is still to come knows the stream as its user then. @param fromDisk false: not once more. */
  sourceOf(stream: SliceStream, object: SlicedObject, number: number, fromDisk: boolean): SliceSource;
}

interface Place {
  readonly number: number;
  readonly source: SliceSource;
}

const nothing: BodySource = { end: 0, complete: false, from: () => Buffer.alloc(0) };

export class SliceStream implements BodySource, ReaderOwner, SliceUser, LoadUser {
  readonly complete = false; // it ends at its end
  readonly exchange: Exchange;
  /** Of the whole. */
  readonly key: string;
  readonly word: CacheWord;
  readonly asked: Directives;
  object: SlicedObject | undefined;
  begun = false;
  collapsed = false;
  learnt = false;
  readonly #reader: Reader;
  readonly #sources: SliceSources;
  /** The fetch by which the object is to become known. */
  #learning: SliceFetch | undefined;
  #headOf: ((word: CacheWord) => ResponseHead) | undefined;
  #current: Place | undefined;
  #ahead: Place | undefined;
  /** The slice that was lost last: one is asked for once more, and not ahead of time. */
  #lost = -1;
  #position = 0;
  #end = 0;
  #over = false;

  constructor(exchange: Exchange, key: string, word: CacheWord, asked: Directives, sources: SliceSources) {
    this.exchange = exchange;
    this.key = key;
    this.word = word;
    this.asked = asked;
    this.#sources = sources;
    this.#reader = new Reader(exchange, this, word, asked, false);
  }

  // ---- what its owner does with it

  learnFrom(fetch: SliceFetch): void {
    this.#learning = fetch;
    this.learnt = true;
    fetch.users.add(this);
  }

  open(object: SlicedObject, first: number, end: number, headOf: (word: CacheWord) => ResponseHead): void {
    this.object = object;
    this.#position = first;
    this.#end = end;
    this.#headOf = headOf;
    const learntFrom = this.#learning;
    this.#learning = undefined;
    this.#current = this.#placeOf(Math.floor(first / this.#sources.sliceBytes));
    if (learntFrom !== undefined && learntFrom !== this.#current.source) learntFrom.leave(this, true);
    this.pump();
  }

  release(satisfied = false): Exchange {
    this.#leave(satisfied);
    this.#reader.detach();
    return this.exchange;
  }

  fail(code: FaultCode, detail: string): void {
    fail(this.release(), code, detail);
  }

  /** Of an object of which the client has a part the rest can be asked for again: it comes only if it is the same. */
  lose(fetch: SliceFetch, code: FaultCode, detail: string): void {
    const { begun } = this;
    fetch.users.delete(this);
    if (this.#ahead?.source === fetch) {
      this.#lost = this.#ahead.number;
      this.#ahead = undefined;
    } else if (!begun || this.#current?.source !== fetch || faults[code].source !== 'upstream' || this.#lost === this.#current.number) {
      this.fail(code, detail);
    } else {
      this.#lost = this.#current.number;
      this.#current = this.#placeOf(this.#lost);
      this.pump();
    }
  }

  miss(load: SliceLoad): void {
    if (this.#ahead?.source === load) this.#ahead = this.#placeOf(this.#ahead.number, false);
    if (this.#current?.source === load) this.#current = this.#placeOf(this.#current.number, false);
    this.pump();
  }

  pump(): void {
    if (this.#over || this.#current === undefined || !isThere(this.#current)) return;
    if (!this.begun) this.#begin(this.#current.source);
    else this.#reader.pump();
    while (this.#moveOn()) this.#reader.pump();
    this.#lookAhead();
  }

  #begin(source: SliceSource): void {
    this.begun = true;
    const head = this.#headOf?.(isStored(source) && !this.learnt ? 'hit' : this.word);
    if (head !== undefined) this.#reader.begin(head, this, this.#position, this.#end);
  }

  // ---- what its reader reads

  get end(): number {
    const current = this.#current;
    return current === undefined ? this.#position : this.#startOf(current) + bodyOf(current).end;
  }

  from(offset: number, most: number): Buffer {
    if (this.#current === undefined) return Buffer.alloc(0);
    const piece = bodyOf(this.#current).from(offset - this.#startOf(this.#current), most);
    this.#position = offset + piece.length;
    return piece;
  }

  onReaderDrained(): void {
    this.pump();
  }

  onReaderGone(_reader: Reader, satisfied: boolean): void {
    this.#leave(satisfied);
  }

  // ---- from slice to slice

  /** @returns whether there is something to read of the next one. */
  #moveOn(): boolean {
    const current = this.#current;
    if (this.#over || this.#reader.blocked || current === undefined || !bodyOf(current).complete) return false;
    if (this.#position < this.end || this.#position >= this.#end) return false;
    this.#current = this.#ahead ?? this.#placeOf(current.number + 1);
    this.#ahead = undefined;
    forget(current, this);
    return isThere(this.#current);
  }

  #lookAhead(): void {
    const current = this.#current;
    if (this.#over || this.#ahead !== undefined || current === undefined || !bodyOf(current).complete) return;
    if (this.#lost === current.number + 1) return;
    if (this.#startOf(current) + this.#sources.sliceBytes < this.#end) this.#ahead = this.#placeOf(current.number + 1);
  }

  #placeOf(number: number, fromDisk = true): Place {
    if (this.object === undefined) throw new Error('a stream of no object has no slices');
    return { number, source: this.#sources.sourceOf(this, this.object, number, fromDisk) };
  }

  #startOf({ number }: Place): number {
    return number * this.#sources.sliceBytes;
  }

  #leave(satisfied: boolean): void {
    if (this.#over) return;
    this.#over = true;
    const sources = new Set([this.#learning, this.#current?.source, this.#ahead?.source]);
    this.#learning = undefined;
    this.#current = undefined;
    this.#ahead = undefined;
    for (const source of sources) if (source !== undefined && !Buffer.isBuffer(source)) source.leave(this, satisfied);
  }
}

const isStored = (source: SliceSource): boolean => Buffer.isBuffer(source) || source instanceof SliceLoad;

const isThere = ({ source }: Place): boolean => Buffer.isBuffer(source) || source.body !== undefined;

function bodyOf({ source }: Place): BodySource {
  return Buffer.isBuffer(source) ? wholeBody(source) : (source.body ?? nothing);
}

function forget({ source }: Place, user: SliceStream): void {
  if (!Buffer.isBuffer(source)) source.leave(user, true);
}
