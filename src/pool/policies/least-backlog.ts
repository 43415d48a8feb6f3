/**
 * `least-backlog` (WQL in the papers, weighted queue length): the shortest backlog in proportion to the weight stands first.
 *
 * It sees the queues of now, but not the clients that caches will still send to where earlier answers pointed.
 */
import type { Rotation } from '../rotation.js';
import type { WorkerLoads } from '../worker-loads.js';
import { createLeast } from './least.js';

export function createLeastBacklog(loads: WorkerLoads): Rotation {
  return createLeast(({ index, weight }) => loads.backlog(index) / weight);
}
