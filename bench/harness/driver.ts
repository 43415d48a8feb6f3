/**
 * What a driver is: a load generator that runs as a process of its own beside the server, and prints what came of it.
 */
import type { SocketAddress } from '../../src/service.js';
import type { Startable } from './programs.js';

export interface Aim {
  readonly server: SocketAddress;
  readonly seconds: number;
  /** Queries or connections under way at any time: the loop is closed, who is slow is asked less. */
  readonly atOnce: number;
}

export interface Load {
  /** How long it really took. */
  readonly seconds: number;
  /** What came back, the bad answers too. */
  readonly answers: number;
  /** What went wrong, how often: `lost`, `SERVFAIL`, `status 502`. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface Driver extends Startable<Aim> {
  /** @throws Error when that is no report. */
  read(stdout: string): Load;
}

/** The number in the first group of the pattern. @throws Error */
export function figureIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`its report has no line like ${pattern.source}`);
  return Number(found);
}
