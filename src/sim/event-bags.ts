/**
 * Bags of events (time, id) without any order, in chunks that all of them share. To put one in is to write behind what was
 * written last, to take a bag out is to read chunks from end to end: both are what memory is fast at. Grows as needed.
 */

export interface EventBags {
  /** Time and id of each event side by side, so that putting one in touches one piece of memory. */
  events: Float64Array;
  /** By chunk: the one that was filled before it in the same bag, or the next free one; 0: none. Chunk 0 is never used. */
  before: Int32Array;
  free: number;
  /** By bag: the place behind the event that was put in last; 0: the bag is empty. */
  readonly ends: Int32Array;
}

const chunkBits = 6;
const chunkSize = 1 << chunkBits;

export function createEventBags(bags: number): EventBags {
  const made = {
    events: new Float64Array(2 * chunkSize),
    before: new Int32Array(1),
    free: 0,
    ends: new Int32Array(bags),
  };
  grow(made);
  return made;
}

export function put(bags: EventBags, bag: number, time: number, id: number): void {
  let end = bags.ends[bag] as number; // bags, chunks and places are in range, here and below
  if (end % chunkSize === 0) end = openChunk(bags, end);
  bags.events[2 * end] = time;
  bags.events[2 * end + 1] = id;
  bags.ends[bag] = end + 1;
}

/** For a bag whose last chunk is full or that has none: where it goes on. */
function openChunk(bags: EventBags, end: number): number {
  if (bags.free === 0) grow(bags);
  const opened = bags.free;
  bags.free = bags.before[opened] as number;
  bags.before[opened] = end === 0 ? 0 : (end >> chunkBits) - 1;
  return opened << chunkBits;
}

/**
 * A bag is taken out by setting its end to 0 and then, chunk by chunk, reading from `chunkStart(end)` to `end` and going on
 * with the end that `closeChunk` returns until that is 0. Events may be put into other bags, and this one, meanwhile.
 */
export function chunkStart(end: number): number {
  return ((end - 1) >> chunkBits) << chunkBits;
}

/** Frees the chunk that was read; returns where the one before it ends. */
export function closeChunk(bags: EventBags, end: number): number {
  const closed = (end - 1) >> chunkBits;
  const before = bags.before[closed] as number;
  bags.before[closed] = bags.free;
  bags.free = closed;
  return before === 0 ? 0 : (before + 1) << chunkBits;
}

/** How many there are in a bag that ends there. */
export function countTo(bags: EventBags, end: number): number {
  if (end === 0) return 0;
  let count = end - chunkStart(end);
  for (let chunk = bags.before[(end - 1) >> chunkBits] as number; chunk !== 0; chunk = bags.before[chunk] as number) count += chunkSize;
  return count;
}

function grow(bags: EventBags): void {
  const { events, before } = bags;
  const chunks = 2 * before.length;
  bags.events = new Float64Array(2 * chunks * chunkSize);
  bags.events.set(events);
  bags.before = new Int32Array(chunks);
  bags.before.set(before);
  for (let chunk = before.length; chunk < chunks; chunk += 1) {
    bags.before[chunk] = bags.free;
    bags.free = chunk;
  }
}
