/**
 * Random times, amounts of work and lengths of sessions, by the laws that scenarios name.
 *
 * A sampler has mean 1 and allocates nothing per draw. A uniform number has 32 bits, so an exponential time never exceeds
 * 22.2 times its mean: that tail has a part of 2·10⁻¹⁰ of all draws, which no result of ours can see.
 */
import type { Random } from '../random.js';
import { exp, ln } from './numeric.js';
import type { ClientLayer, Law } from './scenario.js';

/** Mean 1. */
export function exponential(random: Random): number {
  return -ln(1 - random.next());
}

/**
 * Draws ahead: a tight loop lets the processor work on several logarithms at a time, and what is left of a draw is a read.
 */
function ahead(refill: (drawn: Float64Array) => void): () => number {
  const drawn = new Float64Array(256);
  let at = drawn.length;
  return () => {
    if (at === drawn.length) {
      refill(drawn);
      at = 0;
    }
    at += 1;
    return drawn[at - 1] as number; // below the length
  };
}

/** One by one. */
function aheadOf(draw: () => number): () => number {
  return ahead((drawn) => {
    for (let place = 0; place < drawn.length; place += 1) drawn[place] = draw();
  });
}

/** All at once. */
function exponentials(random: Random): () => number {
  return ahead((drawn) => {
    random.fill(drawn);
    for (let place = 0; place < drawn.length; place += 1) drawn[place] = -ln(1 - (drawn[place] as number));
  });
}

/** Draws with mean 1 and the law's squared coefficient of variation. */
export function createSampler(law: Law, random: Random): () => number {
  if (law.law === 'deterministic') return () => 1;
  return law.law === 'exponential' ? exponentials(random) : aheadOf(createDraw(law, random));
}

function createDraw(law: Law, random: Random): () => number {
  switch (law.law) {
    case 'deterministic':
      return () => 1;
    case 'exponential':
      return () => exponential(random);
    case 'lognormal':
      return createLognormal(law.cv2, random);
    case 'hyper-exponential':
      return createHyperExponential(law.cv2, random);
  }
}

/** exp(σz − σ²/2) has mean 1 and squared coefficient of variation exp(σ²) − 1. */
function createLognormal(cv2: number, random: Random): () => number {
  const variance = ln(1 + cv2);
  const deviation = Math.sqrt(variance);
  const normal = createNormal(random);
  return () => exp(deviation * normal() - variance / 2);
}

/** Marsaglia's polar method: a point drawn from the unit disc gives two normal numbers without a sine; the second is kept. */
function createNormal(random: Random): () => number {
  let spare = Number.NaN;
  return () => {
    if (!Number.isNaN(spare)) {
      const kept = spare;
      spare = Number.NaN;
      return kept;
    }
    for (;;) {
      const x = 2 * random.next() - 1;
      const y = 2 * random.next() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * ln(square)) / square);
      spare = y * factor;
      return x * factor;
    }
  };
}

/** Two phases, each with half of the mean ("balanced means"): the short one is drawn with `often`, mean 1/(2·often). */
function createHyperExponential(cv2: number, random: Random): () => number {
  const root = Math.sqrt((cv2 - 1) / (cv2 + 1));
  const often = (1 + root) / 2;
  const seldom = 1 / ((cv2 + 1) * (1 + root)); // (1 − root)/2, without the cancellation
  return () => exponential(random) / (2 * (random.next() < often ? often : seldom));
}

/** Work of a request: of a whole number of hits, uniform from `min` to `max`, each with work by the law. */
export function createWorkSampler(hits: { readonly min: number; readonly max: number }, law: Law, random: Random): () => number {
  const kinds = hits.max - hits.min + 1;
  const count = kinds === 1 ? () => hits.min : () => hits.min + random.below(kinds);
  if (law.law === 'deterministic') return count;
  if (kinds === 1 && hits.min === 1) return createSampler(law, random);
  if (law.law === 'exponential') return aheadOf(() => erlang(count(), random));
  const work = createDraw(law, random);
  return aheadOf(() => {
    let sum = 0;
    for (let left = count(); left > 0; left -= 1) sum += work();
    return sum;
  });
}

/** Each uniform number is at least 2^-32, and their product must not fall below 2^-1022, the least that `ln` takes. */
const factorsMax = 31;

/** The sum of `count` exponential numbers: −ln of a product costs one logarithm instead of `count`. */
function erlang(count: number, random: Random): number {
  let sum = 0;
  for (let left = count; left > 0; left -= factorsMax) {
    let product = 1;
    for (let factor = Math.min(left, factorsMax); factor > 0; factor -= 1) product *= 1 - random.next();
    sum -= ln(product);
  }
  return sum;
}

/** Requests of a session: `geometric` on 1, 2, 3, … or always the mean, rounded. */
export function createSessionLengths({ law, requestsMean }: ClientLayer['session'], random: Random): () => number {
  if (law === 'fixed' || requestsMean <= 1) {
    const length = Math.max(1, Math.round(requestsMean));
    return () => length;
  }
  const perRequest = -ln(1 - 1 / requestsMean);
  return () => 1 + Math.floor(exponential(random) / perRequest);
}
