/**
 * What a client reads when there is nothing better to give it: a page, a problem document (RFC 9457) or a line of text.
 *
 * Says what happened in one sentence, and which request id to look for in whose log; nothing else of the inside, no
 * address, no stack. Never cached. Pure.
 */
import { escapeHtml } from '../html.js';
import { faults, type FaultCode } from './fault.js';
import type { Fields } from './fields.js';

export interface ErrorAnswer {
  readonly status: number;
  readonly reason: string;
  readonly fields: Fields;
  readonly body: Buffer;
}

/** @param accept value of the request's Accept field. */
export function errorAnswer(code: FaultCode, accept: string | undefined, requestId: string, worker: string): ErrorAnswer {
  const { status, text } = faults[code];
  const reason = reasons[status] ?? 'Error';
  const format = formats[preferredFormat(accept)];
  const body = Buffer.from(format.write({ code, status, reason, text, requestId, worker }));
  const fields = ['Content-Type', format.type, 'Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff', 'X-Request-Id', requestId];
  if (status === 503) fields.push('Retry-After', '1');
  return { status, reason, fields, body };
}

/** Of every status in the table of faults. */
const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  431: 'Request Header Fields Too Large',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  508: 'Loop Detected',
};

interface Words {
  readonly code: FaultCode;
  readonly status: number;
  readonly reason: string;
  readonly text: string;
  readonly requestId: string;
  readonly worker: string;
}

const formatNames = ['json', 'html', 'text'] as const;
type FormatName = (typeof formatNames)[number];

const formats: Readonly<Record<FormatName, { readonly type: string; readonly write: (words: Words) => string }>> = {
  json: { type: 'application/problem+json', write: problem },
  html: { type: 'text/html; charset=utf-8', write: page },
  text: { type: 'text/plain; charset=utf-8', write: line },
};

function problem({ code, status, reason, text, requestId, worker }: Words): string {
  return `${JSON.stringify({ type: 'about:blank', title: reason, status, detail: text, fault: code, requestId, worker })}\n`;
}

function line({ status, reason, text, requestId, worker }: Words): string {
  return `${status} ${reason}: ${text}\nRequest id: ${requestId} (${worker})\n`;
}

function page({ status, reason, text, requestId, worker }: Words): string {
  const title = `${status} ${escapeHtml(reason)}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem}
h1{font-size:1.4rem}
small{opacity:.7}
</style>
<h1>${title}</h1>
<p>${escapeHtml(text)}</p>
<p><small>Request id: <code>${escapeHtml(requestId)}</code> (${escapeHtml(worker)})</small></p>
</html>
`;
}

/** Media ranges that mean a format, most specific first. */
const ranges: Readonly<Record<FormatName, readonly string[]>> = {
  json: ['application/problem+json', 'application/json', 'application/*', '*/*'],
  html: ['text/html', 'text/*', '*/*'],
  text: ['text/plain', 'text/*', '*/*'],
};

/**
 * The format that Accept weighs highest (RFC 9110 §12.5.1). Between equals one that is named beats one that is merely
 * included, so browsers get the page; `curl`, which accepts anything, gets the line of text, as does who accepts nothing.
 */
export function preferredFormat(accept: string | undefined): FormatName {
  if (accept === undefined) return 'text';
  const weights = weightsOf(accept);
  let best: FormatName = 'text';
  let bestScore = 0;
  for (const name of formatNames) {
    const range = ranges[name].find((candidate) => weights.has(candidate));
    const weight = range === undefined ? 0 : (weights.get(range) ?? 0);
    if (range === undefined || weight === 0) continue;
    const tieBreak = range.endsWith('*') ? (name === 'text' ? 1 : 0) : 2;
    const score = Math.round(weight * 1000) * 4 + tieBreak; // a weight has three digits at most
    if (score > bestScore) [best, bestScore] = [name, score];
  }
  return best;
}

function weightsOf(accept: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const element of accept.toLowerCase().split(',')) {
    const [range = '', ...parameters] = element.split(';').map((part) => part.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    weights.set(range, weight >= 0 && weight <= 1 ? weight : 0);
  }
  return weights;
}
