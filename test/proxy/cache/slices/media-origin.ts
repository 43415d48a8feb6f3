/**
 * An origin of one long object in versions, which gives ranges, and knows what it was asked for.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { parseHttpDate } from '../../../../src/proxy/cache/http-date.js';
import { patternAt } from '../../../support/pattern.js';

export interface Media {
  version: number;
  length: number;
  /** Whether it takes Range for what it is. */
  ranges: boolean;
  etag(version: number): string | undefined;
  readonly more: Record<string, string>;
  readonly asked: Asked[];
}

export interface Asked {
  readonly version: number;
  readonly range: string | undefined;
  readonly status: number;
  readonly fields: IncomingMessage['headers'];
}

export const media = (changes: Partial<Media> = {}): Media => ({
  version: 1,
  length: 100_000,
  ranges: true,
  etag: (version) => `"v${version}"`,
  more: { 'Cache-Control': 'max-age=3600', 'Content-Type': 'video/mp4' },
  asked: [],
  ...changes,
});

/** Each version begins at another place of the pattern; at most 1 MiB at once. */
export const bytesOf = (version: number, first: number, length: number): Buffer => patternAt(version * 7919 + first, length);

const modifiedAt = (version: number): string => new Date(Date.UTC(2020, 0, version)).toUTCString();

export function serveMedia(state: Media): RequestListener {
  return (request, response) => {
    const etag = state.etag(state.version);
    const modified = modifiedAt(state.version);
    const own = { ...state.more, 'Last-Modified': modified, 'Accept-Ranges': 'bytes', ...(etag === undefined ? {} : { ETag: etag }) };
    const note = (status: number): void => {
      state.asked.push({ version: state.version, range: request.headers.range, status, fields: request.headers });
    };
    if (isSame(request, etag, modified)) return end(response, note, 304, own);
    const part = state.ranges && ifRangeHolds(request, etag, modified) ? rangeOf(request.headers.range, state.length) : undefined;
    if (part === 'none') return end(response, note, 416, { 'Content-Range': `bytes */${state.length}` });
    const [first, last] = part ?? [0, state.length - 1];
    const range = part === undefined ? {} : { 'Content-Range': `bytes ${first}-${last}/${state.length}` };
    note(part === undefined ? 200 : 206);
    response.writeHead(part === undefined ? 200 : 206, { ...own, ...range, 'Content-Length': last - first + 1 });
    send(response, state.version, first, last + 1);
  };
}

function end(response: ServerResponse, note: (status: number) => void, status: number, fields: Record<string, string>): void {
  note(status);
  response.writeHead(status, fields).end();
}

function isSame({ headers }: IncomingMessage, etag: string | undefined, modified: string): boolean {
  const noneMatch = headers['if-none-match'];
  return noneMatch === undefined ? headers['if-modified-since'] === modified : noneMatch === etag;
}

function ifRangeHolds({ headers }: IncomingMessage, etag: string | undefined, modified: string): boolean {
  const condition = headers['if-range']?.toString();
  if (condition === undefined) return true;
  const date = parseHttpDate(condition, 0);
  return date === undefined ? condition === etag : condition === modified;
}

function rangeOf(range: string | undefined, length: number): readonly [number, number] | 'none' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const first = from === '' ? Math.max(0, length - Number(to)) : Number(from);
  if (first >= length) return 'none';
  return [first, from === '' || to === '' ? length - 1 : Math.min(length - 1, Number(to))];
}

/** A piece at a time, at the pace at which it is taken. */
function send(response: ServerResponse, version: number, first: number, end_: number): void {
  let at = first;
  while (at < end_) {
    const piece = bytesOf(version, at, Math.min(65_536, end_ - at));
    at += piece.length;
    if (!response.write(piece) && at < end_) {
      response.once('drain', () => send(response, version, at, end_));
      return;
    }
  }
  response.end();
}
