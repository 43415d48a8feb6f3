/**
 * `least-loaded`: smooth weighted round-robin over weight × (1 − utilisation), the utilisation as members report it, damped.
 *
 * Always sending to the least loaded makes a herd: all answers between two reports go to the same member. In proportion to
 * what is free there is none: every member is in each round, the idle ones more often. Reports of single intervals (2 to
 * 32 s) are mostly the noise of queues, and what an answer does is seen only as caches expire, so reports are averaged with
 * a time constant of 30 s: long against the noise, short against the minutes in which load moves. A member of unknown load
 * counts as the mean of the others.
 */
import type { Clock } from '../../clock.js';
import type { PoolMember } from '../pool.js';
import type { Rotation } from '../rotation.js';
import type { WorkerLoads } from '../worker-loads.js';
import { grown } from './ranking.js';
import { createSmoothRoundRobin } from './weighted.js';

const dampingMs = 30_000;
/** Without a new report loads are looked at so often: they may have become stale. */
const readAgainMs = 1000;
/** Of its weight at least this part: a member that is full is still asked now and then. */
const freeLeast = 0.02;

export function createLeastLoaded(loads: WorkerLoads, clock: Clock): Rotation {
  let damped: Float64Array = new Float64Array(16).fill(Number.NaN); // by member index; NaN: unknown
  let members = 0; // of those seen, the highest index + 1
  let readMs = -Infinity;
  let version = -1;
  let mean = 0;

  function makeRoom(eligible: readonly PoolMember[]): void {
    members = Math.max(members, (eligible.at(-1)?.index ?? -1) + 1); // ascending by index
    const before = damped.length;
    damped = grown(damped, members);
    if (damped.length > before) damped.fill(Number.NaN, before);
  }

  function read(nowMs: number): void {
    // A step of the first-order lag x' = (u − x)/τ, implicit, which is stable for steps of any length.
    const part = readMs === -Infinity ? 1 : (nowMs - readMs) / (dampingMs + nowMs - readMs);
    let sum = 0;
    let known = 0;
    for (let index = 0; index < members; index += 1) {
      const before = damped[index] as number; // there is room for all, as below
      const reported = loads.utilisation(index);
      const now = Number.isNaN(before) ? reported : before + part * (reported - before);
      damped[index] = now;
      if (Number.isNaN(now)) continue;
      sum += now;
      known += 1;
    }
    mean = known === 0 ? 0 : sum / known;
    version = loads.version;
    readMs = nowMs;
  }

  const smooth = createSmoothRoundRobin(({ index, weight }) => {
    const utilisation = damped[index] as number;
    return weight * Math.max(freeLeast, 1 - (Number.isNaN(utilisation) ? mean : utilisation));
  });
  return {
    order(eligible, requestor, maxAnswers, order) {
      const nowMs = clock.monotonicMs();
      makeRoom(eligible);
      if (version !== loads.version || nowMs - readMs >= readAgainMs) read(nowMs);
      return smooth.order(eligible, requestor, maxAnswers, order);
    },
  };
}
