/**
 * What the operator wants, kept in a file, so that a restart of the control process does not undo a `drain`.
 *
 * One small JSON object, name → state, of the members that are not simply enabled. It is replaced as a whole (written
 * beside and renamed), so a crash leaves the old one or the new one.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Log } from '../log.js';
import { adminStates, type Admin, type Pool } from '../pool/pool.js';
import { ServiceError } from '../service.js';

/** Puts the kept wishes into the pool, and keeps what changes from now on. @throws ServiceError for a file that is not ours. */
export function keepWishes(pool: Pool, file: string, log: Log): void {
  const known = new Set(pool.members.map(({ name }) => name));
  for (const [name, admin] of readWishes(file)) if (known.has(name)) pool.setAdmin(name, admin);
  let kept = wishesOf(pool);
  pool.subscribe(() => {
    const wishes = wishesOf(pool);
    if (wishes === kept) return;
    kept = wishes;
    try {
      writeFileSync(`${file}.new`, wishes);
      renameSync(`${file}.new`, file);
    } catch (error) {
      log.error({ file, error: String(error) }, 'the operator states cannot be kept; a restart of the control process will lose them');
    }
  });
}

function wishesOf(pool: Pool): string {
  const wishes = pool.snapshot().members.flatMap(({ member, admin }) => (admin === 'enabled' ? [] : [[member.name, admin]]));
  return `${JSON.stringify(Object.fromEntries(wishes))}\n`;
}

function readWishes(file: string): [name: string, admin: Admin][] {
  const text = readIfThere(file);
  if (text === undefined) return [];
  try {
    return Object.entries(JSON.parse(text) as Record<string, unknown>).map(([name, state]) => {
      const admin = adminStates.find((word) => word === state);
      if (admin === undefined) throw new Error(`${name} is ${JSON.stringify(state)}`);
      return [name, admin];
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError(`control: ${file} is not a file of operator states (${reason}); remove it or change control.stateFile`, { cause: error });
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // file errors carry a code
    throw new ServiceError(`control: cannot read ${file}: ${String(error)}; change control.stateFile`, { cause: error });
  }
}
