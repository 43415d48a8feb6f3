/**
 * What happens next: up to millions of pending events, in order of time and then of id, in about constant time each.
 *
 * A calendar of three levels. The *epoch*, in which each pending event should come about eight times, is cut into months:
 * bags without order, and one more bag for what is beyond. The month whose turn it is is cut into days: lists. The day
 * whose turn it is is a heap of a few. So an event is written to memory in sequence and read in sequence, and only what is
 * soon is ever sorted: 0.1 µs with a million pending, where a calendar of lists by id takes 0.3 (each step a cache miss) and
 * a binary heap more. Epochs are as long as the last one says. Wrong hints, clusters and gaps cost time, at most that of a
 * heap, and never order.
 */
import { chunkStart, closeChunk, countTo, createEventBags, put, type EventBags } from './event-bags.js';
import { createEventDays, cut, dayOf, list, unlist, type EventDays } from './event-days.js';
import { createEventHeap, pop, push, type EventHeap } from './event-heap.js';

export interface EventQueue {
  /** @throws RangeError when `atS` is before the event that `next` returned last, or not finite. */
  schedule(id: number, atS: number): void;
  /** Removes and returns the id of the earliest event strictly before `beforeS`; −1 when there is none. */
  next(beforeS: number): number;
  /** When the event was due that `next` returned last. */
  timeS(): number;
  /**
   * What happens to an id will begin with a look at `records[id * words]`: from now on that memory is fetched a little
   * before. With a million records each look costs a wait for memory, a third of all the time that a simulation takes;
   * fetched four at a time, they wait together.
   */
  readAhead(records: Int32Array, words: number): void;
}

/**
 * @param ids how many events will be pending, more or less.
 * @param spacingS a guess of the mean time from one event to the next.
 */
export function createEventQueue(ids: number, spacingS: number): EventQueue {
  const calendar = createCalendar(ids, spacingS);
  return {
    schedule: (id, atS) => schedule(calendar, id, atS),
    next: (beforeS) => next(calendar, beforeS),
    timeS: () => calendar.nowS,
    readAhead(records, words) {
      calendar.records = records;
      calendar.words = words;
    },
  };
}

/** Events of an epoch, relative to those pending: with so many, few have to wait for the next epoch. */
const perPending = 8;
/** Both ways of cutting a million events pieces of about a thousand; more bags than these write to too many places at once. */
const monthsMin = 64;
const monthsMax = 1024;
/** Events that a day should have when its turn comes. */
const perDay = 4;
/** So many days before its turn a day's records are fetched. */
const daysAhead = 6;
/** A larger heap means that the epoch is cut too coarsely. */
const crowd = 128;
/** Of an epoch, so that the arithmetic stays finite. */
const epochMinS = 1e-12;
const epochMaxS = 1e300;

const none = -1;

interface Calendar {
  readonly months: number;
  /** One a month, and the last for what is beyond the epoch. */
  readonly bags: EventBags;
  /** Of `month`. What is due before the day that has its turn is in the heap too. */
  readonly days: EventDays;
  readonly heap: EventHeap;
  startS: number;
  monthsPerS: number;
  month: number;
  day: number;
  /** Events in the bags of months, and in the one beyond with the time of their first. */
  waiting: number;
  beyond: number;
  beyondS: number;
  nowS: number;
  pending: number;
  /** Events of this epoch so far. */
  delivered: number;
  /** A crowd is borne until so many were delivered, so that cutting anew costs little for each. */
  patience: number;
  /** What to fetch early, and the sum of what was fetched, for which nobody has a use. */
  records: Int32Array | undefined;
  words: number;
  fetched: number;
}

function createCalendar(ids: number, spacingS: number): Calendar {
  let months = monthsMin;
  while (months * months < ids && months < monthsMax) months *= 2;
  return {
    months,
    bags: createEventBags(months + 1),
    days: createEventDays(),
    heap: createEventHeap(),
    startS: 0,
    monthsPerS: months / epochS(spacingS, ids),
    month: -1,
    day: 0,
    waiting: 0,
    beyond: 0,
    beyondS: Infinity,
    nowS: 0,
    pending: 0,
    delivered: 0,
    patience: 0,
    records: undefined,
    words: 1,
    fetched: 0,
  };
}

function epochS(spacingS: number, pending: number): number {
  return Math.min(epochMaxS, Math.max(epochMinS, spacingS * perPending * Math.max(pending, monthsMin)));
}

function schedule(calendar: Calendar, id: number, atS: number): void {
  if (!(atS >= calendar.nowS && atS < Infinity)) throw new RangeError(`event ${id} at ${atS} s: it is ${calendar.nowS} s already`);
  calendar.pending += 1;
  place(calendar, atS, id);
}

function place(calendar: Calendar, atS: number, id: number): void {
  const offset = (atS - calendar.startS) * calendar.monthsPerS;
  if (offset < calendar.month + 1) {
    const day = dayOf(calendar.days, atS);
    if (day <= calendar.day) push(calendar.heap, atS, id);
    else list(calendar.days, day, atS, id);
  } else if (offset < calendar.months) {
    put(calendar.bags, offset | 0, atS, id);
    calendar.waiting += 1;
  } else {
    put(calendar.bags, calendar.months, atS, id);
    calendar.beyond += 1;
    if (atS < calendar.beyondS) calendar.beyondS = atS;
  }
}

