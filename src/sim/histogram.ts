/**
 * Response times in bins: each power of two is cut into 128 equal ones, so a bin is less than 0.8 % wide and quantiles are
 * that near to their value, whatever the number of responses. A bin's number is the exponent and the top of the mantissa
 * as they stand in the number: no logarithm, two nanoseconds.
 *
 * From 2^-20 s (1 µs) to 2^20 s (12 days); what is outside falls into the first or the last bin.
 */

export interface Histogram {
  readonly counts: Float64Array;
  count: number;
  sum: number;
}

const exponentMin = -20;
const exponentMax = 20;
const binsPerOctave = 128;
/** Bin 0 is from 0 to 2^-20; the last is what is above. */
const bins = (exponentMax - exponentMin) * binsPerOctave + 2;
/** Of the high word: what is right of exponent and 7 bits of mantissa. */
const shift = 13;
const firstWord = ((exponentMin + 0x3ff) << (20 - shift)) - 1;

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
const high = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

export function createHistogram(): Histogram {
  return { counts: new Float64Array(bins), count: 0, sum: 0 };
}

/** @param seconds not negative. */
export function record(histogram: Histogram, seconds: number): void {
  number[0] = seconds;
  const exact = ((words[high] as number) >>> shift) - firstWord; // one of two words
  const bin = exact <= 0 ? 0 : exact < bins ? exact : bins - 1;
  histogram.counts[bin] = (histogram.counts[bin] as number) + 1; // in range, here and below
  histogram.count += 1;
  histogram.sum += seconds;
}

export function merge(into: Histogram, from: Histogram): void {
  for (let bin = 0; bin < bins; bin += 1) into.counts[bin] = (into.counts[bin] as number) + (from.counts[bin] as number);
  into.count += from.count;
  into.sum += from.sum;
}

/** The time below which a part `p` of all is; within its bin in proportion. 0 when nothing was recorded. */
export function quantile({ counts, count }: Histogram, p: number): number {
  const wanted = p * count;
  let before = 0;
  for (let bin = 0; bin < bins; bin += 1) {
    const here = counts[bin] as number;
    if (here > 0 && before + here >= wanted) return lower(bin) + (upper(bin) - lower(bin)) * Math.max(0, (wanted - before) / here);
    before += here;
  }
  return 0;
}

/** Bounds in seconds and the part of all up to each, at most 16 to the power of two, for a plot. */
export function cumulative({ counts, count }: Histogram): [seconds: number, part: number][] {
  const pairs: [number, number][] = [];
  let sum = 0;
  let told = 0;
  for (let bin = 0; bin < bins && told < count; bin += 1) {
    sum += counts[bin] as number;
    if (sum === told || (bin % 8 !== 0 && sum < count)) continue;
    if (pairs.length === 0) pairs.push([lower(bin - (bin % 8)), 0]);
    pairs.push([upper(bin), sum / count]);
    told = sum;
  }
  return pairs;
}

const lower = (bin: number): number => (bin === 0 ? 0 : upper(bin - 1));

/** Where the next bin begins; the last has no end of its own. */
function upper(bin: number): number {
  words[1 - high] = 0;
  words[high] = (Math.min(bin, bins - 2) + 1 + firstWord) << shift;
  return number[0] as number;
}
