/**
 * Time, injected. One of the four files that may touch the platform's timers.
 *
 * Everything that waits or measures takes a `Clock`; the simulator and the unit tests pass a virtual one, so that
 * minutes pass in microseconds and always in the same order. `monotonicMs` is for measuring, `realtimeMs` for telling.
 */

export interface Timer {
  /** Cancels; harmless when it has fired or was cancelled. */
  cancel(): void;
}

export interface Clock {
  /** Milliseconds (fractional) since an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01T00:00Z; may jump. */
  realtimeMs(): number;
  /** Calls `callback` once, `delayMs` from now. The timer does not keep a process alive that has nothing else to do. */
  after(delayMs: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  realtimeMs: () => Date.now(),
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Settles after `delayMs` on that clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

export interface VirtualClock extends Clock {
  /** Runs everything that is due up to `untilMs`, in order of time and then of scheduling, and leaves the clock there. */
  advanceTo(untilMs: number): void;
  /** `advanceTo(now + byMs)`. */
  advance(byMs: number): void;
  /** How many timers wait. */
  pending(): number;
  /** When the next timer is due (one that was cancelled counts until it is passed over); Infinity when none waits. */
  nextMs(): number;
}

interface Entry {
  readonly atMs: number;
  readonly serial: number;
  callback: (() => void) | undefined;
}

const before = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.serial < b.serial);

/** A clock that moves only when told to. Ties fire in the order in which they were scheduled. */
export function createVirtualClock(startMs = 0): VirtualClock {
  const heap: Entry[] = [];
  let nowMs = startMs;
  let serial = 0;

  function advanceTo(untilMs: number): void {
    for (let next = heap[0]; next !== undefined && next.atMs <= untilMs; next = heap[0]) {
      pop(heap);
      if (next.callback === undefined) continue;
      nowMs = next.atMs;
      next.callback();
    }
    if (untilMs > nowMs) nowMs = untilMs;
  }

  return {
    monotonicMs: () => nowMs,
    realtimeMs: () => nowMs,
    after(delayMs, callback) {
      const entry: Entry = { atMs: nowMs + Math.max(0, delayMs), serial: serial++, callback };
      push(heap, entry);
      return { cancel: () => void (entry.callback = undefined) };
    },
    advanceTo,
    advance: (byMs) => advanceTo(nowMs + byMs),
    pending: () => heap.filter((entry) => entry.callback !== undefined).length,
    nextMs: () => heap[0]?.atMs ?? Infinity,
  };
}

function push(heap: Entry[], entry: Entry): void {
  let child = heap.length;
  heap.push(entry);
  while (child > 0) {
    const parent = (child - 1) >> 1;
    const above = heap[parent] as Entry; // parent < child < length
    if (!before(entry, above)) break;
    heap[child] = above;
    child = parent;
  }
  heap[child] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let parent = 0;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right !== undefined && before(right, heap[child] as Entry)) child += 1;
    const best = heap[child] as Entry; // child < length
    if (!before(best, last)) break;
    heap[parent] = best;
    parent = child;
  }
  heap[parent] = last;
}
