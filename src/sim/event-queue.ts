/**
 * What happens next: up to millions of pending events, in order of time and then of id, in constant time each.
 *
 * A calendar: a stretch of time (an *epoch*) is cut into buckets of equal width, each a list of ids; the bucket whose turn
 * it is becomes a small heap. What lies beyond the epoch is in no list at all: when the epoch is over, one pass over all ids
 * (sequential memory, a few nanoseconds each) makes the next one, as wide as events came in the last. Wrong hints, clusters
 * and gaps cost time, at most that of a binary heap, and never order.
 */
import { createEventHeap, pop, push, type EventHeap } from './event-heap.js';

export interface EventQueue {
  /** @throws RangeError when `atS` is before the event that `next` returned last or not finite, or the id is pending already. */
  schedule(id: number, atS: number): void;
  /** Removes and returns the id of the earliest event strictly before `beforeS`; −1 when there is none. */
  next(beforeS: number): number;
  /** When the event is due that `id` has pending, or was due that `next` returned last; Infinity when it is neither. */
  timeOf(id: number): number;
  /** Harmless when it is not pending. */
  cancel(id: number): void;
}

/**
 * @param ids events are of ids 0 to ids − 1, at most one pending for each.
 * @param spacingS a guess of the mean time from one event to the next.
 */
export function createEventQueue(ids: number, spacingS: number): EventQueue {
  const calendar = createCalendar(ids, spacingS);
  return {
    schedule: (id, atS) => schedule(calendar, id, atS),
    next: (beforeS) => next(calendar, beforeS),
    timeOf: (id) => (id === calendar.last && calendar.times[id] === Infinity ? calendar.nowS : (calendar.times[id] ?? Infinity)),
    cancel: (id) => cancel(calendar, id),
  };
}

/** Events that a bucket should hold when its turn comes. */
const perBucket = 4;
/** With this many buckets for each id an epoch sees eight events of each: few have to wait for the next one. */
const bucketsPerId = 2;
const bucketsMin = 64;
/** A heap larger than this means that the epoch was cut too coarsely. */
const crowd = 128;
/** Seconds; below it, cutting finer is of no use. */
const widthMinS = 1e-12;

const none = -1;

interface Calendar {
  /** By id; Infinity: not pending. */
  readonly times: Float64Array;
  /** By id: the neighbours in the list of its bucket. Before the first stands −2 − bucket. */
  readonly after: Int32Array;
  readonly before: Int32Array;
  /** By bucket: the first of its list. */
  readonly heads: Int32Array;
  /** Events of the buckets up to `current`, and of any time before. Entries whose time is not that of their id are cancelled ones. */
  readonly heap: EventHeap;
  current: number;
  startS: number;
  perS: number;
  /** How many are in lists. */
  listed: number;
  /** Nothing beyond the epoch is due before this. */
  beyondS: number;
  /** Of the event that was returned last, and its id. */
  nowS: number;
  last: number;
  /** Events of this epoch so far. */
  delivered: number;
  /** A crowd is borne until so many events were delivered, so that cutting anew costs little for each. */
  patience: number;
}

function createCalendar(ids: number, spacingS: number): Calendar {
  return {
    times: new Float64Array(ids).fill(Infinity),
    after: new Int32Array(ids),
    before: new Int32Array(ids),
    heads: new Int32Array(Math.max(bucketsMin, ids * bucketsPerId)).fill(none),
    heap: createEventHeap(),
    current: -1,
    startS: 0,
    perS: 1 / Math.max(widthMinS, spacingS * perBucket),
    listed: 0,
    beyondS: Infinity,
    nowS: 0,
    last: none,
    delivered: 0,
    patience: 0,
  };
}

function schedule(calendar: Calendar, id: number, atS: number): void {
  if (!(atS >= calendar.nowS && atS < Infinity)) throw new RangeError(`event ${id} at ${atS} s: it is ${calendar.nowS} s already`);
  if (calendar.times[id] !== Infinity) throw new RangeError(`event ${id} is pending already, or there is no such id`);
  calendar.times[id] = atS;
  place(calendar, id, atS);
}

