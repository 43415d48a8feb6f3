/**
 * Byte ranges as they are asked for and as they come (RFC 9110 §14.2, §14.4). Pure.
 *
 * Numbers of more than 15 digits cannot be told apart by the arithmetic here, so what has them is no range.
 */

export interface ContentRange {
  readonly first: number;
  /** Included. */
  readonly last: number;
  /** Of the whole representation. */
  readonly total: number;
}

/** @returns undefined for anything but one byte range of a known whole. */
export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const [, from, to, whole] = /^bytes[\t ]+(\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(value?.trim() ?? '') ?? [];
  if (from === undefined) return undefined;
  const [first, last, total] = [Number(from), Number(to), Number(whole)];
  return first <= last && last < total ? { first, last, total } : undefined;
}

/** `suffix`: the last bytes of something. `other`: several ranges, another unit, or no range at all. */
export type AskedRange = { readonly first: number; readonly last: number | undefined } | 'suffix' | 'other';

export function askedRange(value: string): AskedRange {
  const [, from = '', to = ''] = /^bytes=[\t ]*(\d{0,15})-(\d{0,15})[\t ]*$/i.exec(value) ?? [];
  if (from === '') return to === '' ? 'other' : 'suffix';
  const first = Number(from);
  const last = to === '' ? undefined : Number(to);
  return last !== undefined && last < first ? 'other' : { first, last };
}
