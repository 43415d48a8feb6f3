/**
 * Waiting for the pool: until everybody is up, and until an event shows.
 */
import type { Clock } from '../../src/clock.js';
import type { Pool, PoolSnapshot } from '../../src/pool/pool.js';
import { ServiceError } from '../../src/service.js';
import type { WorkerEvent } from './tier-under-test.js';

/** Settles when every member is up. @throws ServiceError that names those who are not, after `msMax` */
export async function allUp(pool: Pool, msMax: number, clock: Clock): Promise<void> {
  const missing = ({ members }: PoolSnapshot): string[] => members.filter(({ health }) => health !== 'up').map(({ member }) => member.name);
  if (await until(pool, (snapshot) => missing(snapshot).length === 0, msMax, clock)) return;
  const names = missing(pool.snapshot());
  throw new ServiceError(`bench: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not up after ${msMax / 1000} s; \`roundhouse status\` or the log say why`);
}

/** Does the pool show what happened, so that answers do from now on? */
export function shows({ members }: PoolSnapshot, event: WorkerEvent): boolean {
  const state = members[numberOf(event.worker)];
  switch (event.kind) {
    case 'worker-dies':
      return state?.health === 'down';
    case 'worker-returns':
      return state?.health === 'up';
    case 'worker-drains':
      return state?.admin === 'draining';
    case 'worker-enabled':
      return state?.admin === 'enabled';
  }
}

/** Members stand in the order of the scenario's workers: `w3` is the third. */
export const numberOf = (worker: string): number => Number(worker.slice(1)) - 1;

/** @returns whether it came to hold within `msMax` */
export function until(pool: Pool, holds: (snapshot: PoolSnapshot) => boolean, msMax: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (held: boolean): void => {
      timer.cancel();
      unsubscribe();
      resolve(held);
    };
    const timer = clock.after(msMax, () => settle(false));
    const unsubscribe = pool.subscribe((snapshot) => (holds(snapshot) ? settle(true) : undefined));
    if (holds(pool.snapshot())) settle(true);
  });
}
