/**
 * The rate of look-ups behind caches, from the questions that reach the authority.
 *
 * A cache asks again when its answer has expired and the next look-up comes, so the gap between two questions is TTL + idle
 * time, and the mean idle time is 1/rate. Idle times are averaged, not rates: 1/idle of a single gap has no mean. A network
 * that asks while its answer is fresh has another cache; up to four a network are told apart (a question belongs to the
 * cache that expired last), and their rates add up. Caches that keep answers longer or shorter than they were told are
 * misjudged, and who does not cache at all is counted up to four times; questions alone cannot tell.
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
  /** A question, and that its answer may be kept for so long. */
  asked(row: number, nowMs: number, ttlMs: number): void;
  /** Look-ups a second of all caches of the row; 0 when none has asked twice. */
  ratePerS(row: number, nowMs: number): number;
  /** When the last of its answers expires. */
  freshUntilMs(row: number): number;
}

/** `cachesMax` places for each of `rows` networks. */
export function createIdleTimes(rows: number): IdleTimes {
  const counts = new Uint8Array(rows);
  const freshUntil = new Float64Array(rows * cachesMax);
  // Idle times and how many, both fading by `newestWeight` with each new one.
  const idleMs = new Float64Array(rows * cachesMax);
  const idles = new Float64Array(rows * cachesMax);

  /** The place of the cache that asks now: of those whose answer has expired the last; −1 when all are fresh. */
  function askerOf(row: number, nowMs: number): number {
    let asker = -1;
    let latestMs = -Infinity;
    for (let place = row * cachesMax, end = place + (counts[row] as number); place < end; place += 1) {
      const untilMs = freshUntil[place] as number; // places are below the length, as below
      if (untilMs > nowMs || untilMs <= latestMs) continue;
      asker = place;
      latestMs = untilMs;
    }
    return asker;
  }

  return {
    reset(row) {
      counts[row] = 0;
    },

    asked(row, nowMs, ttlMs) {
      const asker = askerOf(row, nowMs);
      if (asker >= 0) {
        const idle = Math.max(nowMs - (freshUntil[asker] as number), ttlMs * clockError, idleLeastMs);
        idleMs[asker] = (idleMs[asker] as number) * (1 - newestWeight) + idle;
        idles[asker] = (idles[asker] as number) * (1 - newestWeight) + 1;
        freshUntil[asker] = nowMs + ttlMs;
        return;
      }
      const count = counts[row] as number;
      if (count === cachesMax) return;
      const place = row * cachesMax + count;
      counts[row] = count + 1;
      idleMs[place] = 0;
      idles[place] = 0;
      freshUntil[place] = nowMs + ttlMs;
    },

    ratePerS(row, nowMs) {
      let sum = 0;
      for (let place = row * cachesMax, end = place + (counts[row] as number); place < end; place += 1) {
        const count = idles[place] as number;
        if (count === 0) continue;
        // Half a gap less: the reciprocal of a mean of few is on average too large.
        const rate = ((count - 0.5) * 1000) / (idleMs[place] as number);
        sum += Math.min(rate, faded(nowMs - (freshUntil[place] as number)));
      }
      return sum;
    },

    freshUntilMs(row) {
      let latestMs = -Infinity;
      for (let place = row * cachesMax, end = place + (counts[row] as number); place < end; place += 1) {
        latestMs = Math.max(latestMs, freshUntil[place] as number);
      }
      return latestMs;
    },
  };
}
