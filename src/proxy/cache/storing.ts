/**
 * Whether a response may be stored, and which of its fields (RFC 9111 §3, §3.1, §3.5, §5.2.2). Pure.
 */
import { fieldValue, type Fields } from '../fields.js';
import { listField, namedFields, type Directives } from './directives.js';
import { heuristicStatuses } from './freshness.js';
import type { Policy, ReadPolicy, StoredResponse } from './stored-response.js';

/** Why a response is not stored; log lines, metric labels and tests use these words. */
export const notStoredReasons = [
  /** GET alone is stored; HEAD refreshes what is. */
  'method',
  /** 206, 304, or one whose caching this cache does not understand. */
  'status',
  'no-store-request',
  'no-store',
  'private',
  /** The request had Authorization, and the response does not say that others may have it. */
  'authorization',
  'set-cookie',
  /** `*`, or a field that each hop writes anew, so that nobody knows what the origin will read in it. */
  'vary-star',
  /** Neither fresh for any time, nor with a validator by which it could become so. */
  'no-freshness',
  'too-large',
  /** It was not asked for often enough (`proxy.cache.minUses`). */
  'few-uses',
  /** Bodies under way fill `proxy.cache.bytesMax`, or it is out of places. */
  'no-room',
  /** It broke off. */
  'incomplete',
  /** Nobody waited for it any more. */
  'abandoned',
  /** A slice of an object without a strong validator, by which it could be joined to others. */
  'weak-validator',
  /** An unsafe request, a purge or a later answer overtook it. */
  'invalidated',
] as const;
export type NotStored = (typeof notStoredReasons)[number];

/** Final statuses whose caching requirements are implemented here, for `must-understand` and for those that want `no-store` ignored. */
const understoodStatuses: ReadonlySet<number> = new Set([
  ...heuristicStatuses,
  ...[201, 202, 205, 302, 303, 307, 400, 401, 402, 403, 406, 407, 408, 409, 411, 412, 413, 415, 416, 417, 421, 422, 426, 428, 429],
  ...[431, 451, 500, 502, 503, 504, 505, 511],
]);

export interface AskedFor {
  readonly method: string;
  /** Of the request. */
  readonly directives: Directives;
  readonly authorized: boolean;
}

export interface StoringOptions {
  /** Whether responses with Set-Cookie are shared. */
  readonly setCookie: boolean;
}

/** @param fields what would be stored: without those that `private` and `no-cache` name. */
export function whyNotStored(
  asked: AskedFor,
  status: number,
  fields: Fields,
  policy: ReadPolicy,
  options: StoringOptions,
): NotStored | undefined {
  const { directives } = policy;
  if (asked.method !== 'GET') return 'method';
  if (status < 200 || status === 206 || status === 304) return 'status';
  if (asked.directives.has('no-store')) return 'no-store-request';
  // §5.2.2.3: only with `must-understand`, and only where the status is understood, `no-store` beside it does not count.
  if (directives.has('must-understand') && !understoodStatuses.has(status)) return 'status';
  if (directives.has('no-store') && !directives.has('must-understand')) return 'no-store';
  if (namedFields(directives, 'private') === 'all') return 'private';
  if (asked.authorized && !['must-revalidate', 'public', 's-maxage'].some((name) => directives.has(name))) return 'authorization';
  if (!options.setCookie && fieldValue(fields, 'set-cookie') !== undefined) return 'set-cookie';
  if (variesOnAll(fields)) return 'vary-star';
  return mayBeReused(status, fields, policy) ? undefined : 'no-freshness';
}

function variesOnAll(fields: Fields): boolean {
  const names = listField(fields, 'vary')?.toLowerCase().split(',') ?? [];
  return names.some((name) => name.trim() === '*' || isOurs(name.trim()));
}

/** What of these the origin reads is not what the client wrote. Host, scheme and port are in the key. */
const isOurs = (name: string): boolean =>
  ['via', 'forwarded', 'x-real-ip', 'x-request-id'].includes(name) || /^x-forwarded-(?!host$|proto$|port$)/.test(name);

/** §3, last item: explicit freshness, `public`, or a status that may go without; and of use only when fresh now or made so later. */
function mayBeReused(status: number, fields: Fields, policy: ReadPolicy): boolean {
  const { directives, lifetimeMs, initialAgeMs, noCache, etag, lastModifiedMs } = policy;
  const permits = ['max-age', 's-maxage', 'public'].some((name) => directives.has(name)) || fieldValue(fields, 'expires') !== undefined;
  if (!permits && !heuristicStatuses.has(status)) return false;
  const hasValidator = etag !== undefined || lastModifiedMs !== undefined;
  return hasValidator || (!noCache && lifetimeMs > initialAgeMs);
}

/** A head that may be stored. */
export type Storable = Omit<StoredResponse, 'body' | 'policy'> & { readonly policy: ReadPolicy };

/**
 * What is kept of it, with all text in memory of its own: a piece of a text keeps all of it alive, and these were cut from heads as
 * they came. No field has a line break in it.
 */
export function owned({ key, status, reason, fields, variant, policy }: Storable): Omit<StoredResponse, 'body'> {
  const text = [key, ...variant.values, ...fields].join('\n');
  const texts = Buffer.from(text, 'latin1').toString('latin1').split('\n');
  const start = 1 + variant.values.length;
  return {
    key: texts[0] ?? key,
    status,
    reason,
    fields: texts.slice(start), // a copy has no room to grow
    variant: { names: variant.names, values: texts.slice(1, start) },
    policy: keptPolicy(policy),
  };
}

/** Also the ETag: it was cut from the head. */
function keptPolicy(policy: ReadPolicy): Policy {
  return {
    dateMs: policy.dateMs,
    lifetimeMs: policy.lifetimeMs,
    heuristic: policy.heuristic,
    initialAgeMs: policy.initialAgeMs,
    responseMs: policy.responseMs,
    noCache: policy.noCache,
    mustRevalidate: policy.mustRevalidate,
    staleWhileRevalidateMs: policy.staleWhileRevalidateMs,
    staleIfErrorMs: policy.staleIfErrorMs,
    etag: policy.etag === undefined ? undefined : Buffer.from(policy.etag, 'latin1').toString('latin1'),
    lastModifiedMs: policy.lastModifiedMs,
  };
}

/**
 * Never stored; hop-by-hop fields (§3.1) are gone by then. Age is counted anew, the length is the body's, and the id is that of one
 * exchange.
 */
const neverStored: ReadonlySet<string> = new Set(['age', 'content-length', 'x-request-id']);

/** §5.2.2.4, §5.2.2.7: the response may be stored without the fields that `private` and `no-cache` name. */
export function storableFields(fields: Fields, directives: Directives): string[] {
  const named = (['private', 'no-cache'] as const).map((name) => namedFields(directives, name)).filter((names) => names instanceof Set);
  const stored: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string; // i < length, and the array is of pairs
    const lower = name.toLowerCase();
    if (!neverStored.has(lower) && !named.some((names) => names.has(lower))) stored.push(name, fields[i + 1] as string);
  }
  return stored;
}
