/**
 * Bodies of any size whose every byte is known: `/bytes/N` repeats one block, with a strong ETag and single ranges, so
 * that a transfer can be checked without storing it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const blockBytes = 65_536;
const block = Buffer.alloc(blockBytes, 'Roundhouse: a turntable sends each locomotive to a stall.\n');

/** The bytes from `start` to `end` (exclusive) of the endless pattern. At most one block. */
function slice(start: number, end: number): Buffer {
  const offset = start % blockBytes;
  return block.subarray(offset, Math.min(blockBytes, offset + end - start));
}

export function sendPattern(request: IncomingMessage, response: ServerResponse, size: number): void {
  const etag = `"pattern-${size}"`;
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
  const range = rangeOf(request, size, etag);
  const head = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', etag };
  if (range === 'unsatisfiable') return void response.writeHead(416, { ...head, 'content-range': `bytes */${size}` }).end();
  const { start, end } = range ?? { start: 0, end: size };
  response.writeHead(range === undefined ? 200 : 206, {
    ...head,
    'content-length': end - start,
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
  });
  if (request.method === 'HEAD') return void response.end();
  write(response, start, end);
}

/** Writes as fast as the client reads: one block is in the socket's buffer at most. */
function write(response: ServerResponse, from: number, end: number): void {
  let at = from;
  while (at < end) {
    const part = slice(at, end);
    at += part.length;
    if (!response.write(part) && at < end) {
      response.once('drain', () => write(response, at, end));
      return;
    }
  }
  response.end();
}

interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** RFC 9110 §14: a single range, and only if If-Range agrees; what cannot be understood is as if it were not there. */
function rangeOf(request: IncomingMessage, size: number, etag: string): Range | 'unsatisfiable' | undefined {
  const condition = request.headers['if-range'];
  if (request.method !== 'GET' || (condition !== undefined && condition !== etag)) return undefined;
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') return Number(last) === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - Number(last)), end: size };
  if (Number(first) >= size) return 'unsatisfiable';
  if (last !== '' && Number(last) < Number(first)) return undefined;
  return { start: Number(first), end: last === '' ? size : Math.min(size, Number(last) + 1) };
}
