/**
 * The rate of look-ups behind the caches of a network, from the questions that reach the authority.
 *
 * A cache asks again when its answer has expired and the next look-up comes, so the gap between two questions is TTL + idle
 * time, and the mean idle time is 1/rate. Idle times are averaged, not rates: 1/idle of a single gap has no mean. A network
 * that asks while its answer is fresh has another cache, behind another address or behind the same; up to four are told
 * apart, and their rates add up. One that mostly asks while all four are fresh has many more, or does not cache: each
 * question then counts as one look-up, which is the least that they can be. Caches that keep answers longer or shorter than
 * they were told are misjudged; questions alone cannot tell.
 */

const cachesMax = 4;
/** Of the newest idle time; half of the weight is on the last 22. The estimate is then within 13 % (one standard deviation). */
const newestWeight = 1 / 32;
/** A cache silent for more mean idle times than this (by chance one gap in 55) is believed to have slowed down. */
const patience = 4;
/** Clocks differ by about 100 ppm: an idle time shorter than this part of the TTL is not known. */
const clockError = 1e-4;
const idleLeastMs = 0.001;

/** The most that a silence of so long lets believe, in look-ups a second. */
export function faded(silentMs: number): number {
  return silentMs > 0 ? (patience * 1000) / silentMs : Infinity;
}

export interface IdleTimes {
  /** Forgets what the row was before. */
  reset(row: number): void;
  /** A question from an address of the network (any number that stands for it), and that its answer may be kept for so long. */
  asked(row: number, address: number, nowMs: number, ttlMs: number): void;
  /** Look-ups a second of all caches of the row; 0 when none has asked twice. */
  ratePerS(row: number, nowMs: number): number;
  /** When the last of its answers expires. */
  freshUntilMs(row: number): number;
}

/** `cachesMax` places for each of `rows` networks. */
export function createIdleTimes(rows: number): IdleTimes {
  const counts = new Uint8Array(rows);
  const crowds = createCrowds(rows);
  const addresses = new Uint32Array(rows * cachesMax);
  const freshUntil = new Float64Array(rows * cachesMax);
  const idle = createFadingSums(rows * cachesMax);
  const end = (row: number): number => row * cachesMax + (counts[row] as number); // rows and places are in range, here and below

  /** Of the caches whose answer has expired the one that did so last, of that address or (undefined) of any; −1: none. */
  function expiredLast(row: number, address: number | undefined, nowMs: number): number {
    let last = -1;
    for (let place = row * cachesMax; place < end(row); place += 1) {
      const untilMs = freshUntil[place] as number;
      if (untilMs > nowMs || (address !== undefined && addresses[place] !== address)) continue;
      if (last < 0 || untilMs > (freshUntil[last] as number)) last = place;
    }
    return last;
  }

  /** Which cache asks: one of that address, else a new one (−1), else any; −1 also when there is no room and all are fresh. */
  function askerOf(row: number, address: number, nowMs: number): number {
    const own = expiredLast(row, address, nowMs);
    return own < 0 && counts[row] === cachesMax ? expiredLast(row, undefined, nowMs) : own;
  }

  function addCache(row: number): number {
    const place = end(row);
    counts[row] = (counts[row] as number) + 1;
    idle.reset(place);
    return place;
  }

  return {
    reset(row) {
      counts[row] = 0;
      crowds.reset(row);
    },
    asked(row, address, nowMs, ttlMs) {
      const asker = askerOf(row, address, nowMs);
      const outOfTurn = asker < 0 && counts[row] === cachesMax;
      crowds.asked(row, nowMs, outOfTurn);
      if (outOfTurn) return;
      const place = asker < 0 ? addCache(row) : asker;
      if (asker >= 0) idle.add(place, Math.max(nowMs - (freshUntil[place] as number), ttlMs * clockError, idleLeastMs));
      addresses[place] = address;
      freshUntil[place] = nowMs + ttlMs;
    },
    ratePerS(row, nowMs) {
      if (crowds.isCrowd(row)) return crowds.questionsPerS(row, nowMs);
      let sum = 0;
      for (let place = row * cachesMax; place < end(row); place += 1) {
        const count = idle.count(place);
        if (count === 0) continue;
        // Half a gap less: the reciprocal of a mean of few is on average too large.
        sum += Math.min(((count - 0.5) * 1000) / idle.sum(place), faded(nowMs - (freshUntil[place] as number)));
      }
      return sum;
    },
    freshUntilMs(row) {
      let latestMs = -Infinity;
      for (let place = row * cachesMax; place < end(row); place += 1) latestMs = Math.max(latestMs, freshUntil[place] as number);
      return latestMs;
    },
  };
}

/** Which networks mostly ask while all their caches are fresh, and how often they ask. */
function createCrowds(rows: number) {
  const lastMs = new Float64Array(rows);
  const gaps = createFadingSums(rows);
  const outOfTurn = createFadingSums(rows);
  const enough = 1 / newestWeight / 2;
  return {
    reset(row: number): void {
      gaps.reset(row);
      outOfTurn.reset(row);
      lastMs[row] = Number.NaN;
    },
    asked(row: number, nowMs: number, isOutOfTurn: boolean): void {
      const gapMs = nowMs - (lastMs[row] as number); // rows are in range
      lastMs[row] = nowMs;
      if (Number.isNaN(gapMs)) return;
      gaps.add(row, Math.max(gapMs, idleLeastMs));
      outOfTurn.add(row, isOutOfTurn ? 1 : 0);
    },
    isCrowd: (row: number): boolean => gaps.count(row) > enough && 2 * outOfTurn.sum(row) > outOfTurn.count(row),
    questionsPerS: (row: number, nowMs: number): number =>
      Math.min((gaps.count(row) * 1000) / gaps.sum(row), faded(nowMs - (lastMs[row] as number))),
  };
}

/** Sums of numbers and how many, both fading by `newestWeight` with each new one. */
function createFadingSums(places: number) {
  const sums = new Float64Array(places);
  const counts = new Float64Array(places);
  return {
    reset(place: number): void {
      sums[place] = counts[place] = 0;
    },
    add(place: number, value: number): void {
      sums[place] = (sums[place] as number) * (1 - newestWeight) + value; // places are in range
      counts[place] = (counts[place] as number) * (1 - newestWeight) + 1;
    },
    sum: (place: number): number => sums[place] as number,
    count: (place: number): number => counts[place] as number,
  };
}
