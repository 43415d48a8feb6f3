/**
 * What the cache makes of a request: whether it is its business at all, and what is stored for it.
 */
import type { Exchange } from '../exchange-state.js';
import { isNamed, nameTest, publicName, type Fields } from '../fields.js';
import type { CacheWord } from './cache-status.js';
import type { Directives } from './directives.js';
import { cacheKey } from './key.js';
import { isOverdue, requestDirectives, reuseOf, type Reuse } from './reuse.js';
import type { Store } from './store.js';
import type { StoredResponse } from './stored-response.js';

/** The target URI; undefined when an HTTP/1.0 client named no host. */
export function keyOf({ downstream, arrival }: Exchange): string | undefined {
  const name = publicName(arrival.fields, downstream.client.secure, arrival.trusted);
  return name.authority === '' ? undefined : cacheKey(name, downstream.request.target);
}

/**
 * If-Match and If-Unmodified-Since are for the origin to judge (RFC 9111 §4.3.2). The others make some origins answer for another
 * method or target than the request's: who stores that under the request's target has been poisoned.
 */
const goesPast = nameTest([
  ...['if-match', 'if-unmodified-since'],
  ...['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-url', 'x-rewrite-url', 'x-original-host', 'x-host'],
]);

/** Why it is not the cache's business; undefined: it is. */
export function passesBy({ downstream, arrival }: Exchange): 'method' | 'bypass' | undefined {
  const { method, bodyBytes, target } = downstream.request;
  if (method !== 'GET' && method !== 'HEAD') return 'method';
  if (bodyBytes !== 0 || downstream.upgrade !== undefined || !target.startsWith('/')) return 'bypass';
  return hasField(arrival.fields.passed, goesPast) ? 'bypass' : undefined;
}

function hasField(fields: Fields, isOne: (name: string) => boolean): boolean {
  for (let i = 0; i < fields.length; i += 2) if (isOne(fields[i] as string)) return true; // i < length
  return false;
}

export const isAuthorized = (passed: Fields): boolean => hasField(passed, (name) => isNamed(name, 'authorization'));
export const asksForRange = (passed: Fields): boolean => hasField(passed, (name) => isNamed(name, 'range'));

export interface LookUp {
  readonly key: string;
  readonly asked: Directives;
  readonly stored: StoredResponse | undefined;
  /** Of what is stored. */
  readonly reuse: Reuse | undefined;
  /** What is said of it if it goes to the origin. */
  readonly word: CacheWord;
}

/** @param nowMs monotonic. @param keepS what is stale for longer, and for nothing else of use, goes */
export function lookUp(store: Store, key: string, passed: Fields, nowMs: number, keepS: number): LookUp {
  const asked = requestDirectives(passed);
  let stored = store.select(key, passed);
  if (stored !== undefined && isOverdue(stored.policy, nowMs, keepS)) {
    store.remove(stored);
    stored = undefined;
  }
  if (stored === undefined) return { key, asked, stored, reuse: undefined, word: store.variesOn(key) === undefined ? 'uri-miss' : 'vary-miss' };
  const reuse = reuseOf(stored.policy, asked, nowMs);
  return { key, asked, stored, reuse, word: reuse === 'validate-request' ? 'request' : 'stale' };
}
