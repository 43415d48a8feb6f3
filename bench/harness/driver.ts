/**
 * What a driver is: a load generator that runs as a process of its own beside the server, and prints what came of it.
 */
import type { SocketAddress } from '../../src/service.js';
import type { Startable } from './programs.js';

export interface Aim {
  readonly server: SocketAddress;
  readonly seconds: number;
  /** Queries or connections under way at any time. In a closed loop who is slow is asked less. */
  readonly atOnce: number;
  /** Of what is asked for by HTTP; `/` by default. */
  readonly path?: string | undefined;
  /** Requests a second in an open loop: so many, however slow the answers. */
  readonly perS?: number | undefined;
}

export interface Load {
  /** How long it really took. */
  readonly seconds: number;
  /** What came back, the bad answers too. */
  readonly answers: number;
  /** What went wrong, how often: `lost`, `SERVFAIL`, `status 502`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Of an open loop. */
  readonly latency?: Latency;
}

/** Percentiles in milliseconds: from when a request was taken up, be a connection free or not, to the last byte of its response. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** How late the generator was to take a request up; not part of the others. */
  readonly lateP99Ms: number;
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
