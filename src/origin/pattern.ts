/**
 * Bodies of any size whose every byte is known: `/bytes/N` is a run of blocks that each begin with their own number, so
 * that a piece at the wrong place shows, and a transfer can be checked without storing it. Strong ETag, single ranges.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const blockBytes = 65_536;
const filling = Buffer.alloc(blockBytes, 'Roundhouse: a turntable sends each locomotive to a stall.\n');

/** The bytes from `start` to `end` (exclusive) of the endless body, as far as the block of `start` goes. */
export function patternSlice(start: number, end: number): Buffer {
  const number = Math.floor(start / blockBytes);
  const block = Buffer.from(filling);
  block.write(`block ${String(number).padStart(9, '0')}\n`, 'latin1');
  const offset = start - number * blockBytes;
  return block.subarray(offset, Math.min(blockBytes, offset + end - start));
}

export function sendPattern(request: IncomingMessage, response: ServerResponse, size: number): void {
  const etag = `"pattern-${size}"`;
  const head = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', 'cache-control': 'no-cache', etag };
  if (matches(request.headers['if-none-match'], etag)) return void response.writeHead(304, head).end();
  const range = rangeOf(request, size, etag);
  if (range === 'unsatisfiable') {
    return void response.writeHead(416, { 'content-range': `bytes */${size}`, 'content-length': 0, 'cache-control': 'no-store' }).end();
  }
  const { start, end } = range ?? { start: 0, end: size };
  response.writeHead(range === undefined ? 200 : 206, {
    ...head,
    'content-length': end - start,
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
  });
  if (request.method === 'HEAD') return void response.end();
  write(response, start, end);
}

/** RFC 9110 §13.1.2: a list, or `*`; the comparison is weak. */
function matches(condition: string | undefined, etag: string): boolean {
  const tags = (condition ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/** Writes as fast as the client reads: one block is in the socket's buffer at most. */
function write(response: ServerResponse, from: number, end: number): void {
  let at = from;
  while (at < end) {
    const part = patternSlice(at, end);
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
  if (last !== '' && Number(last) < Number(first)) return undefined;
  if (Number(first) >= size) return 'unsatisfiable';
  return { start: Number(first), end: last === '' ? size : Math.min(size, Number(last) + 1) };
}
