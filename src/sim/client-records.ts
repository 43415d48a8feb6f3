/**
 * What is known of each client: a record of four numbers side by side, so that a client costs one access to memory and not
 * four. With a million of them that is most of what a request costs.
 */
import type { Random } from '../random.js';
import { drawKinds } from './kinds.js';
import type { ClientLayer } from './scenario.js';

export const recordWords = 4;
/** Its first resolver. */
export const resolverAt = 0;
/** Requests to come in this session. */
export const pagesLeftAt = 1;
/** The worker it is connected to or pinned to, or `nobody`. */
export const workerAt = 2;
/** The epoch of the answer that it acts on, and its kind in the bits above `epochBits`. */
export const epochAndKindAt = 3;
export const epochBits = 16;
export const epochMask = 2 ** epochBits - 1;

/** No worker: not connected yet, or none of the addresses serves. */
export const nobody = -1;

/**
 * @param perResolver clients that are there from the start, by resolver; ids ascend with it.
 * @param count clients that there can ever be.
 */
export function createClientRecords({ kinds }: ClientLayer, perResolver: Int32Array, count: number, random: Random): Int32Array {
  const records = new Int32Array(count * recordWords);
  const drawn = drawKinds(kinds, count, random);
  let first = 0;
  perResolver.forEach((size, resolver) => {
    for (let client = first; client < first + size; client += 1) records[client * recordWords + resolverAt] = resolver;
    first += size;
  });
  for (let client = 0; client < count; client += 1) {
    records[client * recordWords + workerAt] = nobody;
    records[client * recordWords + epochAndKindAt] = (drawn[client] as number) << epochBits;
  }
  return records;
}
