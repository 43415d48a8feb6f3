/** The HTTP probe against real sockets that behave well, badly, or not at all. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { createHttpProbe, type HttpProbeOptions } from '../../src/pool/http-probe.js';
import type { ProbeOutcome } from '../../src/pool/prober.js';
import { createMembers } from '../support/rotation-suite.js';

interface Target {
  readonly url: URL;
  readonly server: Server;
  /** Everything that clients have sent. */
  readonly received: () => string;
  /** Settles when the first client's connection is closed. */
  readonly closed: Promise<void>;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that calls `serve` once a connection has sent something. */
async function listen(serve: (socket: Socket) => void): Promise<Target> {
  let text = '';
  const server = createServer((socket) => {
    socket.on('error', () => {}); // the probe cuts
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.once('data', () => serve(socket));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  const closed = new Promise<void>((resolve) => server.once('connection', (socket) => socket.once('close', () => resolve())));
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: new URL(`http://127.0.0.1:${port}/readyz?x=1`), server, received: () => text, closed };
}

const [member] = createMembers(1);
const never = new AbortController().signal;

function probe(url: URL, more: Partial<HttpProbeOptions> = {}, timeoutMs = 10_000, signal = never): Promise<ProbeOutcome> {
  if (member === undefined) throw new Error('one member');
  const accept = (status: number, body: string): ProbeOutcome => ({ ok: false, reason: 'probe-status', detail: `${status} ${body}` });
  return createHttpProbe({ urlOf: () => url, accept, ...more })(member, timeoutMs, signal);
}

const answering = (response: string) => (socket: Socket): void => void socket.end(response, 'latin1');

describe('createHttpProbe', () => {
  it('sends one small GET on a connection that it does not keep, and lets `accept` judge', async () => {
    const target = await listen((socket) => socket.write('HTTP/1.1 503 Draining\r\nContent-Length: 5\r\n\r\nleave'));
    await expect(probe(target.url)).resolves.toEqual({ ok: false, reason: 'probe-status', detail: '503 leave' });
    await target.closed; // by the probe: the server has not ended
    const [line, ...fields] = target.received().trimEnd().split('\r\n');
    expect(line).toBe('GET /readyz?x=1 HTTP/1.1');
    expect(fields.map((field) => field.toLowerCase()).toSorted()).toEqual([
      'accept: */*',
      'connection: close',
      `host: ${target.url.host}`,
      'user-agent: roundhouse-probe',
    ]);
  });

  it('passes the member to `urlOf` and the outcome of `accept` through', async () => {
    const target = await listen(answering('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nready'));
    const names: string[] = [];
    const outcome = await probe(target.url, { urlOf: ({ name }) => (names.push(name), target.url), accept: () => ({ ok: true }) });
    expect([outcome, names]).toEqual([{ ok: true }, ['w1']]);
  });

  it('reads 4 KiB of a body and cuts an endless one', async () => {
    const target = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const pour = (): void => {
        while (!socket.destroyed && socket.write('x'.repeat(1000)));
      };
      socket.on('drain', pour);
      pour();
    });
    const lengths: number[] = [];
    await probe(target.url, { accept: (_status, body) => (lengths.push(body.length), { ok: true }) });
    expect(lengths).toEqual([4096]);
    await target.closed;
  });

  it('waits for the final response behind interim ones', async () => {
    const target = await listen(answering('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'));
    await expect(probe(target.url)).resolves.toMatchObject({ detail: '204 ' });
  });

  it('reports a closed port as refused', async () => {
    const target = await listen(() => {});
    target.server.close();
    await once(target.server, 'close');
    await expect(probe(target.url)).resolves.toEqual({ ok: false, reason: 'probe-refused', detail: 'ECONNREFUSED' });
  });

  it.each([
    ['reset before the response', (socket: Socket) => void socket.resetAndDestroy(), 'probe-refused', 'ECONNRESET'],
    ['close without a response', (socket: Socket) => void socket.end(), 'probe-refused', 'ECONNRESET'],
    ['a body that breaks off', answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'), 'probe-refused', 'ECONNRESET'],
    ['something that is not HTTP', answering('220 mail.example ESMTP\r\n'), 'probe-error', 'HPE_INVALID_CONSTANT'],
    ['an endless head', answering(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`), 'probe-error', 'HPE_HEADER_OVERFLOW'],
    ['a switch of protocols', answering('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'), 'probe-error', 'connection closed without a response'],
  ])('reports %s', async (_what, serve, reason, detail) => {
    const target = await listen(serve);
    await expect(probe(target.url)).resolves.toEqual({ ok: false, reason, detail });
  });

  it('reports a name that does not exist as an error', async () => {
    await expect(probe(new URL('http://name.invalid/'))).resolves.toMatchObject({ ok: false, reason: 'probe-error' });
  });

  it.each([
    ['is silent', ''],
    ['stops in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ])('times out, closing its connection, when the member %s', async (_what, text) => {
    const clock = createVirtualClock();
    const target = await listen((socket) => {
      if (text !== '') socket.write(text);
      clock.advance(500);
    });
    await expect(probe(target.url, { clock }, 500)).resolves.toEqual({ ok: false, reason: 'probe-timeout', detail: 'no answer within 500 ms' });
    await target.closed;
  });

  it('closes its connection when nobody waits any more', async () => {
    const abort = new AbortController();
    const target = await listen(() => abort.abort());
    await expect(probe(target.url, {}, 10_000, abort.signal)).resolves.toMatchObject({ ok: false, reason: 'probe-error' });
    await target.closed;
  });

  it('leaves no timer behind', async () => {
    const clock = createVirtualClock();
    const target = await listen(answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    await probe(target.url, { clock });
    expect(clock.pending()).toBe(0);
  });

  it('rejects what can never be asked', async () => {
    await expect(probe(new URL('ftp://127.0.0.1/'))).rejects.toThrow('Protocol "ftp:" not supported');
  });
});