function next(calendar: Calendar, beforeS: number): number {
  const { heap } = calendar;
  if (heap.size > crowd && calendar.delivered >= calendar.patience) cutFiner(calendar);
  while (heap.size === 0) if (!advance(calendar, beforeS)) return none;
  const atS = heap.times[0] as number; // the heap has one, and the top is there
  if (atS >= beforeS) return none;
  const id = heap.ids[0] as number;
  pop(heap);
  calendar.nowS = atS;
  calendar.pending -= 1;
  calendar.delivered += 1;
  return id;
}

/** The heap is empty: goes to the next day, month or epoch that has something before that time; false when none has. */
function advance(calendar: Calendar, beforeS: number): boolean {
  if (calendar.days.size > 0) return nextDay(calendar, beforeS);
  calendar.day = calendar.days.count - 1;
  if (calendar.waiting > 0) return nextMonth(calendar, beforeS);
  const { beyond, beyondS, delivered, startS } = calendar;
  if (beyond === 0 || beyondS >= beforeS) return false;
  begin(calendar, beyondS, delivered === 0 ? undefined : (beyondS - startS) / delivered);
  return true;
}

function nextDay(calendar: Calendar, beforeS: number): boolean {
  const { days, heap } = calendar;
  const end = dayOf(days, beforeS);
  while (calendar.day < end) {
    calendar.day += 1;
    if (days.heads[calendar.day] === none) continue;
    if (calendar.records !== undefined) fetch(calendar, calendar.records, calendar.day + daysAhead);
    unlist(days, calendar.day, heap);
    return true;
  }
  return false;
}

/** Reads that do not wait for each other, nor anything for them. */
function fetch(calendar: Calendar, records: Int32Array, day: number): void {
  const { days, words } = calendar;
  if (day >= days.count) return;
  let sum = 0;
  for (let slot = days.heads[day] as number; slot !== none; slot = days.next[slot] as number) {
    sum = (sum + (records[(days.ids[slot] as number) * words] ?? 0)) | 0; // days and slots are in range
  }
  calendar.fetched = sum;
}

function nextMonth(calendar: Calendar, beforeS: number): boolean {
  const { bags, months } = calendar;
  const end = Math.min(months - 1, Math.floor((beforeS - calendar.startS) * calendar.monthsPerS));
  while (calendar.month < end) {
    calendar.month += 1;
    if (bags.ends[calendar.month] === 0) continue;
    openMonth(calendar);
    return true;
  }
  return false;
}

function openMonth(calendar: Calendar): void {
  const { bags, days, month, monthsPerS } = calendar;
  let end = bags.ends[month] as number; // one of the months
  const count = countTo(bags, end);
  const daysInMonth = Math.ceil(count / perDay);
  cut(days, calendar.startS + month / monthsPerS, monthsPerS * daysInMonth, daysInMonth);
  calendar.day = -1;
  calendar.waiting -= count;
  bags.ends[month] = 0;
  while (end > 0) {
    for (let at = chunkStart(end); at < end; at += 1) {
      const atS = bags.events[2 * at] as number; // below an end
      list(days, dayOf(days, atS), atS, bags.events[2 * at + 1] as number);
    }
    end = closeChunk(bags, end);
  }
}

/** A new epoch from `startS` on, before which nothing is pending; as long as the last one when the spacing is not known. */
function begin(calendar: Calendar, startS: number, spacingS: number | undefined): void {
  const { bags, days, heap, months, pending } = calendar;
  for (let day = 0; days.size > 0; day += 1) unlist(days, day, heap);
  for (let at = 0; at < heap.size; at += 1) put(bags, months, heap.times[at] as number, heap.ids[at] as number); // below the size
  heap.size = 0;
  if (spacingS !== undefined) calendar.monthsPerS = months / epochS(spacingS, pending);
  calendar.startS = startS;
  calendar.month = -1;
  calendar.waiting = 0;
  calendar.beyond = 0;
  calendar.beyondS = Infinity;
  calendar.delivered = 0;
  calendar.patience = pending / 2;
  const ends = bags.ends.slice();
  bags.ends.fill(0);
  for (let end of ends) {
    while (end > 0) {
      for (let at = chunkStart(end); at < end; at += 1) {
        place(calendar, bags.events[2 * at] as number, bags.events[2 * at + 1] as number); // below an end
      }
      end = closeChunk(bags, end);
    }
  }
}

const samples = new Float64Array(64);

/** A new epoch from now on, by the spacing of the first quarter of what is in the heap. */
function cutFiner(calendar: Calendar): void {
  const { heap, nowS } = calendar;
  const step = heap.size / samples.length;
  for (let at = 0; at < samples.length; at += 1) samples[at] = heap.times[Math.floor(at * step)] as number; // below the size
  samples.sort();
  const quarterS = (samples[samples.length / 4] as number) - (samples[0] as number); // 64 of them
  if (quarterS > 0) begin(calendar, nowS, quarterS / (heap.size / 4));
  else calendar.patience = calendar.delivered + calendar.pending / 2; // all at one time: nothing to cut
}
