/**
 * Reads HTTP/1.1 responses to GET off a connection, one at a time: how it ended, its status, its body's size. Bodies are counted
 * and not kept.
 *
 * A load generator that parses more than it needs measures itself: on a kept connection node:http's client costs three times the
 * processor time of this reader on a plain socket (`bench/user-request.ts`). It is strict where leniency would count a broken
 * response as a good one (lengths, chunk sizes, ends), and does not look at fields that are none of its business.
 */

/** `more`: the response goes on. `done`: it is complete. `broken`: it is no response, or more than one. */
export type Reading = 'more' | 'done' | 'broken';

export interface ResponseReader {
  /** Begins a new response. */
  begin(): void;
  /** The next bytes of the connection. */
  push(chunk: Buffer): Reading;
  /** The peer has ended the connection: a response without a length is complete, any other is `broken`. */
  ended(): Reading;
  /** Of the response begun last; 0 until its head is there. */
  status(): number;
  bodyBytes(): number;
  /** May the connection be used again? */
  persistent(): boolean;
}

const headBytesMax = 65_536;
const lineBytesMax = 1024;

type State = 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'to-the-end' | 'over';

interface Progress {
  state: State;
  /** What has come of a head or line that is not complete. */
  partial: Buffer | undefined;
  /** Of the body or the chunk. */
  left: number;
  status: number;
  bodyBytes: number;
  persistent: boolean;
}

export function createResponseReader(): ResponseReader {
  const progress: Progress = { state: 'over', partial: undefined, left: 0, status: 0, bodyBytes: 0, persistent: false };
  return {
    begin() {
      progress.state = 'head';
      progress.partial = undefined;
      progress.status = 0;
      progress.bodyBytes = 0;
      progress.persistent = true;
    },
    push(chunk) {
      const rest = progress.partial === undefined ? chunk : Buffer.concat([progress.partial, chunk]);
      progress.partial = undefined;
      const at = readAll(progress, rest);
      if (at < 0) return 'broken';
      if (progress.state === 'over') return at === rest.length ? 'done' : 'broken'; // we ask for one at a time
      if (at < rest.length) progress.partial = rest.subarray(at);
      return 'more';
    },
    ended() {
      const complete = progress.state === 'to-the-end';
      progress.state = 'over';
      return complete ? 'done' : 'broken';
    },
    status: () => progress.status,
    bodyBytes: () => progress.bodyBytes,
    persistent: () => progress.persistent,
  };
}

/** Where reading stops for want of more; −1 when it is broken. */
function readAll(progress: Progress, bytes: Buffer): number {
  let at = 0;
  while (progress.state !== 'over') {
    const next = step(progress, bytes, at);
    if (next < 0) return next === wantsMore ? at : broken;
    at = next;
  }
  return at;
}

const broken = -1;
const wantsMore = -2;

function step(progress: Progress, bytes: Buffer, at: number): number {
  switch (progress.state) {
    case 'head':
      return readHead(progress, bytes, at);
    case 'length':
    case 'chunk':
    case 'to-the-end':
      return readBody(progress, bytes, at);
    default:
      return readLine(progress, bytes, at);
  }
}

function readHead(progress: Progress, bytes: Buffer, at: number): number {
  const end = bytes.indexOf('\r\n\r\n', at, 'latin1');
  if (end < 0) return bytes.length - at > headBytesMax ? broken : wantsMore;
  return takeHead(progress, bytes.toString('latin1', at, end)) ? end + 4 : broken;
}

function takeHead(progress: Progress, head: string): boolean {
  const [, minor, status] = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |\r\n|$)/.exec(head) ?? [];
  if (status === undefined) return false;
  progress.status = Number(status);
  if (progress.status < 200) return progress.status !== 101; // an interim one: the next head follows
  const length = /\r\ncontent-length:[ \t]*([^\r]*?)[ \t]*(?:\r\n|$)/i.exec(head)?.[1];
  const coding = /\r\ntransfer-encoding:[ \t]*([^\r]*?)[ \t]*(?:\r\n|$)/i.exec(head)?.[1]?.toLowerCase();
  const options = /\r\nconnection:[ \t]*([^\r]*)/i.exec(head)?.[1]?.toLowerCase() ?? '';
  progress.persistent = minor === '1' ? !options.includes('close') : options.includes('keep-alive');
  if (coding !== undefined && (coding !== 'chunked' || length !== undefined)) return false;
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return false;
  progress.left = Number(length ?? 0);
  progress.state = bodyOf(progress, coding !== undefined, length !== undefined);
  if (progress.state === 'to-the-end') progress.persistent = false;
  return true;
}

/** RFC 9112 §6.3, for responses to GET. */
function bodyOf({ status, left }: Progress, chunked: boolean, hasLength: boolean): State {
  if (status === 204 || status === 304) return 'over';
  if (chunked) return 'chunk-size';
  if (!hasLength) return 'to-the-end';
  return left === 0 ? 'over' : 'length';
}

function readBody(progress: Progress, bytes: Buffer, at: number): number {
  if (at === bytes.length) return wantsMore;
  const taken = progress.state === 'to-the-end' ? bytes.length - at : Math.min(progress.left, bytes.length - at);
  progress.bodyBytes += taken;
  if (progress.state === 'to-the-end') return at + taken;
  progress.left -= taken;
  if (progress.left === 0) progress.state = progress.state === 'length' ? 'over' : 'chunk-end';
  return at + taken;
}

/** A chunk's size, the end of its data, or a trailer. */
function readLine(progress: Progress, bytes: Buffer, at: number): number {
  const end = bytes.indexOf('\r\n', at, 'latin1');
  if (end < 0) return bytes.length - at > lineBytesMax ? broken : wantsMore;
  const line = bytes.toString('latin1', at, end);
  if (progress.state === 'trailers') {
    if (line === '') progress.state = 'over';
  } else if (progress.state === 'chunk-end') {
    if (line !== '') return broken;
    progress.state = 'chunk-size';
  } else if (!takeSize(progress, line)) return broken;
  return end + 2;
}

function takeSize(progress: Progress, line: string): boolean {
  const [, size] = /^([\da-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
  if (size === undefined) return false;
  progress.left = Number.parseInt(size, 16);
  progress.state = progress.left === 0 ? 'trailers' : 'chunk';
  return true;
}
