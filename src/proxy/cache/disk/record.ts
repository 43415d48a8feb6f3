/**
 * Lines of the journal: what was put on disk, what was taken away or made stale, and whose life it was. Pure.
 *
 * Each line is a CRC-32 in hexadecimal and JSON, all of it in ASCII, so that its length is its bytes. Times on disk are real ones;
 * `DiskTime` says what they are on the monotonic clock.
 */
import { crc32 } from 'node:zlib';
import type { Clock } from '../../../clock.js';
import type { Policy, StoredResponse } from '../stored-response.js';

/** A stored response but for its body. */
export interface Head extends Omit<StoredResponse, 'body'> {
  /** SHA-256 of the body, in hexadecimal. */
  readonly digest: string;
  readonly bodyBytes: number;
}

export type JournalRecord =
  | { readonly kind: 'put'; readonly id: number; readonly head: Head }
  | { readonly kind: 'drop'; readonly id: number }
  /** Soft purge. */
  | { readonly kind: 'outdate'; readonly id: number; readonly realtimeMs: number }
  /** A process took the journal up; `boot` names the run of the machine, '' where that is not known. */
  | { readonly kind: 'open'; readonly boot: string; readonly realtimeMs: number }
  /** It went in peace, with all of it on the medium. */
  | { readonly kind: 'closed'; readonly realtimeMs: number };

/** The real clock as it was when the store was opened: what is monotonic, plus this. Steps of the real one change no age afterwards. */
export class DiskTime {
  readonly #offsetMs: number;

  /** @param latestMs the latest time on disk: a clock that stands before it was set back, and nothing may become younger by that. */
  constructor(clock: Clock, latestMs: number) {
    this.#offsetMs = Math.max(clock.realtimeMs(), latestMs) - clock.monotonicMs();
  }

  toReal = (monotonicMs: number): number => monotonicMs + this.#offsetMs;
  toMonotonic = (realtimeMs: number): number => realtimeMs - this.#offsetMs;
}

/** @param head with real times. */
export const putLine = (id: number, head: Head): string => line({ put: id, ...head });
export const dropLine = (id: number): string => line({ drop: id });
export const outdateLine = (id: number, realtimeMs: number): string => line({ outdate: id, at: realtimeMs });
export const openLine = (boot: string, realtimeMs: number): string => line({ open: boot, at: realtimeMs });
export const closedLine = (realtimeMs: number): string => line({ closed: realtimeMs });

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

function line(value: object): string {
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const json = JSON.stringify(value).replace(/[\u0080-\uffff]/g, escaped);
  return `${checksum(json)} ${json}\n`;
}

/** Whether it is as it was written. @param text without its line end. */
export const isWhole = (text: string): boolean => text[8] === ' ' && text.slice(0, 8) === checksum(text.slice(9));

interface Written extends Head {
  readonly put?: number;
  readonly drop?: number;
  readonly outdate?: number;
  readonly open?: string;
  readonly closed?: number;
  readonly at?: number;
}

/** @param text without its line end. @returns undefined if it is not as it was written. */
export function parseLine(text: string): JournalRecord | undefined {
  if (!isWhole(text)) return undefined;
  const { put, drop, outdate, open, closed, at = 0, ...head } = JSON.parse(text.slice(9)) as Written; // we wrote it
  if (put !== undefined) return { kind: 'put', id: put, head };
  if (drop !== undefined) return { kind: 'drop', id: drop };
  if (outdate !== undefined) return { kind: 'outdate', id: outdate, realtimeMs: at };
  if (open !== undefined) return { kind: 'open', boot: open, realtimeMs: at };
  return closed === undefined ? undefined : { kind: 'closed', realtimeMs: closed };
}

/** Of a put or a soft purge, without reading the rest of it; undefined for other lines. */
export function idOf(text: string): number | undefined {
  const found = /^.{9}\{"(?:put|outdate)":(\d+)/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** With the times of the policy on another clock. JSON leaves out what is undefined. */
export function atTime(policy: Policy, move: (ms: number) => number): Policy {
  const { etag, lastModifiedMs } = policy;
  return { ...policy, responseMs: move(policy.responseMs), etag, lastModifiedMs };
}
