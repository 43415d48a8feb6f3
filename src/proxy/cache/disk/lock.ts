/**
 * One process for one directory: a file with its number and the time at which it started, so that another process that got the same
 * number later is not taken for it.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Lock {
  release(): Promise<void>;
}

/** Of this process: its own number in a file says nothing. */
const held = new Set<string>();

/** Undefined: another holds it. */
export async function lockDirectory(directory: string): Promise<Lock | undefined> {
  const path = join(directory, 'lock');
  if (held.has(path)) return undefined;
  held.add(path);
  const taken = await take(path).catch((error: unknown) => {
    held.delete(path);
    throw error;
  });
  if (!taken) {
    held.delete(path);
    return undefined;
  }
  return {
    async release() {
      await rm(path, { force: true });
      held.delete(path);
    },
  };
}

async function take(path: string): Promise<boolean> {
  const mine = `${process.pid} ${await startOf(process.pid)}`;
  if (await create(path, mine)) return true;
  const owner = await readFile(path, 'utf8').catch(() => '');
  const pid = Number(owner.split(' ')[0]);
  if (pid > 0 && pid !== process.pid && isAlive(pid) && owner === `${pid} ${await startOf(pid)}`) return false;
  await rm(path, { force: true });
  return create(path, mine);
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false; // only fs throws here
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it is another user's
  }
}

/** proc(5), field 22, the 20th behind the name in parentheses; '' where there is no such file. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