function place(calendar: Calendar, id: number, atS: number): void {
  const offset = (atS - calendar.startS) * calendar.perS;
  const { heads } = calendar;
  if (offset < calendar.current + 1) {
    push(calendar.heap, atS, id);
  } else if (offset < heads.length) {
    const bucket = offset | 0;
    const head = heads[bucket] as number; // in range, here and below: ids and buckets are
    calendar.after[id] = head;
    calendar.before[id] = -2 - bucket;
    if (head !== none) calendar.before[head] = id;
    heads[bucket] = id;
    calendar.listed += 1;
  } else if (atS < calendar.beyondS) {
    calendar.beyondS = atS;
  }
}

function next(calendar: Calendar, beforeS: number): number {
  const { heap, times } = calendar;
  do {
    if (heap.size > crowd && calendar.delivered >= calendar.patience) cutFiner(calendar);
    while (heap.size > 0) {
      const atS = heap.times[0] as number;
      if (atS >= beforeS) return none;
      const id = heap.ids[0] as number;
      pop(heap);
      if (times[id] !== atS) continue;
      times[id] = Infinity;
      calendar.nowS = atS;
      calendar.last = id;
      calendar.delivered += 1;
      return id;
    }
  } while (advance(calendar, beforeS));
  return none;
}

/** The heap is empty: fills it from the next bucket that has something, in the next epoch if need be. */
function advance(calendar: Calendar, beforeS: number): boolean {
  const { heads, startS, perS } = calendar;
  if (calendar.listed > 0) {
    const end = Math.min(heads.length, Math.floor((beforeS - startS) * perS) + 1);
    while (calendar.current + 1 < end) {
      calendar.current += 1;
      if (heads[calendar.current] !== none) return load(calendar);
    }
    return false;
  }
  const { beyondS, delivered } = calendar;
  if (!(beyondS < beforeS)) return false;
  begin(calendar, beyondS, delivered > 0 ? (beyondS - startS) / delivered : 1 / (perS * perBucket));
  return true;
}

function load(calendar: Calendar): true {
  const { heads, heap, times, after, current } = calendar;
  let id = heads[current] as number;
  heads[current] = none;
  while (id !== none) {
    push(heap, times[id] as number, id);
    calendar.listed -= 1;
    id = after[id] as number;
  }
  return true;
}

function begin(calendar: Calendar, startS: number, spacingS: number): void {
  const { times, heads } = calendar;
  if (calendar.listed > 0) heads.fill(none);
  calendar.heap.size = 0;
  calendar.listed = 0;
  calendar.current = -1;
  calendar.startS = startS;
  calendar.perS = 1 / Math.max(widthMinS, spacingS * perBucket);
  calendar.beyondS = Infinity;
  calendar.delivered = 0;
  calendar.patience = times.length / 2;
  for (let id = 0; id < times.length; id += 1) {
    const atS = times[id] as number;
    if (atS !== Infinity) place(calendar, id, atS);
  }
}

const samples = new Float64Array(64);

/** A new epoch, from now on, by the spacing of the first quarter of what is in the heap. */
function cutFiner(calendar: Calendar): void {
  const { heap, nowS, times } = calendar;
  for (let at = 0; at < samples.length; at += 1) samples[at] = heap.times[Math.floor((at * heap.size) / samples.length)] as number;
  samples.sort();
  const quarterS = (samples[samples.length / 4] as number) - (samples[0] as number);
  if (quarterS > 0) begin(calendar, nowS, quarterS / (heap.size / 4));
  else calendar.patience = calendar.delivered + times.length / 2; // all at one time: nothing to cut
}

function cancel(calendar: Calendar, id: number): void {
  const { times, after, before, heads } = calendar;
  const atS = times[id] ?? Infinity;
  if (atS === Infinity) return;
  times[id] = Infinity;
  const offset = (atS - calendar.startS) * calendar.perS;
  if (offset < calendar.current + 1 || offset >= heads.length) return; // the heap will pass over it; beyond there are no lists
  const next = after[id] as number;
  const previous = before[id] as number;
  if (previous <= -2) heads[-2 - previous] = next;
  else after[previous] = next;
  if (next !== none) before[next] = previous;
  calendar.listed -= 1;
}
