/**
 * The admin API: what the tier's state is, the stream that DNS and workers follow, and the operator's verbs.
 *
 * It answers JSON over plain HTTP/1.1. It listens on loopback unless told otherwise; beyond loopback every request that
 * changes something needs the token (`http-change.ts`).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock, Timer } from '../clock.js';
import { assertPlainHost, authorise, HttpError, readJson } from '../http-change.js';
import { createHttpService, type HttpService } from '../http-service.js';
import type { Log } from '../log.js';
import type { Admin, Pool, PoolSnapshot } from '../pool/pool.js';
import type { SocketAddress } from '../service.js';
import { messageBytesMax, toMessage, type LoadOf } from './message.js';
import type { ServiceDiscovery } from './discovery.js';
import type { PurgeOutcome } from './purge.js';
import type { Status } from './status.js';

export interface ApiOptions {
  readonly listen: SocketAddress;
  readonly pool: Pool;
  /** The load of each member, for those followers that ask for it. */
  readonly loadOf: LoadOf;
  readonly status: () => Promise<Status>;
  readonly discovery: () => ServiceDiscovery;
  /** Has every worker that is there purge what is said. */
  readonly purge: (said: unknown) => Promise<PurgeOutcome>;
  /** Required in `Authorization: Bearer …` for changes when set. */
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a change is answered with; also what the command line shows. */
export interface MemberChange {
  readonly member: string;
  readonly admin: Admin;
  readonly was: Admin;
  /** Who is in answers from now on. */
  readonly eligible: readonly string[];
}

/** Followers, each with one connection that lasts, and room for people. */
const connectionsMax = 2048;
const watchersMax = 1024;
const heartbeatMs = 2000;

const verbs: Readonly<Record<string, Admin>> = { drain: 'draining', enable: 'enabled', disable: 'disabled' };
const paths = [
  ...['GET /api/status', 'GET /api/pool', 'GET /api/pool/watch[?loads]', 'GET /api/discovery', 'GET /livez', 'GET /readyz'],
  ...['POST /api/members/NAME/drain|enable|disable', 'POST /api/purge'],
];

export interface Api extends HttpService {
  /** Tells followers that want loads of new ones. */
  tellLoads(): void;
}

export function createApi(options: ApiOptions): Api {
  const { listen, pool, loadOf, clock, log } = options;
  const watchers: Watchers = { pool: new Set(), loads: new Set() };
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000, maxHeaderSize: 8192 }, (request, response) => {
    handle(options, watchers, request, response).catch((error: unknown) => answerError(response, error, log));
  });
  const option = 'control.address or control.port (--control-port)';
  const service = createHttpService(server, { listen, what: 'control', option, clock, log });
  server.maxConnections = connectionsMax;
  let heartbeat: Timer | undefined;
  let unsubscribe: (() => void) | undefined;

  const tellLoads = (): void => broadcast(watchers.loads, () => lineOf(pool.snapshot(), loadOf));
  const beat = (): void => {
    broadcast(watchers.pool, () => '\n');
    broadcast(watchers.loads, () => '\n');
    heartbeat = clock.after(heartbeatMs, beat);
  };

  return {
    address: service.address,
    tellLoads,
    async start() {
      await service.start();
      unsubscribe = pool.subscribe((snapshot) => {
        broadcast(watchers.pool, () => lineOf(snapshot));
        tellLoads();
      });
      beat();
    },
    async stop(graceMs) {
      heartbeat?.cancel();
      unsubscribe?.();
      for (const watcher of [...watchers.pool, ...watchers.loads]) watcher.end();
      await service.stop(graceMs);
    },
  };
}

const lineOf = (snapshot: PoolSnapshot, loadOf?: LoadOf): string => `${JSON.stringify(toMessage(snapshot, loadOf))}\n`;

/** A watcher that does not read is cut, not buffered for: it will come back and get the whole state. */
function broadcast(watchers: ReadonlySet<ServerResponse>, make: () => string): void {
  if (watchers.size === 0) return;
  const text = make();
  for (const watcher of watchers) {
    if (watcher.writableLength > messageBytesMax) watcher.destroy();
    else watcher.write(text);
  }
}

/** Loads change with every interval: whoever has no use for them (the workers) is spared the lines. */
interface Watchers {
  readonly pool: Set<ServerResponse>;
  readonly loads: Set<ServerResponse>;
}

async function handle(options: ApiOptions, watchers: Watchers, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  if (path !== '/api/purge') request.resume(); // other bodies are of no interest
  assertPlainHost(request);
  if (request.method === 'POST') {
    authorise(request, options.token);
    if (path === '/api/purge') {
      const outcome = await options.purge(await readJson(request));
      return answer(response, outcome.failed.length === 0 ? 200 : 502, outcome);
    }
    answer(response, 200, change(options, path));
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new HttpError(405, `${request.method} is not allowed here; there are ${paths.join(', ')}`);
  }
  switch (path) {
    case '/api/status':
      return answer(response, 200, await options.status());
    case '/api/pool':
      return answer(response, 200, toMessage(options.pool.snapshot(), options.loadOf));
    case '/api/pool/watch':
      if (request.method === 'HEAD') throw new HttpError(405, 'a stream can only be read with GET');
      return watch(options, watchers, new URLSearchParams(query).has('loads'), response);
    case '/api/discovery':
      return answer(response, 200, options.discovery());
    case '/livez':
    case '/readyz':
      return answer(response, 200, { ready: true });
    default:
      throw new HttpError(404, `nothing at ${path}; there are ${paths.join(', ')}`);
  }
}

function watch({ pool, loadOf }: ApiOptions, watchers: Watchers, wantsLoads: boolean, response: ServerResponse): void {
  if (watchers.pool.size + watchers.loads.size >= watchersMax) throw new HttpError(503, `there are ${watchersMax} followers already`);
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  response.write(lineOf(pool.snapshot(), wantsLoads ? loadOf : undefined));
  const mine = wantsLoads ? watchers.loads : watchers.pool;
  mine.add(response);
  response.on('close', () => mine.delete(response));
}

function change({ pool, log }: ApiOptions, path: string): MemberChange {
  const [, name = '', verb = ''] = /^\/api\/members\/([^/]+)\/([a-z]+)$/.exec(path) ?? [];
  const admin = verbs[verb];
  if (admin === undefined) throw new HttpError(404, `nothing at POST ${path}; there is POST /api/members/NAME/drain, /enable and /disable, and POST /api/purge`);
  const state = pool.snapshot().members.find(({ member }) => member.name === name);
  const known = pool.members.map((member) => member.name).join(', ');
  if (state === undefined) throw new HttpError(404, `no member ${JSON.stringify(name)}; there are ${known}`);
  pool.setAdmin(name, admin);
  if (state.admin !== admin) log.info({ member: name, admin, was: state.admin }, 'operator state changed');
  return { member: name, admin, was: state.admin, eligible: pool.snapshot().eligible.map((member) => member.name) };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

function answerError(response: ServerResponse, error: unknown, log: Log): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error instanceof HttpError) return answer(response, error.status, { error: error.message });
  log.error({ error: String(error) }, 'control API failed');
  answer(response, 500, { error: 'the control process failed; its log says why' });
}
