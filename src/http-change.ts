/**
 * Requests that change something, on the small servers of the house: who may, and what they say.
 *
 * A browser page of somebody else's cannot make one: Host must be an IP literal or localhost (so that a rebound name is refused), and
 * a change must carry `Content-Type: application/json`, which a cross-site form cannot send.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What the one who asked is told. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** @throws HttpError */
export function assertPlainHost({ headers }: IncomingMessage): void {
  if (/^(localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/i.test(headers.host ?? '')) return;
  throw new HttpError(403, 'this API is asked by IP address or as localhost, not by another name');
}

/** @param token required when there is one. @throws HttpError */
export function authorise({ headers }: IncomingMessage, token: string | undefined): void {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) throw new HttpError(415, 'changes need Content-Type: application/json');
  if (token === undefined) return;
  const given = Buffer.from(headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new HttpError(401, 'changes need the token: set ROUNDHOUSE_TOKEN to the one that this process has');
  }
}

const isLoopback = (address: string): boolean => /^(?:::ffff:)?127\.|^::1$/.test(address);

/** Without a token, only from this machine. @throws HttpError */
export function assertNear({ socket }: IncomingMessage, token: string | undefined): void {
  if (token !== undefined || isLoopback(socket.remoteAddress ?? '')) return;
  throw new HttpError(403, 'changes from another machine need a token: set ROUNDHOUSE_TOKEN for this process and for who asks');
}

const bodyBytesMax = 65_536;

/** @throws HttpError for what is too long or no JSON */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new HttpError(413, `the body is longer than ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    throw new HttpError(400, 'the body is no JSON');
  }
}
