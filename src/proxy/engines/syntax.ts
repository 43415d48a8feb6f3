/**
 * What may stand in a message: field names and values, targets, reason phrases (RFC 9110 §5, RFC 9112 §3 and §4).
 *
 * Pure, and for every engine: what comes in is held to the same rules as what goes out, so that nothing a peer sent can
 * make us throw later, and nothing we send can end a line early.
 */
import type { Fields } from '../fields.js';

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters, space, tab and obs-text. No CR, LF, NUL or other control. */
const text = /^[\t\x20-\x7e\x80-\xff]*$/;
const targetText = /^(?:\/[\x21\x22\x24-\x7e]*|\*)$/;

export const isText = (value: string): boolean => text.test(value);

/** Names that are tokens: a few dozen make nearly all traffic, and to find one here is cheaper than to match it. */
const knownNames = new Set<string>();
const knownNamesMax = 256;

export function isToken(name: string): boolean {
  if (knownNames.has(name)) return true;
  if (!token.test(name)) return false;
  // A copy: what was cut out of a head keeps all of the head in memory.
  if (knownNames.size < knownNamesMax) knownNames.add(Buffer.from(name, 'latin1').toString('latin1'));
  return true;
}

/** Origin form without a fragment, or the asterisk; no byte that would end the request line. */
export const isTarget = (target: string): boolean => targetText.test(target);

export function areFields(fields: Fields): boolean {
  if (fields.length % 2 !== 0) return false;
  for (let i = 0; i < fields.length; i += 2) {
    if (!isToken(fields[i] as string) || !text.test(fields[i + 1] as string)) return false; // i + 1 < length: it is even
  }
  return true;
}

/** @throws RangeError rather than let a message be split. */
export function assertFields(fields: Fields): void {
  if (!areFields(fields)) throw new RangeError('a field has a name or value that HTTP does not allow');
}

/** The reason phrase is decoration (RFC 9112 §4: clients SHOULD ignore it), so a bad one is no reason to fail: it goes. */
export const cleanReason = (reason: string): string => (text.test(reason) ? reason : '');
