/**
 * One stretch of time cut into days of equal length, each a list of events (time, id), in typed arrays small enough for the
 * processor's nearest memory. What is before the stretch belongs to the first day, what is behind it to the last.
 */
import { push, type EventHeap } from './event-heap.js';

export interface EventDays {
  count: number;
  startS: number;
  perS: number;
  /** Events listed. */
  size: number;
  /** By day: the slot of the first event of its list. */
  heads: Int32Array;
  /** By slot: the event, and the slot of the next one of its list or the next free slot. */
  times: Float64Array;
  ids: Int32Array;
  next: Int32Array;
  free: number;
  /** Slots from here on were never used in this stretch. */
  fresh: number;
}

const none = -1;
const capacity = 64;

export function createEventDays(): EventDays {
  return {
    count: 1,
    startS: 0,
    perS: 0,
    size: 0,
    heads: new Int32Array(capacity).fill(none),
    times: new Float64Array(capacity),
    ids: new Int32Array(capacity),
    next: new Int32Array(capacity),
    free: none,
    fresh: 0,
  };
}

/** Another stretch of time; nothing may be listed any more. */
export function cut(days: EventDays, startS: number, perS: number, count: number): void {
  if (count > days.heads.length) days.heads = new Int32Array(2 * count).fill(none);
  days.count = count;
  days.startS = startS;
  days.perS = perS;
  days.free = none;
  days.fresh = 0;
}

/** Never falls when time grows, which is all that order depends on. */
export function dayOf(days: EventDays, atS: number): number {
  const offset = (atS - days.startS) * days.perS;
  if (offset >= days.count) return days.count - 1;
  return offset > 0 ? offset | 0 : 0;
}

export function list(days: EventDays, day: number, atS: number, id: number): void {
  const slot = takeSlot(days);
  days.times[slot] = atS;
  days.ids[slot] = id;
  days.next[slot] = days.heads[day] as number; // days and slots are in range, here and below
  days.heads[day] = slot;
  days.size += 1;
}

function takeSlot(days: EventDays): number {
  const { free } = days;
  if (free !== none) {
    days.free = days.next[free] as number;
    return free;
  }
  if (days.fresh === days.ids.length) grow(days);
  days.fresh += 1;
  return days.fresh - 1;
}

/** Moves a day's events into the heap. */
export function unlist(days: EventDays, day: number, heap: EventHeap): void {
  const { heads, times, ids, next } = days;
  let slot = heads[day] as number;
  heads[day] = none;
  while (slot !== none) {
    push(heap, times[slot] as number, ids[slot] as number);
    const following = next[slot] as number;
    next[slot] = days.free;
    days.free = slot;
    days.size -= 1;
    slot = following;
  }
}

function grow(days: EventDays): void {
  const { times, ids, next } = days;
  days.times = new Float64Array(2 * times.length);
  days.times.set(times);
  days.ids = new Int32Array(2 * ids.length);
  days.ids.set(ids);
  days.next = new Int32Array(2 * next.length);
  days.next.set(next);
}
