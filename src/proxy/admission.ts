/**
 * How many exchanges may be under way, and the queue of those that wait for a place (HAProxy's `maxconn` and `maxqueue`).
 *
 * First come, first served; nobody waits longer than `queueMs`; whoever leaves the queue frees its place in it. All of it
 * O(1), because under overload is when it must cost least.
 */
import type { Clock } from '../clock.js';
import type { GatewayStats } from './stats.js';
import { createTimeoutList, type Timed } from './timeouts.js';

export interface Waiter extends Timed {
  /** A place came free and is now this waiter's: it gives it back by `leave`. */
  onAdmitted(): void;
  onQueueTimeout(): void;
}

export interface AdmissionOptions {
  readonly maxconn: number;
  readonly maxqueue: number;
  readonly queueMs: number;
  readonly clock: Clock;
  /** Kept up to date. */
  readonly stats: Pick<GatewayStats, 'inFlight' | 'queued'>;
}

export interface Admission {
  enter(waiter: Waiter): 'admitted' | 'queued' | 'full';
  /** Gives an admitted waiter's place to the next one. */
  leave(): void;
  /** Takes a waiter out of the queue. @returns whether it was in it. */
  withdraw(waiter: Waiter): boolean;
  /** Forgets the queue and releases the timer. */
  close(): void;
}

export function createAdmission({ maxconn, maxqueue, queueMs, clock, stats }: AdmissionOptions): Admission {
  const queue = createTimeoutList<Waiter>(clock, queueMs, (waiter) => {
    stats.queued = queue.size();
    waiter.onQueueTimeout();
  });
  let admitting = false;

  /** A loop rather than recursion: a waiter may be done, and leave, within `onAdmitted`. */
  function admitWaiting(): void {
    if (admitting) return;
    admitting = true;
    while (stats.inFlight < maxconn) {
      const waiter = queue.takeFirst();
      if (waiter === undefined) break;
      stats.queued = queue.size();
      stats.inFlight += 1;
      waiter.onAdmitted();
    }
    admitting = false;
  }

  return {
    enter(waiter) {
      if (stats.inFlight < maxconn) {
        stats.inFlight += 1;
        return 'admitted';
      }
      if (queue.size() >= maxqueue) return 'full';
      queue.start(waiter);
      stats.queued = queue.size();
      return 'queued';
    },
    leave() {
      stats.inFlight -= 1;
      admitWaiting();
    },
    withdraw(waiter) {
      const before = queue.size();
      queue.stop(waiter);
      stats.queued = queue.size();
      return queue.size() < before;
    },
    close() {
      queue.close();
      stats.queued = 0;
    },
  };
}
