/**
 * What a client's own validators say of a stored response, and which part of it the client wants (RFC 9110 §13, §14; RFC 9111
 * §4.3.2). Pure. If-Match and If-Unmodified-Since are for the origin; requests with them do not come here.
 */
import { fieldValue, type Fields } from '../fields.js';
import { listField } from './directives.js';
import { parseHttpDate } from './http-date.js';
import type { StoredResponse } from './stored-response.js';

export type Selected =
  | { readonly what: 'whole' | 'not-modified' | 'unsatisfiable' }
  /** `last` included. */
  | { readonly what: 'range'; readonly first: number; readonly last: number };

const whole: Selected = { what: 'whole' };

/** A stored response, or one that is arriving. */
export type Representation = Pick<StoredResponse, 'status' | 'policy'>;

/** In the order of RFC 9110 §13.2.2. @param length of the body; undefined: nobody knows yet. @param nowMs real time. */
export function select(
  stored: Representation,
  length: number | undefined,
  method: string,
  requestFields: Fields,
  nowMs: number,
): Selected {
  const { status } = stored;
  // §13.2.1: only where the answer without them would be a success.
  if (status < 200 || status > 299) return whole;
  if (isNotModified(stored, requestFields, nowMs)) return { what: 'not-modified' };
  const range = fieldValue(requestFields, 'range');
  if (range === undefined || length === undefined || method !== 'GET' || status !== 200) return whole;
  return ifRangeHolds(stored, requestFields, nowMs) ? selectRange(range, length) : whole;
}

function isNotModified({ policy }: Representation, requestFields: Fields, nowMs: number): boolean {
  const noneMatch = listField(requestFields, 'if-none-match');
  if (noneMatch !== undefined) {
    return noneMatch.trim() === '*' || (policy.etag !== undefined && etagsOf(noneMatch).includes(opaque(policy.etag)));
  }
  const since = parseHttpDate(fieldValue(requestFields, 'if-modified-since'), nowMs);
  // RFC 9111 §4.3.2: without Last-Modified its Date, without that the time of receipt.
  return since !== undefined && (policy.lastModifiedMs ?? policy.dateMs) <= since;
}

/** Without the mark of weakness, for If-None-Match compares weakly (RFC 9110 §13.1.2). */
const opaque = (etag: string): string => etag.replace(/^W\//, '');

function etagsOf(list: string): readonly string[] {
  return [...list.matchAll(/(?:W\/)?("[^"]*")/g)].map(([, tag = '']) => tag);
}

/** RFC 9110 §13.1.5: a strong match, or the very date, and that a strong one. */
function ifRangeHolds({ policy }: Representation, requestFields: Fields, nowMs: number): boolean {
  const condition = fieldValue(requestFields, 'if-range')?.trim();
  if (condition === undefined) return true;
  if (condition.startsWith('"')) return policy.etag === condition;
  const date = parseHttpDate(condition, nowMs);
  const { lastModifiedMs, dateMs } = policy;
  // §8.8.2.2: strong when the origin's clock was at least a second further.
  return date !== undefined && date === lastModifiedMs && dateMs - lastModifiedMs >= 1000;
}

/** One byte range; what is none, or more than one, is answered with the whole, as every server may (RFC 9110 §14.2). */
export function selectRange(value: string, length: number): Selected {
  const [, from, to] = /^bytes=[\t ]*(\d*)-(\d*)[\t ]*$/i.exec(value) ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return whole;
  if (from === '') {
    const suffix = Number(to);
    if (suffix === 0 || length === 0) return { what: 'unsatisfiable' };
    return { what: 'range', first: Math.max(0, length - suffix), last: length - 1 };
  }
  const first = Number(from);
  const last = to === '' ? length - 1 : Math.min(length - 1, Number(to));
  if (to !== '' && Number(to) < first) return whole; // invalid (§14.1.1)
  return first >= length ? { what: 'unsatisfiable' } : { what: 'range', first, last };
}
