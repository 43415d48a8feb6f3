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
  | ({ readonly what: 'range' } & ByteRange)
  /** Several, in the order in which they were asked for, none of which overlap. */
  | { readonly what: 'ranges'; readonly ranges: readonly ByteRange[] };

export interface ByteRange {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

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

/** As many in one request. */
const rangesMax = 16;

/**
 * RFC 9110 §14.2. What is no byte range is as if it were not there; so are too many ranges, and some that overlap, which ask for the same
 * bytes more than once ("egregious": §14.2 lets a server ignore them).
 */
export function selectRange(value: string, length: number): Selected {
  const [, set] = /^bytes=(.+)$/i.exec(value) ?? [];
  const specs = set?.split(',').map((spec) => readSpec(spec, length)) ?? ['invalid'];
  if (specs.length > rangesMax || specs.includes('invalid')) return whole;
  const ranges = specs.filter((spec): spec is ByteRange => typeof spec !== 'string');
  const [only, ...more] = ranges;
  if (only === undefined) return { what: 'unsatisfiable' };
  if (more.length === 0) return { what: 'range', ...only };
  return overlap(ranges) ? whole : { what: 'ranges', ranges };
}

function readSpec(spec: string, length: number): ByteRange | 'invalid' | 'unsatisfiable' {
  const [, from, to] = /^[\t ]*(\d*)-(\d*)[\t ]*$/.exec(spec) ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return 'invalid';
  if (from === '') {
    const suffix = Number(to);
    return suffix === 0 || length === 0 ? 'unsatisfiable' : { first: Math.max(0, length - suffix), last: length - 1 };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return 'invalid'; // §14.1.1
  return first >= length ? 'unsatisfiable' : { first, last: to === '' ? length - 1 : Math.min(length - 1, Number(to)) };
}

const overlap = (ranges: readonly ByteRange[]): boolean =>
  ranges.toSorted((one, other) => one.first - other.first).some(({ first }, index, sorted) => first <= (sorted[index - 1]?.last ?? -1));
