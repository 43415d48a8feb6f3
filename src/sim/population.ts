/**
 * Who is behind which resolver: shares by the population's law, whole clients by largest remainder, and an address for each
 * resolver by which the live policies know it. Resolver 0 is the first of the population.
 */
import { exp, ln } from './numeric.js';
import type { Population } from './scenario.js';

/** Each resolver's part of all clients; they add up to 1. */
export function sharesOf({ law, count, exponent, weights }: Population): Float64Array {
  if (law === 'listed') return scaled(Float64Array.from(weights), 1);
  if (law === 'uniform') return scaled(new Float64Array(count).fill(1), 1);
  if (law === 'zipf') return scaled(zipf(1, count, exponent), 1);
  return withHead(weights, count, exponent);
}

/** The tail keeps its ranks: the first resolver behind a head of 12 has the weight of the 13th of a Zipf law. */
function withHead(weights: readonly number[], count: number, exponent: number): Float64Array {
  const head = weights.slice(0, count);
  const shares = new Float64Array(count);
  shares.set(head);
  const rest = 1 - head.reduce((sum, weight) => sum + weight, 0);
  shares.set(scaled(zipf(head.length + 1, count - head.length, exponent), Math.max(0, rest)), head.length);
  return scaled(shares, 1); // a head that leaves nothing, or with nothing behind it
}

function zipf(firstRank: number, count: number, exponent: number): Float64Array {
  const weight = exponent === 1 ? (rank: number) => 1 / rank : (rank: number) => exp(-exponent * ln(rank));
  return Float64Array.from({ length: count }, (_, index) => weight(firstRank + index));
}

function scaled(weights: Float64Array, total: number): Float64Array {
  const sum = weights.reduce((before, weight) => before + weight, 0);
  return weights.map((weight) => (weight * total) / sum);
}

/** Whole clients, as near to the shares as whole numbers can be: what rounding down leaves goes to the largest remainders. */
export function clientsPerResolver(population: Population, clients: number): Int32Array {
  const exact = sharesOf(population).map((share) => share * clients);
  const counts = Int32Array.from(exact, Math.floor);
  const left = clients - counts.reduce((sum, count) => sum + count, 0);
  const remainders = exact.map((value) => value - Math.floor(value));
  const remainder = (resolver: number): number => remainders[resolver] as number; // here and below, resolvers of this population
  const order = Uint32Array.from(exact.keys()).sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const resolver of order.subarray(0, left)) counts[resolver] = (counts[resolver] as number) + 1;
  return counts;
}

/** Networks of /24 from 16.0.0.0 on: none of them is special (RFC 6890). */
const firstNetwork = 16 << 16;
export const resolversMax = 2 ** 21;

/** Each resolver in a /24 of its own, so that policies which know networks know resolvers. */
export function resolverAddress(resolver: number): string {
  if (!(resolver >= 0 && resolver < resolversMax)) throw new RangeError(`no address for resolver ${resolver}: there are ${resolversMax}`);
  const network = firstNetwork + resolver;
  return `${network >>> 16}.${(network >>> 8) & 255}.${network & 255}.53`;
}
