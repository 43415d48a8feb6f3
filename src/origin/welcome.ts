/**
 * The pages people see: the demo's front page, which tells which worker brought the visitor here and what to look at next,
 * and the page that says why there is nothing. Self-contained, light and dark.
 */
import type { IncomingMessage } from 'node:http';
import { escapeHtml } from '../html.js';


/** `1.1 w2` → `w2`; the last proxy in Via is the one that talked to us. */
function carrier(request: IncomingMessage): string | undefined {
  return /(?:^|,)\s*[\d.]+ ([^,\s]+)[^,]*$/.exec(String(request.headers.via ?? ''))?.[1];
}

function fieldRows(request: IncomingMessage): string {
  const { rawHeaders } = request;
  return rawHeaders
    .map((name, at) => (at % 2 === 0 ? `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(rawHeaders[at + 1] ?? '')}</td></tr>\n` : ''))
    .join('');
}

const style = `<style>
  :root { color-scheme: light dark; --line: #8885; --accent: #b4541a; }
  @media (prefers-color-scheme: dark) { :root { --accent: #f0955a; } }
  body { font: 16px/1.55 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1.25rem; }
  h1 { margin: 0; font-size: 2rem; letter-spacing: -.02em; }
  .who { font-size: 1.2rem; border-left: 4px solid var(--accent); padding: .4rem .9rem; margin: 1.5rem 0; }
  .who b { color: var(--accent); }
  table { border-collapse: collapse; width: 100%; font: 13px/1.5 ui-monospace, monospace; }
  th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; }
  th, td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
  th { font-weight: 600; white-space: nowrap; }
  a { color: var(--accent); }
  footer { margin-top: 2rem; opacity: .75; font-size: .9rem; }
</style>`;

export function welcomePage(request: IncomingMessage): string {
  const worker = carrier(request);
  const who = worker === undefined ? 'You came here directly, past all workers.' : `Worker <b>${escapeHtml(worker)}</b> carried this request.`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Roundhouse</title>
${style}
<h1>Roundhouse</h1>
<p>A turntable made of DNS, stalls made of reverse proxies. This is the demo origin behind them.</p>
<p class="who">${who}</p>
<p>Ask another worker, and the name changes. Things to try through the tier:
<a href="/echo">/echo</a> shows what arrives here,
<a href="/bytes/1000">/bytes/1000</a> sends as many bytes,
<a href="/slow?ms=1000">/slow?ms=1000</a> takes its time,
<a href="/stream?chunks=5&amp;ms=300">/stream</a> comes in pieces,
<a href="/status/503">/status/503</a> fails,
<a href="/cacheable?s=60">/cacheable</a> may be kept.</p>
<h2>What the origin saw</h2>
<table>
<tr><th>${escapeHtml(request.method ?? '')}</th><td>${escapeHtml(request.url ?? '')}</td></tr>
${fieldRows(request)}</table>
<footer>Put your own origin here: <code>npm start -- --origin http://10.0.0.5:80</code></footer>
</html>
`;
}

export function problemPage(status: number, text: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${status}</title>
${style}
<h1>${status}</h1>
<p>${escapeHtml(text)}</p>
</html>
`;
}
