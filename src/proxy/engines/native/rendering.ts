/**
 * Messages as text, ready to be written (RFC 9112 §5 and §7.1), and the proof that no field in it ends a line early.
 */
import { STATUS_CODES } from 'node:http';
import { fieldValue, type Fields } from '../../fields.js';
import type { RequestHead, ResponseHead, UpstreamRequest } from '../engine.js';
import { assertRequestLine, assertStatusLine, framedRequestFields, framedResponseFields } from '../framing.js';
import { isToken } from '../syntax.js';

/** Name, colon, visible characters, white space and obs-text: the same as `areFields` asks of each field. */
const lines = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)*$/;

/**
 * One match over all lines, and a count of them, take a quarter of the time that a match for each name and value takes: the text must be
 * made in any case.
 *
 * @throws RangeError rather than let a message be split.
 */
export function rendered(fields: Fields): string {
  let text = '';
  let named = true; // for itself: a name with a colon in it would still make a line that looks right
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string; // framing.ts has seen to it that these are pairs
    named &&= isToken(name);
    text += `${name}: ${fields[i + 1] as string}\r\n`;
  }
  if (!named || !lines.test(text) || lineCount(text) !== fields.length / 2) throw new RangeError('a field has a name or value that HTTP does not allow');
  return text;
}

function lineCount(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** @param date for a response that has none. @throws RangeError when it cannot be written */
export function responseHead(head: ResponseHead, request: Pick<RequestHead, 'method' | 'version'>, closes: boolean, date: string): string {
  assertStatusLine(head);
  const fields = framedResponseFields(head, request, closes);
  if (fieldValue(fields, 'date') === undefined) fields.push('Date', date);
  if (request.version === '1.0' && !closes) fields.push('Connection', 'keep-alive');
  return `HTTP/1.1 ${head.status} ${head.reason}\r\n${rendered(fields)}\r\n`;
}

/** Of an answer to a request that broke, after which the connection ends. @param fields without framing */
export const lastHead = (status: number, fields: Fields, bodyBytes: number): string =>
  `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${rendered([...fields, 'Connection', 'close', 'Content-Length', String(bodyBytes)])}\r\n`;

/**
 * @param upgrade the protocol that is asked for
 * @throws RangeError when the request cannot be written
 */
export function requestHead(request: UpstreamRequest, upgrade: string | undefined): string {
  assertRequestLine(request);
  const fields = framedRequestFields(request);
  if (upgrade !== undefined) fields.push('Connection', 'Upgrade', 'Upgrade', upgrade);
  return `${request.method} ${request.target} HTTP/1.1\r\n${rendered(fields)}\r\n`;
}

export const chunkStart = (bytes: number): string => `${bytes.toString(16)}\r\n`;
export const chunkEnd = '\r\n';
export const lastChunk = '0\r\n\r\n';
