/**
 * The head of a request (RFC 9112 §3 and §5), from text to what the gateway relies on, or to the fault that it is.
 *
 * Strict by construction: it is accepted for what the grammar says it is, and not for what it does not contain. No line is read
 * in a way in which another parser could read it differently.
 */
import { METHODS } from 'node:http';
import type { FaultCode } from '../../fault.js';
import type { EngineLimits, RequestHead } from '../engine.js';
import { requestLength } from '../framing.js';
import { readTarget } from '../request-target.js';
import { space, targetCharacters, tokenCharacters } from './characters.js';
import { fieldBytes, isLineEnd, malformed, scanFields } from './fields.js';

/** The methods that exist, as for the other engine: RFC 9110 §9.1 wants 501 for the others. */
const methods: ReadonlySet<string> = new Set(METHODS);
/** No method that exists is longer; what has no space by then is no request. */
const methodBytesMax = 32;

const version11 = ' HTTP/1.1\r\n';
const version10 = ' HTTP/1.0\r\n';

type Limits = Pick<EngineLimits, 'targetBytes' | 'headerBytes' | 'headersMax'>;

/** @param text latin1, from the first byte of the request line to the empty line, which is its end */
export function readRequestHead(text: string, limits: Limits): RequestHead | FaultCode {
  const methodEnd = tokenEnd(text, 0);
  if (methodEnd === 0 || text.charCodeAt(methodEnd) !== space) return 'malformed-request';
  const targetEnd = scanTarget(text, methodEnd + 1);
  const version = text.startsWith(version11, targetEnd) ? '1.1' : text.startsWith(version10, targetEnd) ? '1.0' : undefined;
  if (version === undefined || targetEnd === methodEnd + 1) return 'malformed-request';
  const method = text.slice(0, methodEnd);
  if (!methods.has(method)) return 'method-not-supported';
  if (targetEnd - methodEnd - 1 > limits.targetBytes) return 'target-too-long';
  const fields: string[] = [];
  if (scanFields(text, targetEnd + version11.length, fields) === malformed) return 'malformed-request';
  if (fields.length / 2 > limits.headersMax || fieldBytes(fields) > limits.headerBytes) return 'fields-too-large';
  const bodyBytes = requestLength(fields, version);
  if (bodyBytes === 'faulty') return 'malformed-request';
  const target = readTarget(method, text.slice(methodEnd + 1, targetEnd), fields, version);
  return typeof target === 'string' ? target : { method, target: target.target, version, fields: target.fields, bodyBytes };
}

function tokenEnd(text: string, at: number): number {
  while (tokenCharacters[text.charCodeAt(at)] === 1) at += 1;
  return at;
}

function scanTarget(text: string, at: number): number {
  while (targetCharacters[text.charCodeAt(at)] === 1) at += 1;
  return at;
}

/**
 * Of a head that is not complete: is it worth waiting for the rest? Undefined if it may still become a request within the
 * limits. What it is accepted for is not decided here, so this may be generous, but for what would let a client hold us up.
 */
export function faultOfPartial(text: string, limits: Limits): FaultCode | undefined {
  const methodEnd = tokenEnd(text, 0);
  if (methodEnd === text.length) return methodEnd > methodBytesMax ? 'malformed-request' : undefined;
  if (methodEnd === 0 || methodEnd > methodBytesMax || text.charCodeAt(methodEnd) !== space) return isHalfLineEnd(text) ? undefined : 'malformed-request';
  const targetEnd = scanTarget(text, methodEnd + 1);
  if (targetEnd - methodEnd - 1 > limits.targetBytes) return methods.has(text.slice(0, methodEnd)) ? 'target-too-long' : 'method-not-supported';
  const rest = text.slice(targetEnd, targetEnd + version11.length);
  if (!version11.startsWith(rest) && !version10.startsWith(rest)) return 'malformed-request';
  return text.length - targetEnd - version11.length > limits.headerBytes + bytesMore ? 'fields-too-large' : undefined;
}

/** Of lines: they may have more white space than is counted, and there is an empty one behind them. */
const bytesMore = 1024;

/** The beginning of the empty line that may stand before a request. */
const isHalfLineEnd = (text: string): boolean => text === '\r';

/** An empty line before the request, which old clients send behind a body, is passed over (RFC 9112 §2.2): one. */
export const withoutEmptyLine = (text: string): string => (isLineEnd(text, 0) ? text.slice(2) : text);
