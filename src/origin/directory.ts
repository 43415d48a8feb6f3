/**
 * A directory as the master origin, through the `send` package: ETag, Last-Modified, conditional and range requests,
 * `index.html`. No dot files, no listings, and no way out of the directory.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import send from 'send';
import type { Log } from '../log.js';

/** @param root absolute path of a readable directory. */
export function createDirectory(root: string, log: Log): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      request.resume();
      response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain; charset=utf-8' }).end('This origin serves files: GET and HEAD only.\n');
      return;
    }
    send(request, pathOf(request.url ?? '/'), { root, dotfiles: 'ignore', index: 'index.html' })
      .on('error', (error: Error & { status?: number }) => fail(response, error, log))
      .pipe(response);
  };
}

/** The path as `send` takes it: still percent-encoded, without the query. */
const pathOf = (target: string): string => target.split('?', 1)[0] ?? '/';

function fail(response: ServerResponse, error: Error & { status?: number }, log: Log): void {
  if (response.headersSent) {
    response.destroy(); // in the middle of a file: a clean end would pass for the whole of it
    return;
  }
  const status = error.status ?? 500;
  if (status >= 500) log.error({ error: error.message }, 'origin: a file could not be read');
  response.statusCode = status;
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('content-security-policy', "default-src 'none'");
  response.end(`${status}: ${status === 404 ? 'no such file' : status < 500 ? error.message : 'the file could not be read'}\n`);
}
