/**
 * Where a process is looked at: `/metrics` for Prometheus, `/livez` and `/readyz` for supervisors and balancers.
 *
 * It stays answerable while the process drains and stops, so that the reason can be seen; it is the last to go. Scrapes at
 * the same time are limited, because each one is work on the loop that serves. Nothing a client sends is shown to others.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { listenError, type Service, type SocketAddress } from '../service.js';
import type { Metrics } from './registry.js';

export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly reason: 'starting' | 'draining' | 'stopping'; readonly by?: 'operator' | 'signal' };

export interface EndpointOptions {
  readonly listen: SocketAddress;
  /** Who listens, for error messages: `worker w1 metrics`. */
  readonly what: string;
  /** The option that sets the address, for error messages. */
  readonly option: string;
  /** Closed when the endpoint stops. */
  readonly metrics: Metrics;
  readonly ready: () => Readiness;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Endpoint extends Service {
  /** The bound address; the port is the real one when 0 was asked for. Valid after `start`. */
  address(): SocketAddress;
}

const connectionsMax = 64;
const scrapesMax = 4;
const namesMax = 200;
const targetCharactersMax = 8192;
/** The keep-alive outlasts Prometheus's usual interval of 15 s to a minute, so that a scrape finds its connection. */
const timeouts = { headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 65_000, connectionsCheckingInterval: 2000 };

export function createEndpoint(options: EndpointOptions): Endpoint {
  const { listen, what, option, metrics, clock, log } = options;
  const server = createServer({ ...timeouts, maxHeaderSize: 16_384 }, createHandler(options));
  server.maxConnections = connectionsMax;
  let bound: SocketAddress = listen;
  return {
    address: () => bound,
    start: () =>
      new Promise((resolve, reject) => {
        server.on('error', (error) => {
          if (server.listening) return log.error({ error: error.message }, `${what}: the listener failed`);
          metrics.close();
          reject(listenError(error, what, listen, option));
        });
        server.listen(listen.port, listen.address, () => {
          bound = addressOf(server);
          resolve();
        });
      }),
    async stop(graceMs) {
      metrics.close();
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = clock.after(graceMs, () => server.closeAllConnections());
      await closed;
      cut.cancel();
    },
  };
}

function addressOf(server: Server): SocketAddress {
  const { address, port } = server.address() as AddressInfo; // listening on an IP address
  return { address, port };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly fields?: Readonly<Record<string, string>>;
}

type Page = (query: string) => Answer | Promise<Answer>;

const plain = 'text/plain; charset=utf-8';

function createHandler({ metrics, ready, log, what }: EndpointOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const scrape = createScrape(metrics);
  const alive: Page = () => ({ status: 200, type: plain, body: 'alive\n' });
  const readiness: Page = () => readinessAnswer(ready());
  const pages: ReadonlyMap<string, Page> = new Map([
    ['/metrics', scrape],
    ['/livez', alive],
    ['/readyz', readiness],
    ['/health', alive],
    ['/ready', readiness],
  ]);

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { method = '', url = '/' } = request;
    const [path = '', query = ''] = url.split('?', 2);
    const page = pages.get(path);
    if (url.length > targetCharactersMax) return { status: 414, type: plain, body: `The target is longer than ${targetCharactersMax} characters.\n` };
    if (page === undefined) return { status: 404, type: plain, body: 'There are /metrics, /livez and /readyz (also /health and /ready).\n' };
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: plain, body: 'GET and HEAD only.\n', fields: { allow: 'GET, HEAD' } };
    return page(query);
  }

  return (request, response) => {
    request.resume();
    answer(request).then(
      (given) => send(response, given),
      (error: unknown) => {
        log.error({ error: error instanceof Error ? error.stack : String(error) }, `${what}: a page could not be made`);
        send(response, { status: 500, type: plain, body: 'This page could not be made; the log tells why.\n' });
      },
    );
  };
}

function send(response: ServerResponse, { status, type, body, fields = {} }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...fields,
  });
  response.end(body); // node:http leaves it out for HEAD
}

/** The words that the control process and balancers read; `by` tells an operator's drain from a process that goes. */
function readinessAnswer(readiness: Readiness): Answer {
  return { status: readiness.ready ? 200 : 503, type: 'application/json', body: `${JSON.stringify(readiness)}\n` };
}

/** `?name[]=` as Prometheus's own endpoints have it: only these metrics. */
function createScrape(metrics: Metrics): Page {
  let running = 0;
  return async (query) => {
    const names = new URLSearchParams(query).getAll('name[]');
    if (names.length > namesMax) return { status: 400, type: plain, body: `At most ${namesMax} names.\n` };
    if (running >= scrapesMax) return { status: 503, type: plain, body: `There are ${scrapesMax} scrapes under way.\n`, fields: { 'retry-after': '1' } };
    running += 1;
    try {
      return { status: 200, type: metrics.contentType, body: await metrics.render(names.length === 0 ? undefined : names) };
    } finally {
      running -= 1;
    }
  };
}
