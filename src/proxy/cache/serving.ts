/**
 * What a client gets of a stored response, or of one that is arriving: the whole, a part, or the news that it has it already. Pure.
 */
import { fieldValue, nameTest, type Fields } from '../fields.js';
import { select, type ByteRange, type Representation } from './preconditions.js';
import type { StoredResponse } from './stored-response.js';

export interface Served {
  readonly status: number;
  readonly reason: string;
  readonly fields: string[];
  /** Of the stored body, from the one to before the other; Infinity when its end is not known. */
  readonly first: number;
  readonly end: number;
  /** Several parts of it, which are sent in its place. */
  readonly multipart?: Buffer;
}

/** Bodies up to this are handed over at once; longer ones in pieces, each with its own time limit. */
export const atOnceBytes = 65_536;

/** They speak of a body, and a 304 has none to speak of (RFC 9110 §15.4.5). */
const describesContent = nameTest(['content-type', 'content-encoding', 'content-language', 'content-length', 'content-range', 'accept-ranges']);

/**
 * @param length of the body; undefined: nobody knows yet
 * @param realtimeMs for dates in the request
 * @param whole for who wants several ranges; without, it gets all
 */
export function serve(
  stored: Representation & Pick<StoredResponse, 'reason' | 'fields'>,
  length: number | undefined,
  method: string,
  requestFields: Fields,
  realtimeMs: number,
  whole?: { readonly body: Buffer; readonly boundary: () => string },
): Served {
  const selected = select(stored, length, method, requestFields, realtimeMs);
  const { status, reason, fields } = stored;
  switch (selected.what) {
    case 'not-modified':
      return { status: 304, reason: 'Not Modified', fields: without(fields, describesContent), first: 0, end: 0 };
    case 'unsatisfiable':
      return { status: 416, reason: 'Range Not Satisfiable', fields: ['Content-Range', `bytes */${length}`], first: 0, end: 0 };
    case 'range': {
      const { first, last } = selected;
      const own = [...fields, 'Content-Range', `bytes ${first}-${last}/${length}`];
      return { status: 206, reason: 'Partial Content', fields: own, first, end: last + 1 };
    }
    case 'ranges':
      if (whole !== undefined) return multipart(stored, selected.ranges, whole.body, whole.boundary());
      return { status, reason, fields: [...fields], first: 0, end: length ?? Infinity };
    case 'whole':
      return { status, reason, fields: [...fields], first: 0, end: length ?? Infinity };
  }
}

/** RFC 9110 §14.6. @param boundary that is not in the body */
function multipart({ fields }: Pick<StoredResponse, 'fields'>, ranges: readonly ByteRange[], body: Buffer, boundary: string): Served {
  const type = fieldValue(fields, 'content-type');
  const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  const parts = ranges.flatMap(({ first, last }) => [
    Buffer.from(`\r\n--${boundary}\r\n${typeLine}Content-Range: bytes ${first}-${last}/${body.length}\r\n\r\n`, 'latin1'),
    body.subarray(first, last + 1),
  ]);
  const content = Buffer.concat([...parts, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  const own = [...without(fields, isContentType), 'Content-Type', `multipart/byteranges; boundary=${boundary}`];
  return { status: 206, reason: 'Partial Content', fields: own, first: 0, end: content.length, multipart: content };
}

const isContentType = nameTest(['content-type']);

export function without(fields: Fields, isDropped: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string; // i < length, and the array is of pairs
    if (!isDropped(name)) kept.push(name, fields[i + 1] as string);
  }
  return kept;
}
