/**
 * What an operator wants gone, as it is said: `{"url": …}`, `{"tag": …}` or `{"prefix": …}`, with `"soft": true` for what may still be used
 * while it is fetched anew. Pure.
 */
import type { SiteNames } from '../site-names.js';
import { currentAgeMs } from './freshness.js';
import { cacheKey } from './key.js';
import type { StoredResponse } from './stored-response.js';

export interface Purge {
  readonly by: 'url' | 'tag' | 'prefix';
  /** A key, a tag, or what keys begin with. */
  readonly what: string;
  /** It is stale from now on, and neither removed nor, within grace and stale-if-error, useless. */
  readonly soft: boolean;
}

const textMax = 8192;
const hint = 'say one of "url", "tag" and "prefix", such as {"url": "http://www.example.org/a"}, and perhaps "soft": true';

/** @param names of which any one means all. @throws RangeError that says what is wrong with it */
export function readPurge(said: unknown, names?: SiteNames): Purge {
  if (typeof said !== 'object' || said === null) throw new RangeError(hint);
  const { soft = false, ...rest } = said as { soft?: unknown; [name: string]: unknown }; // an object
  const [[by, what] = ['', ''], ...more] = Object.entries(rest);
  if (more.length > 0 || (by !== 'url' && by !== 'tag' && by !== 'prefix')) throw new RangeError(hint);
  if (typeof soft !== 'boolean') throw new RangeError('"soft" is true or false');
  if (typeof what !== 'string' || what === '' || what.length > textMax) throw new RangeError(`"${by}" is a text of 1 to ${textMax} characters`);
  return { by, what: by === 'tag' ? what : keyOfUrl(by, what, names), soft };
}

const absolute = /^(https?):\/\/([^/?#]+)(\/[^#]*)?$/i;

/** The path stays as it is written: keys are compared byte for byte. */
function keyOfUrl(by: string, url: string, names: SiteNames | undefined): string {
  const [, scheme = '', authority = '', target = '/'] = absolute.exec(url) ?? [];
  if (scheme === '') throw new RangeError(`"${by}": expected a URL as clients use it, such as http://www.example.org/a, got ${JSON.stringify(url.slice(0, 200))}`);
  return cacheKey({ scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http', authority: names?.own(authority) ?? authority }, target);
}

/** The same, stale from now on. @param nowMs monotonic. */
export function outdated(stored: StoredResponse, nowMs: number): StoredResponse {
  const { policy } = stored;
  return { ...stored, policy: { ...policy, lifetimeMs: Math.min(policy.lifetimeMs, currentAgeMs(policy, nowMs)) } };
}
