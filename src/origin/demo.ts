/**
 * The demo pages: small things to ask through the tier, each bounded and as deterministic as it can be.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Timer } from '../clock.js';
import { welcomePage } from './welcome.js';
import { sendPattern } from './pattern.js';

const gibibyte = 1_073_741_824;
const slowMsMax = 60_000;
const chunksMax = 10_000;
const knownPaths = '/, /echo, /bytes/N, /slow?ms=, /status/NNN, /stream?chunks=&ms=, /cacheable?s=';

interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** What the path's pattern caught. */
  readonly caught: number;
}

type Page = (visit: Visit) => void;

export function createDemo(clock: Clock): (request: IncomingMessage, response: ServerResponse) => void {
  const pages: readonly (readonly [RegExp, Page])[] = [
    [/^\/$/, ({ request, response }) => sendText(response, 200, 'text/html', welcomePage(request))],
    [/^\/echo$/, echo],
    [/^\/bytes\/(\d{1,10})$/, bytes],
    [/^\/slow$/, (visit) => slow(clock, visit)],
    [/^\/status\/([2-5]\d\d)$/, status],
    [/^\/stream$/, (visit) => stream(clock, visit)],
    [/^\/cacheable$/, (visit) => cacheable(clock, visit)],
  ];
  return (request, response) => {
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
    if (path !== '/echo') request.resume();
    for (const [pattern, page] of pages) {
      const match = pattern.exec(path);
      if (match !== null) return page({ request, response, query: new URLSearchParams(query), caught: Number(match[1]) });
    }
    sendText(response, 404, 'text/plain', `Nothing here. There are ${knownPaths}\n`);
  };
}

/** A whole number from the query, from 0 to `most`. */
function within(query: URLSearchParams, name: string, otherwise: number, most: number): number {
  const value = Number(query.get(name) ?? otherwise);
  return Number.isInteger(value) && value >= 0 ? Math.min(value, most) : otherwise;
}

function sendText(response: ServerResponse, code: number, type: 'text/html' | 'text/plain' | 'application/json', text: string): void {
  response.writeHead(code, {
    'content-type': type === 'application/json' ? type : `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  });
  response.end(text);
}

/** What arrived here, as JSON: how to see what a proxy does to a request. The body is measured and not kept. */
function echo({ request, response }: Visit): void {
  const hash = createHash('sha256');
  let bodyBytes = 0;
  request.on('data', (chunk: Buffer) => {
    bodyBytes += chunk.length;
    if (bodyBytes <= gibibyte) return void hash.update(chunk);
    request.removeAllListeners('data').pause();
    response.setHeader('connection', 'close');
    response.once('finish', () => request.destroy());
    sendText(response, 413, 'text/plain', `This page takes at most ${gibibyte} bytes.\n`);
  });
  request.on('error', () => response.destroy());
  request.on('end', () => {
    const { method, url: target, httpVersion: version, rawHeaders } = request;
    const seen = { method, target, version, fields: pairsOf(rawHeaders), bodyBytes, bodySha256: hash.digest('hex') };
    sendText(response, 200, 'application/json', `${JSON.stringify(seen, undefined, 2)}\n`);
  });
}

/** As on the wire: order, letter case and repetitions. */
function pairsOf(rawHeaders: readonly string[]): [name: string, value: string][] {
  const names = rawHeaders.filter((_, place) => place % 2 === 0);
  return names.map((name, place) => [name, rawHeaders[2 * place + 1] ?? '']);
}

function bytes({ request, response, caught: size }: Visit): void {
  if (size > gibibyte) return sendText(response, 400, 'text/plain', `At most ${gibibyte} bytes.\n`);
  sendPattern(request, response, size);
}

function status({ response, caught: code }: Visit): void {
  if (code === 204 || code === 304) response.writeHead(code).end();
  else sendText(response, code, 'text/plain', `${code}\n`);
}

/** Fresh for `s` seconds and revalidated by its ETag, which changes as often. */
function cacheable(clock: Clock, { request, response, query }: Visit): void {
  const freshS = within(query, 's', 60, 31_536_000);
  const made = Math.floor(clock.realtimeMs() / 1000 / Math.max(1, freshS)) * Math.max(1, freshS) * 1000;
  const etag = `"${made}"`;
  const head = { 'cache-control': `public, max-age=${freshS}`, etag };
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, head).end();
  const text = `made at ${new Date(made).toISOString()}\n`;
  response.writeHead(200, { ...head, 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function slow(clock: Clock, { response, query }: Visit): void {
  const timer = clock.after(within(query, 'ms', 1000, slowMsMax), () => sendText(response, 200, 'text/plain', 'at last\n'));
  response.once('close', () => timer.cancel());
}

/** One piece every `ms`, and none before the client has taken the last one. */
function stream(clock: Clock, { response, query }: Visit): void {
  const chunks = within(query, 'chunks', 10, chunksMax);
  const ms = within(query, 'ms', 100, slowMsMax);
  let timer: Timer | undefined;
  let sent = 0;
  const next = (): void => {
    if (sent === chunks) return void response.end();
    sent += 1;
    if (response.write(`chunk ${sent} of ${chunks}\n`)) timer = clock.after(ms, next);
    else response.once('drain', next);
  };
  response.once('close', () => timer?.cancel());
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  next();
}
