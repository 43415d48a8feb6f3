/**
 * A whole worker over an engine, and clients for it.
 */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http';
import { afterEach } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { silentLog } from '../../src/log.js';
import { createRotation } from '../../src/pool/rotations.js';
import type { CreateEngine } from '../../src/proxy/engines/engine.js';
import type { ExchangeRecord } from '../../src/proxy/exchange.js';
import { newDiskStore } from '../../src/proxy/cache/disk/disk-store.js';
import { createWorker, type Worker, type WorkerOptions } from '../../src/proxy/worker.js';
import { createRandom } from '../../src/random.js';
import type { TestOrigin } from '../support/origin-http.js';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

export function keep<T extends TestOrigin>(origin: T): T {
  open.push(origin);
  return origin;
}

export const limits: WorkerOptions['limits'] = {
  headerBytes: 16_384,
  headersMax: 100,
  targetBytes: 8192,
  connectionsMax: 2000,
  originConnectionsMax: 256,
  originIdleMax: 256,
  originRequestsMax: 1000,
  bodyBytes: 1_000_000,
  maxconn: 2000,
  maxqueue: 100,
};

export const timeouts: WorkerOptions['timeouts'] = {
  headersMs: 10_000,
  requestMs: 60_000,
  keepAliveMs: 10_000,
  originKeepAliveMs: 10_000,
  originAgeMs: 3_600_000,
  connectMs: 5000,
  responseMs: 20_000,
  idleMs: 20_000,
  queueMs: 5000,
};

const probe: WorkerOptions['probe'] = {
  path: '/',
  interMs: 60_000,
  fastinterMs: 60_000,
  downinterMs: 60_000,
  timeoutMs: 1000,
  rise: 2,
  fall: 3,
  initialState: 'down',
  upThresh: 0.5,
};

type Line = Partial<ExchangeRecord> & { readonly worker: string };
interface Running {
  readonly worker: Worker;
  readonly port: number;
  /** Lines of the access log. */
  readonly lines: Line[];
  get(options?: RequestOptions, body?: Buffer): Promise<Answer>;
}

export type StartWorker = (urls: readonly string[], overrides?: Partial<WorkerOptions>) => Promise<Running>;

export async function startWorkerWith(
  createEngine: CreateEngine,
  urls: readonly string[],
  overrides: Partial<WorkerOptions> = {},
): Promise<Running> {
  const lines: Line[] = [];
  const random = createRandom(1);
  const worker = createWorker({
    name: 'w1',
    listen: { address: '127.0.0.1', port: 0 },
    origins: urls.map((url, index) => ({ name: `o${index + 1}`, url, weight: 1 })),
    newRotation: () => createRotation('fixed', { tail: 'cyclic', random }),
    host: 'rewrite',
    trustedNetworks: [],
    proxyProtocolNetworks: [],
    tls: { certificates: [], reloadMs: 10_000 },
    resolver: { servers: [], timeoutMs: 2000, ttlMinS: 1, ttlMaxS: 3600, validS: 10 },
    probe,
    newDiskStore,
    timeouts,
    limits,
    retries: { max: 2, budgetPercent: 20, budgetMin: 3 },
    accessLog: 'all',
    accessLogger: { ...silentLog, info: (fields) => void lines.push(fields as Line) },
    log: silentLog,
    clock: systemClock,
    random,
    createEngine,
    ...overrides,
  });
  await worker.start();
  const { port } = worker.address();
  open.push({ close: () => worker.stop(0) });
  return { worker, port, lines, get: (options = {}, body) => ask({ host: '127.0.0.1', port, agent: false, ...options }, body) };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether node's parser saw the end that the framing promised. */
  readonly complete: boolean;
}

export function ask(options: RequestOptions, body?: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(options, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => undefined); // `close` follows, and `complete` tells
      response.on('close', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks), complete: response.complete });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Resolves when the condition holds, asked after each turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
