/**
 * `least-utilised` (LU in the papers): the member with the lowest utilisation in its last interval stands first.
 *
 * All answers of an interval send clients to the same one: history makes a herd, and the papers find it worse than knowing
 * the networks. It is here to be compared with; `least-loaded` is the one to serve with.
 */
import type { Rotation } from '../rotation.js';
import type { WorkerLoads } from '../worker-loads.js';
import { createLeast } from './least.js';

export function createLeastUtilised(loads: WorkerLoads): Rotation {
  return createLeast(({ index }) => loads.utilisation(index));
}
