/**
 * Takes up what an earlier process left: reads its journal, piece by piece, and puts what counts in the books.
 *
 * A damaged line may have been one that took away any of those before it, so they all go. They also go when the machine fell: what
 * the journal had not on the medium then, nobody knows.
 */
import { readFile } from 'node:fs/promises';
import type { Content } from './content.js';
import { newEntry } from './entries.js';
import type { Journal, Line } from './journal.js';
import type { Ledger } from './ledger.js';
import type { DiskStats } from './options.js';

export interface Found {
  /** The latest time on disk, real. */
  readonly latestMs: number;
  /** Of this run of the machine; '' where it is not known. */
  readonly boot: string;
  /** Files that nothing refers to. */
  readonly orphans: readonly string[];
}

export async function takeUp(journal: Journal, content: Content, ledger: Ledger, stats: DiskStats): Promise<Found> {
  const boot = await bootOf();
  const digests = await content.list();
  let latestMs = 0;
  /** The life of which nobody wrote the end. */
  let unended: string | undefined;
  const forgetAll = (): void => {
    for (const entry of [...ledger.entries.all()]) ledger.forget(entry);
  };
  const onLine = ({ record, offset, bytes }: Line): void => {
    switch (record?.kind) {
      case undefined:
        stats.damagedTotal += 1;
        return forgetAll();
      case 'open':
        if (unended !== undefined && (unended !== record.boot || record.boot === '')) forgetAll();
        unended = record.boot;
        latestMs = Math.max(latestMs, record.realtimeMs);
        return;
      case 'closed':
        unended = undefined;
        latestMs = Math.max(latestMs, record.realtimeMs);
        return;
      case 'put': {
        const { id, head } = record;
        latestMs = Math.max(latestMs, head.policy.responseMs);
        const entry = newEntry(id, head);
        ledger.entries.add(entry);
        return ledger.settle(entry, head.digest, offset, bytes);
      }
      case 'drop': {
        const entry = ledger.byId(record.id);
        if (entry !== undefined) ledger.forget(entry);
        return;
      }
      case 'outdate': {
        const entry = ledger.byId(record.id);
        latestMs = Math.max(latestMs, record.realtimeMs);
        if (entry !== undefined) entry.outdatedMs ??= record.realtimeMs;
      }
    }
  };
  await journal.open(onLine);
  if (unended !== undefined && (unended !== boot || boot === '')) forgetAll();
  const missing = [...ledger.entries.all()].filter(({ digest }) => !digests.has(digest));
  for (const entry of missing) ledger.forget(entry);
  stats.damagedTotal += missing.length;
  ledger.garbage.length = 0;
  return { latestMs, boot, orphans: [...digests].filter((digest) => !content.has(digest)) };
}

/** random(4): another one after each start of the machine. */
const bootOf = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '')).trim();
