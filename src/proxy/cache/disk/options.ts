/**
 * What can be configured about the store on disk, and what it counts.
 */
import type { Clock } from '../../../clock.js';
import type { Log } from '../../../log.js';

export interface DiskSettings {
  /** Each worker has a directory of its own in it; undefined: nothing is kept on disk. */
  readonly directory?: string | undefined;
  /** Of bodies, each in whole blocks of 4 KiB, and journal. */
  readonly bytesMax: number;
  readonly entriesMax: number;
}

export interface DiskStats {
  bytes: number;
  entries: number;
  hitsTotal: number;
  /** What was on disk and is not what it was when it was written. */
  damagedTotal: number;
  /** Not written, for the disk was too slow, or had no room. */
  skippedTotal: number;
  /** 1 after an error of the file system, until the process ends. */
  off: 0 | 1;
}

export const createDiskStats = (): DiskStats => ({ bytes: 0, entries: 0, hitsTotal: 0, damagedTotal: 0, skippedTotal: 0, off: 0 });

export interface DiskOptions extends DiskSettings {
  readonly directory: string;
  /** The directory in the directory. */
  readonly worker: string;
  readonly stats: DiskStats;
  readonly clock: Clock;
  readonly log: Log;
}
