/**
 * Where a process is looked at: `/metrics` for Prometheus, `/livez` and `/readyz` for supervisors and balancers.
 *
 * It stays answerable while the process drains and stops, so that the reason can be seen; it is the last to go. Scrapes at
 * the same time are limited, because each one is work on the loop that serves. Nothing a client sends is shown to others.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { assertNear, assertPlainHost, authorise, HttpError, readJson } from '../http-change.js';
import { createHttpService, type HttpService, type HttpServiceOptions } from '../http-service.js';
import type { Metrics } from './registry.js';

export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly reason: 'starting' | 'draining' | 'stopping'; readonly by?: 'operator' | 'signal' };

export interface EndpointOptions extends HttpServiceOptions {
  /** Closed when the endpoint stops. */
  readonly metrics: Metrics;
  readonly ready: () => Readiness;
  /** What `POST /cache/purge` does, where there is a cache. @throws RangeError for what is wrong with it. */
  readonly purge?: ((said: unknown) => Promise<number>) | undefined;
  /** Required for that when there is one; without, it is for this machine alone. */
  readonly token?: string | undefined;
}

const connectionsMax = 64;
const scrapesMax = 4;
const namesMax = 200;
const targetCharactersMax = 8192;
/** The keep-alive outlasts Prometheus's usual interval of 15 s to a minute, so that a scrape finds its connection. */
const timeouts = { headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 65_000, connectionsCheckingInterval: 2000 };

export function createEndpoint(options: EndpointOptions): HttpService {
  const { metrics } = options;
  const server = createServer({ ...timeouts, maxHeaderSize: 16_384 }, createHandler(options));
  server.maxConnections = connectionsMax;
  const service = createHttpService(server, options);
  return {
    address: service.address,
    async start() {
      try {
        await service.start();
      } catch (error) {
        metrics.close();
        throw error;
      }
    },
    async stop(graceMs) {
      metrics.close();
      await service.stop(graceMs);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly fields?: Readonly<Record<string, string>>;
}

type Page = (query: string) => Answer | Promise<Answer>;

const plain = 'text/plain; charset=utf-8';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

function createHandler({ metrics, ready, purge, token, log, what }: EndpointOptions): Handler {
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
    if (url === '/cache/purge' && method === 'POST' && purge !== undefined) return answerPurge(request, purge, token);
    request.resume();
    const [path = '', query = ''] = url.split('?', 2);
    const page = pages.get(path);
    if (url.length > targetCharactersMax) return { status: 414, type: plain, body: `The target is longer than ${targetCharactersMax} characters.\n` };
    if (page === undefined) return { status: 404, type: plain, body: 'There are /metrics, /livez and /readyz (also /health and /ready).\n' };
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: plain, body: 'GET and HEAD only.\n', fields: { allow: 'GET, HEAD' } };
    return page(query);
  }

  return (request, response) => {
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

type Purge = NonNullable<EndpointOptions['purge']>;

async function answerPurge(request: IncomingMessage, purge: Purge, token: string | undefined): Promise<Answer> {
  const json = (status: number, body: object): Answer => ({ status, type: 'application/json', body: `${JSON.stringify(body)}\n` });
  try {
    assertPlainHost(request);
    assertNear(request, token);
    authorise(request, token);
    return json(200, { purged: await purge(await readJson(request)) });
  } catch (error) {
    if (error instanceof RangeError) return json(400, { error: error.message });
    if (!(error instanceof HttpError)) throw error;
    return { ...json(error.status, { error: error.message }), fields: { connection: 'close' } }; // the body may not have been read
  }
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
