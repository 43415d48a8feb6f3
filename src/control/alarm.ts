/**
 * The alarm: a worker that was busier than it may be in the last interval is spared new clients until it is not.
 *
 * It is all the server state that the domain-aware policies of Colajanni, Yu and Dias use; they found that with more
 * detail DNS does worse. Nothing is held against a worker that has not been heard lately: whether it lives is for probes to
 * find out.
 */
import type { Log } from '../log.js';
import type { Pool } from '../pool/pool.js';
import type { LoadOf } from './message.js';

/** @returns what compares the latest readings with the threshold (utilisation, 0 to 1) and tells the pool what changed. */
export function createAlarm(pool: Pool, threshold: number, loadOf: LoadOf, log: Log): () => void {
  return () => {
    const changes = pool.snapshot().members.flatMap(({ member, alarmed }) => {
      const utilisation = loadOf(member.index)?.utilisation ?? null;
      const exceeds = utilisation !== null && utilisation > threshold;
      return exceeds === alarmed ? [] : [{ name: member.name, exceeds, utilisation }];
    });
    pool.batch(() => changes.forEach(({ name, exceeds }) => pool.setAlarm(name, exceeds)));
    for (const { name, exceeds, utilisation } of changes) {
      const text = exceeds ? 'is busier than the alarm allows, and is spared new clients' : 'is no longer busier than the alarm allows';
      log.info({ member: name, utilisation, alarm: threshold }, `${name} ${text}`);
    }
  };
}
