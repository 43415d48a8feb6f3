import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { HttpService } from '../../src/http-service.js';
import { silentLog } from '../../src/log.js';
import { createEndpoint, type EndpointOptions, type Readiness } from '../../src/metrics/endpoint.js';
import type { Metrics } from '../../src/metrics/metrics.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const asked: (readonly string[] | undefined)[] = [];
let closed = 0;
const metrics: Metrics = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  render: (names) => {
    asked.push(names);
    return Promise.resolve('up 1\n');
  },
  close: () => void (closed += 1),
};

type Over = Partial<Pick<EndpointOptions, 'ready' | 'metrics' | 'purge' | 'token'>>;

const make = (port: number, over: Over = {}): HttpService =>
  createEndpoint({
    listen: { address: '127.0.0.1', port },
    what: 'worker w1 metrics',
    option: 'workers.metricsPort',
    metrics,
    ready: () => ({ ready: true }),
    clock: systemClock,
    log: silentLog,
    ...over,
  });

async function start(over: Over = {}): Promise<string> {
  const endpoint = make(0, over);
  await endpoint.start();
  cleanups.push(() => endpoint.stop(0));
  return `http://127.0.0.1:${endpoint.address().port}`;
}

describe('the endpoint', () => {
  it('serves metrics, all or by name, with the type that Prometheus expects', async () => {
    const base = await start();
    const page = await fetch(`${base}/metrics`);
    expect([page.status, page.headers.get('content-type'), await page.text()]).toEqual([200, metrics.contentType, 'up 1\n']);
    await (await fetch(`${base}/metrics?name[]=a&name%5B%5D=b`)).text();
    expect(asked.slice(-2)).toEqual([undefined, ['a', 'b']]);
    expect((await fetch(`${base}/metrics?${'name[]=a&'.repeat(201)}`)).status).toBe(400);
  });

  it.each<[Readiness, number]>([
    [{ ready: true }, 200],
    [{ ready: false, reason: 'starting' }, 503],
    [{ ready: false, reason: 'draining', by: 'operator' }, 503],
    [{ ready: false, reason: 'stopping', by: 'signal' }, 503],
  ])('says of %j that it is %i, and that it lives', async (readiness, status) => {
    const base = await start({ ready: () => readiness });
    for (const path of ['/readyz', '/ready']) {
      const answer = await fetch(`${base}${path}`);
      expect([answer.status, await answer.json()]).toEqual([status, readiness]);
    }
    for (const path of ['/livez', '/health']) expect((await fetch(`${base}${path}`)).status).toBe(200);
  });

  it('knows GET and HEAD and names its paths', async () => {
    const base = await start();
    const head = await fetch(`${base}/metrics`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '5', '']);
    const post = await fetch(`${base}/readyz`, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const lost = await fetch(`${base}/metrics/`);
    expect([lost.status, await lost.text()]).toEqual([404, 'There are /metrics, /livez and /readyz (also /health and /ready).\n']);
    expect((await fetch(`${base}/metrics?${'x'.repeat(9000)}`)).status).toBe(414);
  });

  it('answers odd targets without falling over', async () => {
    const base = await start();
    for (const path of ['//evil.test/metrics', '/%00', '/metrics?%ff=%', '*']) {
      const status = await new Promise((resolve, reject) => {
        const options = { path, method: path === '*' ? 'OPTIONS' : 'GET', agent: false };
        httpRequest(base, options, (response) => resolve(response.resume().statusCode)).on('error', reject).end();
      });
      expect([200, 404]).toContain(status);
    }
  });

  it('limits scrapes at the same time, and not what supervisors ask', async () => {
    const waiting: (() => void)[] = [];
    const slow: Metrics = { ...metrics, render: () => new Promise((resolve) => waiting.push(() => resolve('up 1\n'))) };
    const base = await start({ metrics: slow });
    const first = Array.from({ length: 4 }, () => fetch(`${base}/metrics`));
    while (waiting.length < 4) await fetch(`${base}/livez`);
    const fifth = await fetch(`${base}/metrics`);
    expect([fifth.status, fifth.headers.get('retry-after')]).toEqual([503, '1']);
    for (const release of waiting) release();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const sixth = fetch(`${base}/metrics`);
    while (waiting.length < 5) await fetch(`${base}/livez`);
    waiting[4]?.();
    expect((await sixth).status).toBe(200);
  });

  it('survives a page that cannot be made, and tells its reason to the log alone', async () => {
    const broken: Metrics = { ...metrics, render: () => Promise.reject(new Error('secret')) };
    const answer = await fetch(`${await start({ metrics: broken })}/metrics`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
  });

  it('stops at once when nobody asks, cuts who does not finish, and lets go of what observes the process', async () => {
    const endpoint = make(0);
    await endpoint.start();
    const half = connect(endpoint.address().port, '127.0.0.1');
    await once(half, 'connect');
    half.write('GET /metrics HTTP/1.1\r\n');
    half.on('error', () => {});
    await (await fetch(`http://127.0.0.1:${endpoint.address().port}/livez`)).text();
    const before = closed;
    const gone = once(half, 'close');
    await endpoint.stop(10);
    await gone;
    await endpoint.stop(10);
    expect(closed).toBeGreaterThan(before);
  });

  it('says what to do when its port is in use', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    cleanups.push(() => squatter.close());
    const { port } = squatter.address() as AddressInfo; // an IP listener
    await expect(make(port).start()).rejects.toThrow(/^worker w1 metrics: cannot listen on 127\.0\.0\.1:\d+: the port is in use.*change workers\.metricsPort$/);
  });
});

describe('POST /cache/purge', () => {
  const purge = async (said: unknown): Promise<number> => {
    if ((said as { url?: string }).url === undefined) throw new RangeError('say what');
    return 3;
  };
  const post = async (base: string, body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) => {
    const answer = await fetch(`${base}/cache/purge`, { method: 'POST', body, headers });
    return [answer.status, await answer.json()];
  };

  it('does it and counts, or says what is wrong', async () => {
    const base = await start({ purge });
    expect(await post(base, '{"url":"x"}')).toEqual([200, { purged: 3 }]);
    expect(await post(base, '{}')).toEqual([400, { error: 'say what' }]);
    expect(await post(base, '{')).toEqual([400, { error: 'the body is no JSON' }]);
    expect(await post(base, `"${'x'.repeat(70_000)}"`)).toEqual([413, { error: 'the body is longer than 65536 bytes' }]);
    expect(await post(base, '{"url":"x"}', {})).toEqual([415, { error: 'changes need Content-Type: application/json' }]);
    expect((await fetch(`${base}/cache/purge`)).status).toBe(404);
    expect((await fetch(`${await start()}/cache/purge`, { method: 'POST' })).status).toBe(404);
  });

  it('refuses who has not the token, and pages of others', async () => {
    const base = await start({ purge, token: 'secret' });
    const json = { 'content-type': 'application/json' };
    expect((await post(base, '{"url":"x"}'))[0]).toBe(401);
    expect((await post(base, '{"url":"x"}', { ...json, authorization: 'Bearer secreT' }))[0]).toBe(401);
    expect(await post(base, '{"url":"x"}', { ...json, authorization: 'Bearer secret' })).toEqual([200, { purged: 3 }]);
    const { hostname, port } = new URL(base);
    const rebound = httpRequest({ host: hostname, port, method: 'POST', path: '/cache/purge', headers: { ...json, host: 'evil.test' } }).end('{}');
    const [answer] = (await once(rebound, 'response')) as [{ statusCode: number; resume: () => void }];
    answer.resume();
    expect(answer.statusCode).toBe(403);
  });
});
