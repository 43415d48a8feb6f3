/**
 * A whole worker with a cache over real sockets and each engine: what only the parts together can get wrong.
 */
import { createHash, randomBytes } from 'node:crypto';
import { get as httpGet, type RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { engines } from '../../../src/proxy/engines/engines.js';
import type { WorkerOptions } from '../../../src/proxy/worker.js';
import { startHttpOrigin, startRawOrigin } from '../../support/origin-http.js';
import { keep, startWorkerWith, until } from '../worker-harness.js';
import { cacheSettings } from './cache-harness.js';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe.each(Object.entries(engines))('the %s engine', (_, createEngine) => {
  const start = async (listener: RequestListener, overrides: Partial<WorkerOptions> = {}) => {
    const origin = keep(await startHttpOrigin(listener));
    const running = await startWorkerWith(createEngine, [origin.url], { cache: { ...cacheSettings, bytesMax: 50_000_000 }, ...overrides });
    return { origin, ...running };
  };

  it('stores and serves, with and without a known length, and whole to the byte', async () => {
    const bodies = new Map(['/a', '/b', '/c'].map((path, index) => [path, randomBytes(index * 150_000 + 10)]));
    const { origin, get, worker } = await start(
      ({ url = '' }, response) => {
        const body = bodies.get(url) ?? Buffer.alloc(0);
        response.writeHead(200, { 'Cache-Control': 'max-age=60', ...(url === '/b' ? {} : { 'Content-Length': body.length }) });
        response.end(body);
      },
      { cache: { ...cacheSettings, bytesMax: 50_000_000, objectBytesMax: 10_000_000 } },
    );
    for (const [path, body] of bodies) {
      for (const word of ['fwd=uri-miss; stored', 'hit; ttl=']) {
        const answer = await get({ path });
        expect(sha256(answer.body)).toBe(sha256(body));
        expect(answer.complete).toBe(true);
        expect(answer.headers['cache-status']).toContain(word);
      }
      const part = await get({ path, headers: { Range: 'bytes=3-8' } });
      expect([part.status, part.body]).toEqual([206, body.subarray(3, 9)]);
      const head = await get({ path, method: 'HEAD' });
      expect(head.headers['content-length']).toBe(String(body.length));
    }
    expect(origin.requests).toHaveLength(3);
    expect(worker.cache.store.entries).toBe(3);
  });

  it('keeps a copy: the engine uses the memory of a body again, and what is stored stays what it was', async () => {
    const size = 3_000_000;
    const bodyOf = (path: string): Buffer => Buffer.alloc(size, createHash('sha256').update(path).digest());
    const { origin, get } = await start(
      ({ url = '' }, response) => void response.writeHead(200, { 'Cache-Control': 'max-age=60', 'Content-Length': size }).end(bodyOf(url)),
      { cache: { ...cacheSettings, bytesMax: 100_000_000, objectBytesMax: 10_000_000 } },
    );
    const paths = Array.from({ length: 6 }, (__, index) => `/${index}`);
    for (const path of paths) await get({ path });
    for (const path of [...paths, ...paths]) expect(sha256((await get({ path })).body)).toBe(sha256(bodyOf(path)));
    expect(origin.requests).toHaveLength(paths.length);
  });

  it('1,000 simultaneous requests for a cold key: one upstream request, 1,000 identical bodies', async () => {
    const body = randomBytes(40_000);
    let release = (): void => undefined;
    const { origin, get, worker } = await start((__, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60', 'Content-Length': body.length });
      response.write(body.subarray(0, 20_000));
      release = () => void response.end(body.subarray(20_000));
    });
    const answers = Promise.all(Array.from({ length: 1000 }, () => get({ path: '/cold' })));
    await until(() => worker.cache.collapsedTotal === 999);
    release();
    const digests = new Set((await answers).map((answer) => sha256(answer.body)));
    expect([...digests]).toEqual([sha256(body)]);
    expect(origin.requests).toHaveLength(1);
  });

  it('validates, replaces, and answers the client’s own questions', async () => {
    let version = 1;
    const { origin, get } = await start(({ headers }, response) => {
      const etag = `"v${version}"`;
      const head = { ETag: etag, 'Cache-Control': 'max-age=0' };
      if (headers['if-none-match'] === etag) response.writeHead(304, head).end();
      else response.writeHead(200, head).end(`version ${version}`);
    });
    await get({});
    const still = await get({});
    expect([still.body.toString(), still.headers['cache-status']]).toEqual(['version 1', 'w1; fwd=stale; fwd-status=304; ttl=0']);
    const known = await get({ headers: { 'If-None-Match': '"v1"' } });
    expect([known.status, known.body.length, known.headers['etag']]).toEqual([304, 0, '"v1"']);
    version = 2;
    const changed = await get({ headers: { 'If-None-Match': '"v1"' } });
    expect([changed.status, changed.body.toString()]).toEqual([200, 'version 2']);
    expect(origin.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"v1"', '"v1"', '"v1"']);
  });

  it('serves stale by leave of the origin, at once or when it is gone, and nothing else', async () => {
    let version = 0;
    const { origin, get, worker } = await start(({ url = '' }, response) => {
      const kind = url === '/behind' ? 'stale-while-revalidate=60' : 'stale-if-error=60';
      response.writeHead(200, { 'Cache-Control': `max-age=0, ${kind}`, ETag: `"${version}"` }).end(String((version += 1)));
    });
    for (const path of ['/behind', '/error', '/gone']) await get({ path });
    const behind = await get({ path: '/behind' });
    expect([behind.body.toString(), behind.headers['cache-status']]).toEqual(['1', expect.stringContaining('detail=stale-while-revalidate')]);
    await until(() => worker.cache.storedTotal === 4);
    const only = { 'Cache-Control': 'only-if-cached' };
    expect((await get({ path: '/behind', headers: only })).body.toString()).toBe('4');
    expect((await get({ path: '/nothing', headers: only })).status).toBe(504);
    await get({ path: '/gone', method: 'POST' });
    await origin.close();
    const stale = await get({ path: '/error' });
    expect([stale.status, stale.body.toString(), stale.headers['cache-status']]).toEqual([200, '2', expect.stringContaining('detail=stale-if-error')]);
    expect((await get({ path: '/gone' })).status).toBe(502);
  });

  it('a response shorter than it said is cut, and never served again', async () => {
    let asked = 0;
    const origin = keep(
      await startRawOrigin((socket) => {
        asked += 1;
        socket.end('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nshort');
      }),
    );
    const { get, worker } = await startWorkerWith(createEngine, [origin.url], { cache: cacheSettings });
    for (let i = 0; i < 2; i += 1) expect(await get({}).catch(() => ({ complete: false }))).toMatchObject({ complete: false });
    expect(asked).toBe(2);
    expect(worker.cache.store).toMatchObject({ bytes: 0, entries: 0 });
  });

  it('a client that leaves in the middle leaves no half behind', async () => {
    const { origin, get, port, worker } = await start((__, response) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60', 'Content-Length': 20 });
      response.write('0123456789');
      if (origin.requests.length > 1) response.end('0123456789');
    });
    const left = httpGet({ host: '127.0.0.1', port, agent: false });
    left.on('error', () => undefined); // it is us who leave
    left.on('response', (response) => response.on('data', () => left.destroy()));
    await until(() => worker.cache.notStored.dimensions[0]?.some((__, index) => worker.cache.notStored.at(index) > 0) === true);
    const answer = await get({});
    expect(answer.body.toString()).toBe('01234567890123456789');
    expect(origin.requests).toHaveLength(2);
  });

  it('the access log says what the cache did, and metrics count it', async () => {
    const { get, lines, worker } = await start((__, response) => void response.setHeader('Cache-Control', 'max-age=60').end('x'));
    await get({});
    await get({});
    await get({ method: 'POST' });
    await until(() => lines.length === 3);
    expect(lines.map(({ cache, attempts }) => [cache, attempts])).toEqual([['uri-miss', 1], ['hit', 0], ['method', 1]]);
    const counts: Record<string, number> = {};
    worker.cache.requests.forEach(([word = ''], count) => (counts[word] = count));
    expect(counts).toEqual({ 'uri-miss': 1, hit: 1, method: 1 });
  });

  it('is off unless it has bytes', async () => {
    const { origin, get } = await start((__, response) => void response.setHeader('Cache-Control', 'max-age=60').end('x'), {
      cache: { ...cacheSettings, bytesMax: 0 },
    });
    for (let i = 0; i < 2; i += 1) expect((await get({})).headers['cache-status']).toBeUndefined();
    expect(origin.requests).toHaveLength(2);
  });
});
