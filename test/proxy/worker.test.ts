/**
 * A whole worker over real sockets and each engine: what only the parts together can get wrong.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { engines } from '../../src/proxy/engines/engines.js';
import { deadPort, rawExchange, startHttpOrigin, startRawOrigin } from '../support/origin-http.js';
import { ask, keep, limits, startWorkerWith, timeouts, until, type StartWorker } from './worker-harness.js';

describe.each(Object.entries(engines))('the %s engine', (_, createEngine) => {
  const startWorker: StartWorker = (urls, overrides) => startWorkerWith(createEngine, urls, overrides);

  describe('fields', () => {
    it('of one connection end at the worker, both ways; ours are added', async () => {
      const origin = keep(
        await startHttpOrigin((_, response) => {
          response.writeHead(200, { Connection: 'x-inner', 'X-Inner': '1', 'Proxy-Authenticate': 'Basic', 'X-Own': '2', Via: '1.0 inner' });
          response.end('ok');
        }),
      );
      const { get, lines } = await startWorker([origin.url]);
      const headers = {
        Host: 'www.example.org',
        Connection: 'close, X-Hop',
        'X-Hop': '1',
        'Proxy-Authorization': 'Basic eA==',
        'X-Forwarded-For': '6.6.6.6',
        TE: 'trailers',
      };
      const { status, headers: got, complete } = await get({ headers });
      expect([status, complete]).toEqual([200, true]);
      expect(got).toMatchObject({ 'x-own': '2' });
      expect(got['via']).toMatch(/^1\.0 inner, 1\.1 w1 \([0-9a-f]{8}\)$/);
      for (const name of ['x-inner', 'proxy-authenticate']) expect(got).not.toHaveProperty(name);
      const seen = origin.requests[0]!.headers;
      for (const name of ['x-hop', 'proxy-authorization', 'te']) expect(seen).not.toHaveProperty(name);
      expect(seen).toMatchObject({
        host: `127.0.0.1:${origin.port}`,
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'www.example.org',
        'x-forwarded-proto': 'http',
        forwarded: 'for=127.0.0.1;proto=http;host=www.example.org',
        'x-request-id': lines[0]?.id,
      });
    });

    it('about the client are believed from a trusted network only', async () => {
      const origin = keep(await startHttpOrigin((_, response) => response.end()));
      const { get, lines } = await startWorker([origin.url], { trustedNetworks: ['127.0.0.0/8'], host: 'keep' });
      const claims = { 'X-Forwarded-For': '1.1.1.1, 192.0.2.9', 'X-Forwarded-Proto': 'https', 'X-Request-Id': 'mine-1' };
      await get({ headers: { Host: 'www.example.org', ...claims } });
      expect(origin.requests[0]!.headers).toMatchObject({
        host: 'www.example.org',
        'x-forwarded-for': '1.1.1.1, 192.0.2.9, 127.0.0.1',
        'x-forwarded-proto': 'https',
        'x-request-id': 'mine-1',
      });
      expect(lines).toMatchObject([{ worker: 'w1', id: 'mine-1', client: '192.0.2.9', status: 200, origin: 'o1', attempts: 1 }]);
    });
  });

  describe('a response that breaks in the middle', () => {
    const cases = [
      ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n', 'HTTP/1.1'],
      ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n', 'HTTP/1.1'],
      ['in chunks, for an HTTP/1.0 client', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n', 'HTTP/1.0'],
      ['without a length', 'HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.1'],
      ['without a length, for an HTTP/1.0 client', 'HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.0'],
      ['with a length, for an HTTP/1.0 client', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n', 'HTTP/1.0'],
    ] as const;
    it.each(cases)('%s is seen to be broken', async (_, head, version) => {
      let reset = (): void => undefined;
      const origin = keep(
        await startRawOrigin((socket) => {
          reset = () => void socket.resetAndDestroy();
          socket.write(`${head}part`);
        }),
      );
      const { port, lines, worker } = await startWorker([origin.url]);
      void until(() => worker.stats.responseBodyBytesTotal === 4).then(() => reset());
      const { text, ended } = await rawExchange(port, `GET / ${version}\r\nHost: a\r\n\r\n`);
      expect(ended).toBe('reset');
      expect(text).toContain('part');
      expect(text).not.toContain('\r\n0\r\n\r\n');
      expect(lines).toMatchObject([{ fault: 'reset-mid-response', attempts: 1 }]);
    });
  });

  describe('bodies', () => {
    const echo = () => startHttpOrigin((message, response) => message.pipe(response));

    it('a thousand at once each come back to who sent it', async () => {
      const origin = keep(await echo());
      const { port, worker } = await startWorker([origin.url]);
      const agent = new Agent({ keepAlive: true, maxSockets: 64 });
      const sums = await Promise.all(
        Array.from({ length: 1000 }, async (_, i) => {
          const sent = randomBytes(1 + ((i * 37) % 5000));
          const headers = i % 2 === 0 ? { 'Content-Length': sent.length } : { 'Transfer-Encoding': 'chunked' };
          const { status, body, complete } = await ask({ host: '127.0.0.1', port, agent, method: 'POST', path: `/${i}`, headers }, sent);
          return status === 200 && complete && body.equals(sent);
        }),
      );
      agent.destroy();
      expect(sums.filter((same) => same)).toHaveLength(1000);
      expect(new Set(origin.requests.map(({ url }) => url)).size).toBe(1000);
      await until(() => worker.stats.inFlight === 0);
      expect(worker.stats.requests.at(2, 1)).toBe(1000); // POST, 2xx
    });

    it('a large one goes through a slow reader without being held', async () => {
      const total = 16 * 1024 * 1024;
      let written = 0;
      const origin = keep(
        await startHttpOrigin((_, response) => {
          const piece = Buffer.alloc(65_536, 'x');
          const more = (): void => {
            while (written < total) {
              written += piece.length;
              if (!response.write(piece)) return void response.once('drain', more);
            }
            response.end();
          };
          more();
        }),
      );
      const { port, worker } = await startWorker([origin.url]);
      const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
      socket.pause();
      await until(() => worker.stats.responseBodyBytesTotal > 0);
      let settled = -1;
      while (settled !== worker.stats.responseBodyBytesTotal) {
        settled = worker.stats.responseBodyBytesTotal;
        for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(settled).toBeLessThan(total);
      const hash = createHash('sha256');
      let read = 0;
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        read += chunk.length;
        hash.update(chunk);
      }
      expect(read).toBeGreaterThan(total);
      expect(worker.stats.responseBodyBytesTotal).toBe(total);
    });

    it('too large a one gets 413, declared or not', async () => {
      const origin = keep(await echo());
      const { get, lines } = await startWorker([origin.url], { limits: { ...limits, bodyBytes: 1000 } });
      const declared = await get({ method: 'POST', headers: { 'Content-Length': 1001, Accept: 'application/json' } }, Buffer.alloc(1001));
      expect(declared.status).toBe(413);
      expect(JSON.parse(declared.body.toString())).toMatchObject({ fault: 'body-too-large', requestId: lines[0]?.id });
      expect(origin.requests).toHaveLength(0);
      const chunked = await get({ method: 'PUT', headers: { 'Transfer-Encoding': 'chunked' } }, Buffer.alloc(1001));
      // The origin may have begun to echo what it had: then the response is cut, and never complete.
      expect(chunked.status === 413 || !chunked.complete).toBe(true);
      expect(lines[1]).toMatchObject({ method: 'PUT', fault: 'body-too-large' });
    });
  });

  describe('an origin that is down', () => {
    it('costs a retry, not a failed request, and leaves soon', async () => {
      const alive = keep(await startHttpOrigin((message, response) => message.pipe(response)));
      const dying = await startHttpOrigin((_, response) => response.end());
      const { get, lines, worker } = await startWorker([dying.url, alive.url]);
      const health = () => worker.origins.snapshot().members[0]?.health;
      const post = () => get({ method: 'POST', headers: { 'Content-Length': 4 } }, Buffer.from('body'));
      await until(() => health() === 'up');
      await dying.close();
      const first = await post();
      expect([first.status, first.body.toString()]).toEqual([200, 'body']);
      expect(lines).toMatchObject([{ attempts: 2, origin: 'o2' }]);
      while (health() === 'up') expect((await post()).status).toBe(200); // each one nudges the prober, which needs three failures
      const retries = worker.stats.retriesTotal;
      expect((await post()).status).toBe(200);
      expect(worker.stats.retriesTotal).toBe(retries);
    });

    it('alone: 502 without a word of where it was', async () => {
      const port = await deadPort();
      const { get, lines } = await startWorker([`http://127.0.0.1:${port}`]);
      const { status, body, headers } = await get({ headers: { Accept: 'text/html' } });
      expect(status).toBe(502);
      expect(headers['content-type']).toContain('text/html');
      expect(body.toString()).not.toContain(String(port));
      expect(body.toString()).toContain(lines[0]?.id);
      expect(lines).toMatchObject([{ fault: 'connect-refused', status: 502 }]);
    });
  });

  it.each([
    ['small', 5],
    ['long', 4_000_000],
  ])('does not blame a client for a %s response that waits behind a slow one', async (_size, bytes) => {
    const origin = keep(
      await startHttpOrigin(({ url }, response) => {
        response.writeHead(200, { 'Content-Length': url === '/slow' ? 10 : bytes });
        if (url !== '/slow') return void response.end(Buffer.alloc(bytes, 'b'));
        const drip = setInterval(() => {
          response.write('a');
          if ((sent += 1) === 10) clearInterval(drip);
        }, 100);
        let sent = 0;
      }),
    );
    const { port, lines } = await startWorker([origin.url], { timeouts: { ...timeouts, idleMs: 300 } });
    const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
    const { text, ended } = await rawExchange(port, request('/slow') + request('/quick', 'Connection: close\r\n'));
    expect([ended, text.split('HTTP/1.1 200').length, text.endsWith('b'.repeat(5))]).toEqual(['fin', 3, true]);
    await until(() => lines.length === 2);
    expect(lines.map(({ fault, responseBodyBytes }) => [fault, responseBodyBytes])).toEqual([[undefined, 10], [undefined, bytes]]);
  });

  describe('a client that leaves', () => {
    it('takes its request to the origin with it', async () => {
      const origin = keep(await startHttpOrigin(() => undefined));
      const { port, lines, worker } = await startWorker([origin.url]);
      const socket = connect(port, '127.0.0.1', () => socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n'));
      await until(() => origin.requests.length === 1);
      const gone = new Promise((resolve) => origin.requests[0]!.socket.once('close', resolve));
      socket.destroy();
      await gone;
      await until(() => lines.length === 1);
      expect(lines).toMatchObject([{ status: 499, fault: 'client-aborted' }]);
      expect(worker.stats.inFlight).toBe(0);
    });
  });

  describe('a WebSocket', () => {
    async function echoOrigin() {
      const origin = keep(await startHttpOrigin((_, response) => response.writeHead(404).end()));
      const sockets = new WebSocketServer({ server: origin.server });
      sockets.on('connection', (peer) => peer.on('message', (data, binary) => peer.send(data, { binary })));
      return origin;
    }

    it('echoes, is counted, and closes on both sides', async () => {
      const origin = await echoOrigin();
      const { port, worker, lines } = await startWorker([origin.url]);
      const client = new WebSocket(`ws://127.0.0.1:${port}/chat`);
      const sent = randomBytes(100_000);
      const echoed = new Promise<Buffer>((resolve) => client.once('message', (data: Buffer) => resolve(data)));
      client.once('open', () => client.send(sent));
      expect((await echoed).equals(sent)).toBe(true);
      expect(worker.stats.tunnels).toBe(1);
      client.close();
      await until(() => worker.stats.tunnels === 0 && lines.length === 1);
      expect(lines).toMatchObject([{ status: 101, upgrade: 'websocket', target: '/chat' }]);
      expect(lines[0]).not.toHaveProperty('fault');
      expect(worker.stats.inFlight).toBe(0);
    });

    it('that is refused gets the refusal', async () => {
      const origin = keep(await startHttpOrigin(() => undefined));
      origin.server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
      const { port, lines } = await startWorker([origin.url]);
      const client = new WebSocket(`ws://127.0.0.1:${port}`);
      const refused = await new Promise<IncomingMessage>((resolve) => {
        client.once('unexpected-response', (_, response) => resolve(response));
      });
      expect(refused.statusCode).toBe(403);
      refused.resume();
      await until(() => lines.length === 1);
      expect(lines).toMatchObject([{ status: 403 }]);
    });

    it('is cut when the grace is over', async () => {
      const origin = await echoOrigin();
      const { port, worker, lines } = await startWorker([origin.url]);
      const client = new WebSocket(`ws://127.0.0.1:${port}`);
      client.on('error', () => undefined); // the cut
      await new Promise((resolve) => client.once('open', resolve));
      const closed = new Promise((resolve) => client.once('close', resolve));
      await worker.stop(10);
      await closed;
      expect(lines).toMatchObject([{ status: 101, fault: 'stopping' }]);
      expect(worker.stats).toMatchObject({ tunnels: 0, inFlight: 0 });
    });
  });

  describe('stopping', () => {
    it('finishes what is in flight, says that the connection ends, and takes nothing new', async () => {
      let finish = (): void => undefined;
      const origin = keep(
        await startHttpOrigin((_, response) => {
          finish = () => void response.end('done');
        }),
      );
      const { get, port, worker } = await startWorker([origin.url]);
      const agent = new Agent({ keepAlive: true });
      const answer = get({ agent, headers: { Connection: 'keep-alive' } });
      await until(() => origin.requests.length === 1);
      const stopped = worker.stop(10_000);
      const refused = await new Promise<string>((resolve) => {
        const socket: Socket = connect(port, '127.0.0.1').on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
        socket.on('connect', () => resolve('connected'));
      });
      expect(refused).toBe('ECONNREFUSED');
      finish();
      const { status, headers, body } = await answer;
      expect([status, headers.connection, body.toString()]).toEqual([200, 'close', 'done']);
      await stopped;
      agent.destroy();
      await until(() => origin.sockets.size === 0);
      expect(worker.engine).toMatchObject({ connections: 0, originConnections: 0 });
    });

    it('cuts at the end of the grace what is still there', async () => {
      const origin = keep(await startHttpOrigin((_, response) => void response.writeHead(200, { 'Content-Length': 10 }).write('part')));
      const { port, worker, lines } = await startWorker([origin.url]);
      const answer = rawExchange(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await until(() => worker.stats.responseBodyBytesTotal === 4);
      await worker.stop(10);
      expect((await answer).ended).toBe('reset');
      expect(lines).toMatchObject([{ fault: 'stopping', status: 200 }]);
      await worker.stop(10); // again, for nothing
    });
  });

  describe('starting', () => {
    it('serves before the first probe has answered', async () => {
      const origin = keep(
        await startHttpOrigin((_, response) => {
          response.end('ok');
        }),
      );
      const { get, worker } = await startWorker([origin.url]);
      expect(worker.origins.snapshot().failOpen).toBe(true);
      expect((await get()).status).toBe(200);
    });

    it('says which origin makes no sense', () => {
      const options = { name: 'o9', url: 'http://a/path', weight: 1 };
      return expect(startWorker([], { origins: [options] })).rejects.toThrow('origin o9: a path, query or fragment is not allowed');
    });
  });
});
