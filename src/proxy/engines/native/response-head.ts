/**
 * The head of a response (RFC 9112 §4 and §5): interim or final.
 */
import { fieldValue, type Fields } from '../../fields.js';
import type { ResponseHead } from '../engine.js';
import { responseLength } from '../framing.js';
import { cleanReason } from '../syntax.js';
import type { BodyEnd } from './body-reader.js';
import { cr, space } from './characters.js';
import { isLineEnd, malformed, scanFields } from './fields.js';
import { messageFacts } from './message-facts.js';

export interface ReceivedHead extends ResponseHead {
  readonly version: '1.0' | '1.1';
  readonly end: BodyEnd;
  /** It claims a body where there can be none, so the bytes behind it, if any, are not the next response. */
  readonly isDubious: boolean;
}

const zero = 48;
const statusAt = 'HTTP/1.1 '.length;

/**
 * @param text latin1, from the first byte of the status line to the empty line, which is its end
 * @param method of the request
 * @returns undefined for what is no response, or none that has one reading alone
 */
export function readResponseHead(text: string, method: string): ReceivedHead | undefined {
  const version = text.startsWith('HTTP/1.1 ') ? '1.1' : text.startsWith('HTTP/1.0 ') ? '1.0' : undefined;
  const status = statusOf(text);
  if (version === undefined || status < 100 || status > 599) return undefined;
  const lineEnd = text.indexOf('\r', statusAt + 3);
  if (!isLineEnd(text, lineEnd)) return undefined;
  const reason = reasonOf(text, lineEnd);
  const fields: string[] = [];
  if (reason === undefined || scanFields(text, lineEnd + 2, fields) === malformed) return undefined;
  if (status < 200 && !isInterim(status, fields, version)) return undefined;
  const bodyBytes = status < 200 ? 0 : responseLength(fields, version, method, status);
  if (bodyBytes === 'faulty') return undefined;
  const end = bodyBytes !== undefined ? 'length' : fieldValue(fields, 'transfer-encoding') === undefined ? 'close' : 'chunks';
  return { status, reason, fields, bodyBytes, version, end, isDubious: status === 204 && claimsBody(fields) };
}

/** Another one must follow, or another protocol, and at once: no body (RFC 9112 §6.3), and, but for 101, no end of the connection. */
function isInterim(status: number, fields: Fields, version: '1.0' | '1.1'): boolean {
  if (claimsBody(fields) || responseLength(fields, version, 'GET', status) === 'faulty') return false;
  return status === 101 || messageFacts(fields, version).persistent;
}

/** Which 1xx and 204 must not (RFC 9110 §8.6 and RFC 9112 §6.1). */
function claimsBody(fields: Fields): boolean {
  return fieldValue(fields, 'transfer-encoding') !== undefined || !/^0+$/.test(fieldValue(fields, 'content-length') ?? '0');
}

/** Three digits (§4); −1 for anything else. */
function statusOf(text: string): number {
  let status = 0;
  for (let at = statusAt; at < statusAt + 3; at += 1) {
    const digit = text.charCodeAt(at) - zero;
    if (!(digit >= 0 && digit <= 9)) return -1;
    status = status * 10 + digit;
  }
  return status;
}

/** Some leave out the space before an empty reason; what the reason says is decoration, so a bad one goes. */
function reasonOf(text: string, lineEnd: number): string | undefined {
  const after = text.charCodeAt(statusAt + 3);
  if (after === cr) return '';
  if (after !== space) return undefined;
  const reason = text.slice(statusAt + 4, lineEnd);
  return reason.includes('\n') ? undefined : cleanReason(reason);
}
