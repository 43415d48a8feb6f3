/**
 * The workers of a scenario as members of a pool: names, weights, and addresses that are no real ones.
 */
import type { PoolMember } from '../pool/pool.js';
import type { WorkerLayer } from './scenario.js';
import { capacitiesOf } from './worker-layer.js';

export function membersOf(layer: WorkerLayer): PoolMember[] {
  const capacities = capacitiesOf(layer);
  const most = Math.max(...capacities);
  return capacities.map((capacity, index) => ({
    name: `w${index + 1}`,
    index,
    address: [24, 16, 8, 0].map((shift) => (addressBitsOf(index) >>> shift) & 0xff).join('.'),
    port: 8080,
    weight: layer.weights.length === 0 ? weightOf(capacity, most) : (layer.weights[index % layer.weights.length] as number),
  }));
}

/** In proportion to the largest, whose weight is 100. */
const weightOf = (capacity: number, most: number): number => Math.max(1, Math.round((100 * capacity) / most));

/** Addresses in networks of their own, far apart, so that sorting by common prefix (RFC 6724) has something to sort. */
export function addressBitsOf(index: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 10; bit += 1) reversed |= ((index >> bit) & 1) << (9 - bit);
  return ((reversed << 22) | 0x00010001) >>> 0;
}
