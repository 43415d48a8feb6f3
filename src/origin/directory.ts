/**
 * A directory as the master origin, through the `send` package: ETag, Last-Modified, conditional and range requests,
 * `index.html`. No dot files, no listings, and no way out of the directory: `send` sees to `..`, and a symbolic link
 * that leads outside is as if it were not there.
 */
import { realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import send from 'send';
import type { Log } from '../log.js';
import { problemPage } from './welcome.js';

/** @param root absolute path of a readable directory. */
export function createDirectory(root: string, log: Log): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return sendProblem(response, 405, 'This origin serves files: GET and HEAD only.');
    }
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    staysInside(root, path).then(
      (inside) => (inside ? serve(root, path, request, response, log) : sendProblem(response, 404, 'There is no such file.')),
      (error: unknown) => fail(response, { status: 500, message: String(error) }, log),
    );
  };
}

function serve(root: string, path: string, request: IncomingMessage, response: ServerResponse, log: Log): void {
  send(request, path, { root, dotfiles: 'ignore', index: 'index.html' })
    .on('error', ({ status = 500, message }: Error & { readonly status?: number }) => fail(response, { status, message }, log))
    .pipe(response);
}

/**
 * Follows links, as opening the file would. What does not exist or is not a path at all is `send`'s to refuse, so it
 * counts as inside. The root is looked up each time: a site is often published by turning a link.
 */
async function staysInside(root: string, path: string): Promise<boolean> {
  const real = await realpath(root).catch(() => root);
  const isInside = (target: string): boolean => target === real || target.startsWith(real.endsWith(sep) ? real : real + sep);
  for (const wanted of path.endsWith('/') ? [path, `${path}index.html`] : [path]) {
    const target = await realTarget(root, wanted);
    if (target !== undefined && !isInside(target)) return false;
  }
  return true;
}

async function realTarget(root: string, path: string): Promise<string | undefined> {
  try {
    return await realpath(join(root, decodeURIComponent(path)));
  } catch {
    return undefined; // not there, not readable, a NUL in it, or bad percent-encoding
  }
}

interface Failure {
  readonly status: number;
  readonly message: string;
}

function fail(response: ServerResponse, { status, message }: Failure, log: Log): void {
  if (response.headersSent) {
    response.destroy(); // in the middle of a file: a clean end would pass for the whole of it
    return;
  }
  if (status >= 500) log.error({ error: message }, 'origin: a file could not be read');
  const contentRange = response.getHeader('content-range'); // of a 416
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  if (contentRange !== undefined) response.setHeader('content-range', contentRange);
  sendProblem(response, status, status === 404 ? 'There is no such file.' : status < 500 ? `${message}.` : 'The file could not be read.');
}

function sendProblem(response: ServerResponse, status: number, text: string): void {
  const page = problemPage(status, text);
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  });
  response.end(page);
}
