/**
 * Where a message ends (RFC 9112 §6), in both directions, and the fields that say so. Pure, and for every engine.
 *
 * Framing is never copied from one side to the other: each engine reads it into a number of bytes, and writes exactly one
 * field from that number. What two parsers could read in two ways is not read at all: that is how requests are smuggled.
 */
import { isNamed, nameTest, type Fields } from '../fields.js';
import type { RequestHead, ResponseHead, UpstreamRequest } from './engine.js';
import { assertFields, isTarget, isText, isToken } from './syntax.js';

/** Length of a body: a number, undefined when only its end will tell, `faulty` when the fields contradict each other. */
export type BodyLength = number | undefined | 'faulty';

/** @param fallback what it means when no field says anything: no body for requests, all until the close for responses. */
function readLength(fields: Fields, version: string, fallback: number | undefined): BodyLength {
  let length: string | undefined;
  let coding: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string; // i < length
    if (isNamed(name, 'content-length')) {
      if (length !== undefined) return 'faulty';
      length = fields[i + 1];
    } else if (isNamed(name, 'transfer-encoding')) {
      if (coding !== undefined) return 'faulty';
      coding = fields[i + 1];
    }
  }
  // Chunked alone: we could not undo another coding, and HTTP/1.0 knows none at all (RFC 9112 §6.1).
  if (coding !== undefined) return length === undefined && version !== '1.0' && coding.toLowerCase() === 'chunked' ? undefined : 'faulty';
  if (length === undefined) return fallback;
  return numberOf(length);
}

const numberOf = (length: string): number | 'faulty' => (/^\d+$/.test(length) && Number.isSafeInteger(Number(length)) ? Number(length) : 'faulty');

export const requestLength = (fields: Fields, version: string): BodyLength => readLength(fields, version, 0);

export function responseLength(fields: Fields, version: string, method: string, status: number): BodyLength {
  const length = readLength(fields, version, undefined);
  return length !== 'faulty' && isBodiless(method, status) ? 0 : length;
}

/** RFC 9112 §6.3, rule 1. */
export const isBodiless = (method: string, status: number): boolean => method === 'HEAD' || status === 204 || status === 304;

/** The engine's own, whatever the gateway says: they speak of the connection, or of the framing that it chooses. */
const ownedNames = ['connection', 'content-length', 'keep-alive', 'trailer', 'transfer-encoding'];
const ownedInResponses = nameTest(ownedNames);
const ownedInRequests = nameTest([...ownedNames, 'expect', 'te', 'upgrade']);

/** RFC 9110 §7.6.1, for responses that the engine passes on by itself. */
const hopByHop = [...ownedNames, 'proxy-authenticate', 'proxy-connection', 'te', 'upgrade'];

/** What may go on to the other side: nothing that speaks of the connection, or that `Connection` names; Content-Length stays. */
export function endToEnd(fields: Fields): string[] {
  const names = new Set(hopByHop);
  for (let i = 0; i < fields.length; i += 2) {
    if ((fields[i] as string).toLowerCase() !== 'connection') continue; // i < length
    for (const option of (fields[i + 1] as string).toLowerCase().split(',')) names.add(option.trim());
  }
  names.delete('content-length');
  return without(fields, nameTest(names));
}

function without(fields: Fields, isLeftOut: (name: string) => boolean): string[] {
  if (fields.length % 2 !== 0) throw new RangeError('a field has no value');
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string; // i < length
    if (!isLeftOut(name)) kept.push(name, fields[i + 1] as string);
  }
  return kept;
}

/** Methods for which a server expects content, and is told when there is none (RFC 9110 §8.6). */
const methodsWithContent: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** @throws RangeError when the request cannot be written. */
export function assertRequest(request: UpstreamRequest): void {
  assertRequestLine(request);
  assertFields(request.fields);
}

/** The same but for the fields. */
export function assertRequestLine({ method, target, bodyBytes }: UpstreamRequest): void {
  if (!isToken(method) || method === 'CONNECT') throw new RangeError('not a method that can be forwarded');
  if (!isTarget(target)) throw new RangeError('not a request target in origin form');
  assertLength(bodyBytes);
}

function assertLength(bodyBytes: number | undefined): void {
  if (bodyBytes === undefined) return;
  if (!Number.isSafeInteger(bodyBytes) || bodyBytes < 0) throw new RangeError('not a number of bytes');
}

/** The fields of a request as they are sent, the framing last. */
export function framedRequestFields({ method, fields, bodyBytes }: UpstreamRequest): string[] {
  const framed = without(fields, ownedInRequests);
  if (bodyBytes === undefined) framed.push('Transfer-Encoding', 'chunked');
  else if (bodyBytes > 0 || methodsWithContent.has(method)) framed.push('Content-Length', String(bodyBytes));
  return framed;
}

/** @throws RangeError when the response cannot be written. */
export function assertResponse(head: ResponseHead): void {
  assertStatusLine(head);
  assertFields(head.fields);
}

/** The same but for the fields. */
export function assertStatusLine({ status, reason, bodyBytes }: ResponseHead): void {
  if (!(Number.isInteger(status) && status >= 200 && status <= 999)) throw new RangeError(`${status} is not the status of a final response`);
  if (!isText(reason)) throw new RangeError('a reason phrase that HTTP does not allow');
  assertLength(bodyBytes);
}

/**
 * The fields of a response as they are sent. The framing stands last: node re-codes a Content-Disposition that follows a
 * Content-Length (nodejs/node#46528), which garbles UTF-8 file names and throws at Latin-1 ones.
 *
 * @throws RangeError when Content-Length and `bodyBytes` disagree.
 */
export function framedResponseFields(
  head: ResponseHead,
  request: Pick<RequestHead, 'method' | 'version'>,
  close: boolean,
): string[] {
  const framed = without(head.fields, ownedInResponses);
  const stated = statedLength(head.fields);
  if (close) framed.push('Connection', 'close');
  if (isBodiless(request.method, head.status)) {
    if (stated !== undefined && head.status !== 204) framed.push('Content-Length', String(stated)); // RFC 9110 §8.6
  } else if (stated !== undefined && stated !== head.bodyBytes) {
    throw new RangeError('Content-Length and the length of the body disagree');
  } else if (head.bodyBytes !== undefined) {
    framed.push('Content-Length', String(head.bodyBytes));
  } else if (request.version === '1.1') {
    framed.push('Transfer-Encoding', 'chunked');
  }
  return framed;
}

/** The gateway's Content-Length; Transfer-Encoding is not its business. */
function statedLength(fields: Fields): number | undefined {
  let stated: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if (!isNamed(fields[i] as string, 'content-length')) continue; // i < length
    if (stated !== undefined) throw new RangeError('Content-Length is not one number');
    stated = fields[i + 1];
  }
  const length = stated === undefined ? undefined : numberOf(stated);
  if (length === 'faulty') throw new RangeError('Content-Length is not one number');
  return length;
}
