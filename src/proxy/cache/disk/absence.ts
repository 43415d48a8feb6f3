/**
 * A purge that a worker could not be told of, because it was not there: a file in its directory, by which its next life starts empty.
 */
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Each worker has a directory of its own. */
export const directoryOf = (directory: string, worker: string): string => join(directory, encodeURIComponent(worker));

const noteIn = (own: string): string => join(own, 'purged-meanwhile');

/** @param directory that all workers share (`proxy.cache.disk.directory`). @throws what the file system says. */
export async function notePurge(directory: string, worker: string): Promise<void> {
  const own = directoryOf(directory, worker);
  await mkdir(own, { recursive: true });
  await writeFile(noteIn(own), '');
}

/** @param own directory of the worker */
export const wasPurged = (own: string): Promise<boolean> => access(noteIn(own)).then(() => true, () => false);

export const forgetNote = (own: string): Promise<void> => rm(noteIn(own), { force: true });
