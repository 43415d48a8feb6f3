/**
 * Cache-Status (RFC 9211): what this cache did with a request, in the words of that RFC, which metrics and logs use as well. Pure.
 */
import type { Fields } from '../fields.js';
import { listField } from './directives.js';

/** `hit`, or why the request went forward (RFC 9211 §2.2), or that it was not to (`only-if-cached`). */
export const cacheWords = ['hit', 'bypass', 'method', 'uri-miss', 'vary-miss', 'stale', 'request', 'only-if-cached'] as const;
export type CacheWord = (typeof cacheWords)[number];

/** For people who look at one response: why it is not as they expected. */
export type CacheDetail = 'stale-while-revalidate' | 'stale-if-error' | 'hit-for-miss' | 'max-stale';

export interface CacheStatus {
  readonly word: CacheWord;
  /** Of the origin, when it is not the one that the client gets. */
  readonly fwdStatus?: number | undefined;
  /** Seconds of freshness left, negative when it is stale. */
  readonly ttlS?: number | undefined;
  readonly stored?: boolean;
  /** Shared the fetch of another request. */
  readonly collapsed?: boolean;
  readonly detail?: CacheDetail | undefined;
}

const token = /^[A-Za-z*][\w!#$%&'*+.^`|~:/-]*$/;

/** @param cache who we are. */
export function formatCacheStatus(cache: string, { word, fwdStatus, ttlS, stored, collapsed, detail }: CacheStatus): string {
  let text = token.test(cache) ? cache : `"${cache.replace(/["\\]/g, '\\$&')}"`;
  if (word === 'only-if-cached') return `${text}; detail=${word}`; // neither a hit nor forwarded
  text += word === 'hit' ? '; hit' : `; fwd=${word}`;
  if (fwdStatus !== undefined) text += `; fwd-status=${fwdStatus}`;
  if (ttlS !== undefined) text += `; ttl=${ttlS}`;
  if (stored === true) text += '; stored';
  if (collapsed === true) text += '; collapsed';
  return detail === undefined ? text : `${text}; detail=${detail}`;
}

/** Ours stands behind those of the caches nearer to the origin (RFC 9211 §2). */
export function withCacheStatus(fields: Fields, own: string): string[] {
  const earlier = listField(fields, 'cache-status');
  if (earlier === undefined) return [...fields, 'Cache-Status', own];
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string; // i < length, and the array is of pairs
    if (name.toLowerCase() !== 'cache-status') kept.push(name, fields[i + 1] as string);
  }
  return [...kept, 'Cache-Status', `${earlier}, ${own}`];
}
