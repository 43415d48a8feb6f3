/**
 * Loads that fade evenly to nothing, summed by member: a share s given for a time T has s·(end − now)/T left.
 *
 * The sum of a member is Σ s·end/T − now·Σ s/T over what has not ended, so it takes two numbers a member, and a heap that
 * tells what ends next: an answer costs the logarithm of how many are fresh. Sums that are added to and taken from gather
 * rounding errors; after as many changes as there are entries they are reckoned anew, from a time that is now.
 */
import { grown } from './ranking.js';

export interface ResidualLoads {
  /** Drops what has ended; all else is as of then. Never goes back. */
  advanceTo(nowMs: number): void;
  add(member: number, share: number, forMs: number): void;
  /** What the member has left. */
  of(member: number): number;
  /** Entries dropped early, because there was no room. */
  readonly evictionsTotal: number;
}

const changesLeast = 4096;

/** @param entriesMax about 20 bytes each. */
export function createResidualLoads(entriesMax: number): ResidualLoads {
  const ends = createEnds(entriesMax);
  let atEnd: Float64Array = new Float64Array(16); // by member: Σ slope·(end − origin), slope = s/T
  let slopes: Float64Array = new Float64Array(16); // by member: Σ slope
  let counts: Float64Array = new Float64Array(16); // by member: how many entries
  let originMs = 0;
  let nowMs = 0;
  let changes = 0;
  let evictionsTotal = 0;

  /** Adds an entry to the sums (`sign` 1) or takes it from them (−1). */
  function sum(member: number, slope: number, endMs: number, sign: number): void {
    const count = (counts[member] as number) + sign; // grown by `add`, as all three
    counts[member] = count;
    // Nothing left is exactly nothing, so that members without load tie.
    atEnd[member] = count === 0 ? 0 : (atEnd[member] as number) + sign * slope * (endMs - originMs);
    slopes[member] = count === 0 ? 0 : (slopes[member] as number) + sign * slope;
  }

  function dropFirst(): void {
    sum(ends.memberOf(0), ends.slopeOf(0), ends.endOf(0), -1);
    ends.drop();
    changes += 1;
  }

  function reckonAnew(): void {
    for (const column of [atEnd, slopes, counts]) column.fill(0);
    originMs = nowMs;
    changes = 0;
    for (let at = 0; at < ends.size(); at += 1) sum(ends.memberOf(at), ends.slopeOf(at), ends.endOf(at), 1);
  }

  return {
    get evictionsTotal() {
      return evictionsTotal;
    },
    advanceTo(toMs) {
      nowMs = toMs;
      while (ends.size() > 0 && ends.endOf(0) <= nowMs) dropFirst();
      if (changes > changesLeast + ends.size()) reckonAnew();
    },
    add(member, share, forMs) {
      atEnd = grown(atEnd, member + 1);
      slopes = grown(slopes, member + 1);
      counts = grown(counts, member + 1);
      if (ends.size() === entriesMax) {
        dropFirst();
        evictionsTotal += 1;
      }
      ends.add(nowMs + forMs, share / forMs, member);
      sum(member, share / forMs, nowMs + forMs, 1);
      changes += 1;
    },
    of: (member) => Math.max(0, (atEnd[member] ?? 0) - (slopes[member] ?? 0) * (nowMs - originMs)),
  };
}

/** A binary heap in columns; place 0 ends first. */
function createEnds(max: number) {
  const endMs = new Float64Array(max);
  const slope = new Float64Array(max);
  const member = new Uint16Array(max);
  let size = 0;
  const endOf = (at: number): number => endMs[at] as number; // places are below the size, as all here

  function set(at: number, end: number, slopeThen: number, memberThen: number): void {
    endMs[at] = end;
    slope[at] = slopeThen;
    member[at] = memberThen;
  }
  const copy = (to: number, from: number): void => set(to, endOf(from), slope[from] as number, member[from] as number);

  return {
    size: () => size,
    endOf,
    slopeOf: (at: number): number => slope[at] as number,
    memberOf: (at: number): number => member[at] as number,
    add(end: number, slopeThen: number, memberThen: number): void {
      let at = size;
      size += 1;
      while (at > 0) {
        const above = (at - 1) >> 1;
        if (endOf(above) <= end) break;
        copy(at, above);
        at = above;
      }
      set(at, end, slopeThen, memberThen);
    },
    /** Takes place 0 away. */
    drop(): void {
      size -= 1;
      const end = endOf(size);
      let at = 0;
      for (;;) {
        let below = 2 * at + 1;
        if (below >= size) break;
        if (below + 1 < size && endOf(below + 1) < endOf(below)) below += 1;
        if (endOf(below) >= end) break;
        copy(at, below);
        at = below;
      }
      copy(at, size);
    },
  };
}
