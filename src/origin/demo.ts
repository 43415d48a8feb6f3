/**
 * The demo pages: small things to ask through the tier, each bounded, all deterministic.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Timer } from '../clock.js';
import { welcomePage } from './welcome.js';
import { sendPattern } from './pattern.js';

export const bytesMax = 1_073_741_824;
const slowMsMax = 60_000;
const chunksMax = 10_000;
const echoBodyBytesMax = 16_777_216;

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL, match: RegExpExecArray) => void;

/** @returns the request handler. */
export function createDemo(clock: Clock): (request: IncomingMessage, response: ServerResponse) => void {
  const routes: readonly (readonly [RegExp, Handler])[] = [
    [/^\/$/, (request, response) => sendText(response, 200, 'text/html', welcomePage(request))],
    [/^\/echo$/, echo],
    [/^\/bytes\/(\d{1,10})$/, (request, response, _url, match) => bytes(request, response, Number(match[1]))],
    [/^\/slow$/, (_request, response, url) => slow(clock, response, within(url, 'ms', 1000, slowMsMax))],
    [/^\/status\/([2-5]\d\d)$/, (_request, response, _url, match) => status(response, Number(match[1]))],
    [/^\/stream$/, (_request, response, url) => stream(clock, response, within(url, 'chunks', 10, chunksMax), within(url, 'ms', 100, slowMsMax))],
    [/^\/cacheable$/, (_request, response, url) => cacheable(clock, response, within(url, 's', 60, 31_536_000))],
  ];
  return (request, response) => {
    const url = URL.canParse(request.url ?? '/', 'http://origin') ? new URL(request.url ?? '/', 'http://origin') : new URL('http://origin/');
    if (url.pathname !== '/echo') request.resume();
    for (const [pattern, handler] of routes) {
      const match = pattern.exec(url.pathname);
      if (match !== null) return handler(request, response, url, match);
    }
    sendText(response, 404, 'text/plain', `Nothing at ${url.pathname}. There are /, /echo, /bytes/N, /slow?ms=, /status/NNN, /stream?chunks=&ms=, /cacheable?s=\n`);
  };
}

/** A whole number from the query, from 0 to `most`. */
function within(url: URL, name: string, otherwise: number, most: number): number {
  const value = Number(url.searchParams.get(name) ?? otherwise);
  return Number.isInteger(value) && value >= 0 ? Math.min(value, most) : otherwise;
}

function sendText(response: ServerResponse, code: number, type: string, text: string, cacheControl = 'no-store'): void {
  const head = { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(text), 'cache-control': cacheControl };
  response.writeHead(code, head);
  response.end(text);
}

/** What arrived here, as JSON: how to see what a proxy does to a request. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256');
  let bodyBytes = 0;
  request.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    bodyBytes += chunk.length;
    if (bodyBytes > echoBodyBytesMax) {
      sendText(response, 413, 'text/plain', `This page takes at most ${echoBodyBytesMax} bytes.\n`);
      request.destroy();
    }
  });
  request.on('error', () => response.destroy());
  request.on('end', () => {
    const fields: [string, string][] = [];
    for (let at = 0; at < request.rawHeaders.length; at += 2) fields.push([request.rawHeaders[at] ?? '', request.rawHeaders[at + 1] ?? '']);
    const { method, url: target, httpVersion: version } = request;
    const seen = { method, target, version, fields, bodyBytes, bodySha256: hash.digest('hex') };
    sendText(response, 200, 'application/json', `${JSON.stringify(seen, undefined, 2)}\n`);
  });
}

function bytes(request: IncomingMessage, response: ServerResponse, size: number): void {
  if (size > bytesMax) return sendText(response, 400, 'text/plain', `At most ${bytesMax} bytes.\n`);
  sendPattern(request, response, size);
}

function status(response: ServerResponse, code: number): void {
  if (code === 204 || code === 304) response.writeHead(code).end();
  else sendText(response, code, 'text/plain', `${code}\n`);
}

function cacheable(clock: Clock, response: ServerResponse, seconds: number): void {
  const text = `made at ${new Date(clock.realtimeMs()).toISOString()}\n`;
  sendText(response, 200, 'text/plain', text, `public, max-age=${seconds}`);
}

function slow(clock: Clock, response: ServerResponse, ms: number): void {
  later(clock, response, ms, () => sendText(response, 200, 'text/plain', 'at last\n'));
}

function later(clock: Clock, response: ServerResponse, ms: number, then: () => void): void {
  const timer: Timer = clock.after(ms, then);
  response.once('close', () => timer.cancel());
}

function stream(clock: Clock, response: ServerResponse, chunks: number, ms: number): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  let sent = 0;
  const next = (): void => {
    if (sent === chunks) return void response.end();
    sent += 1;
    if (response.write(`chunk ${sent} of ${chunks}\n`)) later(clock, response, ms, next);
    else response.once('drain', next);
  };
  next();
}
