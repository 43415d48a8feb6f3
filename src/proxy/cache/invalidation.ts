/**
 * What an unsafe request makes invalid: its target, and what the answer's Location and Content-Location name of the same origin
 * (RFC 9111 §4.4). Pure.
 */
import { fieldValue, type Fields } from '../fields.js';
import { cacheKey } from './key.js';

/** RFC 9110 §9.2.1. Of an unknown method the cache assumes nothing good. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export const isSafe = (method: string): boolean => safeMethods.has(method);

/** Not after an error, and never what another origin owns. @param key of the target. @returns keys. */
export function invalidatedKeys(method: string, key: string, status: number, fields: Fields): readonly string[] {
  if (isSafe(method) || status < 200 || status > 399) return [];
  const keys = new Set([key]);
  for (const name of ['location', 'content-location']) {
    const value = fieldValue(fields, name);
    if (value !== undefined) addSameOrigin(keys, key, value);
  }
  return [...keys];
}

function addSameOrigin(keys: Set<string>, key: string, reference: string): void {
  if (!URL.canParse(reference, key)) return;
  const url = new URL(reference, key);
  if (url.origin !== new URL(key).origin) return;
  keys.add(cacheKey({ scheme: url.protocol === 'https:' ? 'https' : 'http', authority: url.host }, url.pathname + url.search));
}
