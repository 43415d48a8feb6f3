/**
 * Time limits for thousands of exchanges at the price of one timer for each kind.
 *
 * All entries of a list wait equally long, so the order in which they came is the order in which they are due: an
 * intrusive linked list, O(1) to start, to re-arm on every chunk, and to stop, with one timer of the clock at its head.
 * An entry is in one list at a time, which is also what the life of a request asks for: one thing is waited for at once.
 */
import type { Clock, Timer } from '../clock.js';

/** What waits. The fields belong to the lists: 0 and undefined in a fresh entry. */
export interface Timed {
  dueMs: number;
  list: TimeoutList | undefined;
  earlier: Timed | undefined;
  later: Timed | undefined;
}

/** The methods take any entry, the list's own or not: an entry leaves the list it was in. */
export interface TimeoutList<E extends Timed = Timed> {
  size(): number;
  /** Due `delayMs` from now; an entry that already waits, here or in another list, starts anew. `nowMs` if it is known. */
  start(entry: E, nowMs?: number): void;
  stop(entry: E): void;
  /** Takes out the entry that has waited longest. */
  takeFirst(): E | undefined;
  /** Forgets all entries and releases the timer. */
  close(): void;
}

/** Ends the wait of an entry, wherever it waits. */
export function stopTimeout(entry: Timed): void {
  entry.list?.stop(entry);
}

/** @param onDue is called once for each entry whose time is up; the entry is in no list by then. */
export function createTimeoutList<E extends Timed>(clock: Clock, delayMs: number, onDue: (entry: E) => void): TimeoutList<E> {
  let first: Timed | undefined;
  let last: Timed | undefined;
  let count = 0;
  let timer: Timer | undefined;
  let firing = false;

  const list: TimeoutList<E> = { size: () => count, start, stop, takeFirst, close };

  function start(entry: E, nowMs = clock.monotonicMs()): void {
    if (entry !== last) {
      stopTimeout(entry);
      entry.list = list;
      entry.earlier = last;
      if (last === undefined) first = entry;
      else last.later = entry;
      last = entry;
      count += 1;
    }
    entry.dueMs = nowMs + delayMs;
    if (!firing) timer ??= clock.after(delayMs, fire);
  }

  function stop(entry: Timed): void {
    if (entry.list !== list) return;
    if (entry.earlier === undefined) first = entry.later;
    else entry.earlier.later = entry.later;
    if (entry.later === undefined) last = entry.earlier;
    else entry.later.earlier = entry.earlier;
    entry.list = undefined;
    entry.earlier = undefined;
    entry.later = undefined;
    count -= 1;
  }

  function takeFirst(): E | undefined {
    const entry = first as E | undefined; // only `start` puts entries in, and it takes E
    if (entry !== undefined) stop(entry);
    return entry;
  }

  /**
   * The timer is not moved when its entry is re-armed or stopped: it wakes, finds the head not due yet, and waits for the rest.
   * It is set after the last call-back: an entry that one of them starts is due later than those that wait already.
   */
  function fire(): void {
    timer = undefined;
    firing = true;
    const nowMs = clock.monotonicMs();
    try {
      while (first !== undefined && first.dueMs <= nowMs) onDue(takeFirst() as E); // first is there
    } finally {
      firing = false;
      if (first !== undefined) timer = clock.after(Math.max(1, first.dueMs - nowMs), fire);
    }
  }

  function close(): void {
    while (takeFirst() !== undefined);
    timer?.cancel();
    timer = undefined;
  }

  return list;
}
