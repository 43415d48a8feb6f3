/**
 * Field lines (RFC 9112 §5), from a head or from trailers: names, values, and nothing that only looks like them.
 *
 * One pass over the text, each character looked at once. Refused are what parsers are known to disagree about: a line that begins
 * with white space (obs-fold), white space before the colon, bare CR and LF, NUL and other control characters.
 */
import { nameTest } from '../../fields.js';
import { colon, cr, lf, space, tab, tokenCharacters, valueCharacters } from './characters.js';

/** Not fields. */
export const malformed = -1;

/**
 * @param text latin1, with the empty line that ends the fields
 * @param at where the first line begins
 * @param fields names and values are added here, in turns, as they came
 * @returns where the text behind the empty line begins, or `malformed`
 */
export function scanFields(text: string, at: number, fields: string[]): number {
  for (;;) {
    let end = at;
    while (tokenCharacters[text.charCodeAt(end)] === 1) end += 1;
    if (end === at) return isLineEnd(text, at) ? at + 2 : malformed;
    if (text.charCodeAt(end) !== colon) return malformed;
    const name = text.slice(at, end);
    const colonEnd = end + 1;
    at = colonEnd;
    while (isSpace(text.charCodeAt(at))) at += 1;
    end = at;
    while (valueCharacters[text.charCodeAt(end)] === 1) end += 1;
    if (!isLineEnd(text, end) || (isFraming(name) && hasTab(text, colonEnd, end))) return malformed;
    fields.push(name, valueOf(text, at, end));
    at = end + 2;
  }
}

/** Where bodies end is for one reading alone, and not all parsers take a tab for white space here, though RFC 9110 §5.6.3 does. */
const isFraming = nameTest(['content-length', 'transfer-encoding']);

const hasTab = (text: string, start: number, end: number): boolean => text.slice(start, end).includes('\t');

/** Without the white space behind it (RFC 9112 §5.1). */
function valueOf(text: string, start: number, lineEnd: number): string {
  let end = lineEnd;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const isSpace = (code: number): boolean => code === space || code === tab;

export const isLineEnd = (text: string, at: number): boolean => text.charCodeAt(at) === cr && text.charCodeAt(at + 1) === lf;

/** As limits count them: with the colon, a space and the line's end. */
export function fieldBytes(fields: readonly string[]): number {
  let bytes = 0;
  for (const part of fields) bytes += part.length + 2;
  return bytes;
}
