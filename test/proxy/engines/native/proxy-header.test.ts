/** The PROXY protocol on connections of the native engine. */
import { describe, expect, it } from 'vitest';
import { createNativeEngine } from '../../../../src/proxy/engines/native/native.js';
import { handshakeFaults } from '../../../../src/proxy/handshake-fault.js';
import { createTrustedNetworks } from '../../../../src/proxy/trust.js';
import { startHttpOrigin } from '../../../support/origin-http.js';
import { binaryHeader, inet6 } from '../../../support/proxy-header.js';
import { connectRaw } from '../../../support/raw-client.js';
import { keep, startWorkerWith } from '../../worker-harness.js';
import { assertPromises, eventually, startHarness, type Harness, type HarnessOptions } from '../suite/harness.js';

const get = (target = '/'): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
const line = 'PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n';
const start = (options: HarnessOptions = {}): Promise<Harness> =>
  startHarness(createNativeEngine, { proxyProtocol: createTrustedNetworks(['127.0.0.0/8']), ...options });
const counted = ({ engine }: Harness): Record<string, number> => {
  const counts: Record<string, number> = {};
  engine.stats.handshakeFaults.forEach(([fault = ''], count) => (counts[fault] = count));
  return counts;
};

describe('a connection of who is trusted', () => {
  assertPromises();

  it.each([
    ['in text', Buffer.from(line), { address: '192.0.2.7', port: 4711 }],
    ['in binary', binaryHeader({ transport: 0x21, block: inet6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7]) }), { address: '2001:db8::7', port: 4711 }],
  ])('has the client of its header %s, for all of its requests', async (_, header, expected) => {
    const h = await start();
    const client = await h.connect();
    client.send(Buffer.concat([header, Buffer.from(get('/1') + get('/2'))]));
    for (const target of ['/1', '/2']) {
      const { downstream } = await h.exchange();
      expect(downstream.request.target).toBe(target);
      expect(downstream.client).toEqual({ ...expected, secure: false });
    }
    for (const exchange of h.exchanges) exchange.answer(200, 'ok');
    expect((await client.response()).body).toBe('ok');
    expect((await client.response()).body).toBe('ok');
    client.send(get('/3'));
    const third = await h.exchange();
    expect(third.downstream.client.address).toBe(expected.address);
    third.answer(204);
    expect((await client.response()).status).toBe(204);
    expect(h.brokenHandshakes.items).toEqual([]);
  });

  it.each([['text', Buffer.from(line)], ['binary', binaryHeader()]])('may bring its header byte by byte, in %s', async (_, header) => {
    const h = await start();
    const client = await h.connect();
    await client.sendSplit([...header, ...Buffer.from(get())].map((byte) => String.fromCharCode(byte)));
    const exchange = await h.exchange();
    expect(exchange.downstream.client).toMatchObject({ address: '192.0.2.7', port: 4711 });
    exchange.answer(200, 'ok');
    expect((await client.response()).body).toBe('ok');
  });

  it.each([['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n')], ['LOCAL', binaryHeader({ command: 0x20 })]])('is its own client with %s', async (_, header) => {
    const h = await start();
    const client = await h.connect();
    client.send(header, get());
    const exchange = await h.exchange();
    expect(exchange.downstream.client).toEqual({ address: '127.0.0.1', port: client.socket.localPort, secure: false });
    exchange.answer(200);
    expect((await client.response()).status).toBe(200);
  });

  it('may carry a large body right behind its header', async () => {
    const h = await start();
    const client = await h.connect();
    const body = 'b'.repeat(1_000_000);
    client.send(`${line}POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const exchange = await h.exchange();
    exchange.resume();
    await exchange.until('onEnd');
    expect(exchange.body).toBe(body);
    exchange.answer(200);
    expect((await client.response()).status).toBe(200);
  });

  it('may end with its request, as a request without a header may', async () => {
    const h = await start();
    const client = await h.connect();
    client.send(`${line}GET / HTTP/1.1\r\nHost: h\r\n\r\n`);
    client.end();
    const exchange = await h.exchange();
    expect(await exchange.until('onAbort')).toEqual(['client-aborted']);
    await client.ended();
  });

  it.each([
    ['proxy-header-missing', get(), 'GET / HTTP/1.1'],
    ['proxy-header-malformed', 'PROXY TCP4 192.0.2.7 1 2 3\r\n', 'PROXY TCP4 192.0.2.7 1 2 3'],
    ['proxy-header-malformed', binaryHeader({ command: 0x22 }), 'QUIT'],
  ] as const)('is closed, counted and told: %s', async (fault, bytes, detail) => {
    const h = await start();
    const client = await h.connect();
    client.send(bytes);
    await client.ended();
    expect(client.text).toBe('');
    const told = await h.brokenHandshakes.at(0);
    expect(told).toMatchObject({ fault, client: { address: '127.0.0.1', port: client.socket.localPort } });
    expect(told.detail).toContain(detail);
    expect(told.detail.length).toBeLessThanOrEqual(64);
    expect(counted(h)).toEqual({ [fault]: 1 });
    expect(h.exchanges).toEqual([]);
    expect(h.brokenRequests).toEqual([]);
    await eventually(() => h.engine.stats.connections === 0);
  });

  it('is closed when it leaves within its header, and is a probe when it leaves before', async () => {
    const h = await start();
    const [probe, reset, broken] = [await h.connect(), await h.connect(), await h.connect()];
    await eventually(() => h.engine.stats.connections === 3);
    probe.end();
    await probe.ended();
    reset.reset();
    broken.send('PROXY TCP4 ');
    broken.end();
    await broken.ended();
    await h.brokenHandshakes.at(0);
    await eventually(() => h.engine.stats.connections === 0);
    h.clock.advance(3_600_000);
    expect(counted(h)).toEqual({ 'proxy-header-malformed': 1 });
  });

  it('has the time of a head for its header, and then that of a head for its head', async () => {
    const h = await start({ timeouts: { headersMs: 10_000_000, requestMs: 10_000_000, keepAliveMs: 10_000_000 } });
    const [silent, begun, good] = [await h.connect(), await h.connect(), await h.connect()];
    begun.send('PROXY TCP4');
    await eventually(() => h.engine.stats.connections === 3 && h.engine.stats.bytesIn() === 10);
    h.clock.advance(9_000_000);
    begun.send(' '); // which earns no more time
    good.send(line);
    await eventually(() => h.engine.stats.bytesIn() === 11 + line.length);
    h.clock.advance(2_000_000);
    await silent.ended();
    await begun.ended();
    expect(counted(h)).toEqual({ 'proxy-header-late': 2 });
    good.send(get());
    (await h.exchange()).answer(200);
    expect((await good.response()).status).toBe(200);
  });

  it('is one of the connections that are limited, and leaves nothing behind when all stops', async () => {
    const h = await start({ limits: { connectionsMax: 2 } });
    const [first, second] = [await h.connect(), await h.connect()];
    await eventually(() => h.engine.stats.connections === 2);
    const third = await h.connect();
    await third.ended();
    expect(h.engine.stats).toMatchObject({ connections: 2, connectionsRefusedTotal: 1 });
    first.send(line);
    second.send('PROX');
    await eventually(() => h.engine.stats.bytesIn() === line.length + 4);
    await h.engine.stop(3_600_000);
    await first.ended();
    await second.ended();
    expect(h.engine.stats).toMatchObject({ connections: 0 });
    expect(h.engine.stats.bytesIn()).toBe(line.length + 4);
    expect(h.clock.pending()).toBe(0);
  });
});

describe('a connection of anybody else', () => {
  assertPromises();

  it.each([['text', Buffer.from(line)], ['binary', binaryHeader()]])('says with a header in %s nothing but bad HTTP', async (_, header) => {
    const h = await start({ proxyProtocol: createTrustedNetworks(['192.0.2.0/24', '::1']) });
    const client = await h.connect();
    client.send(header, get());
    expect((await client.response()).status).toBe(400);
    expect(h.brokenRequests).toEqual(['malformed-request']);
    expect(counted(h)).toEqual({});
  });

  it('is served as ever', async () => {
    const h = await start({ proxyProtocol: createTrustedNetworks(['192.0.2.0/24']) });
    const client = await h.connect();
    client.send(get());
    const exchange = await h.exchange();
    expect(exchange.downstream.client).toMatchObject({ address: '127.0.0.1' });
    exchange.answer(200);
    expect((await client.response()).status).toBe(200);
  });
});

describe('a worker', () => {
  it('tells origins and its log who the client of the header is, and believes the fields of a trusted one', async () => {
    const origin = keep(await startHttpOrigin((_, response) => response.end('ok')));
    const networks = { proxyProtocolNetworks: ['127.0.0.1'], trustedNetworks: ['198.51.100.0/24'] };
    const { port, lines } = await startWorkerWith(createNativeEngine, [origin.url], networks);
    const claims = 'X-Forwarded-For: 203.0.113.5\r\nConnection: close\r\n\r\n';
    for (const address of ['192.0.2.7', '198.51.100.7']) {
      const client = await connectRaw({ address: '127.0.0.1', port });
      client.send(`PROXY TCP4 ${address} 198.51.100.1 4711 443\r\nGET / HTTP/1.1\r\nHost: h\r\n${claims}`);
      expect(await client.response()).toMatchObject({ status: 200, body: 'ok' });
      client.end();
      await client.closed();
    }
    const broken = await connectRaw({ address: '127.0.0.1', port });
    broken.send(get());
    await broken.ended();
    const [stranger, trusted] = origin.requests.map(({ headers }) => headers);
    expect(stranger).toMatchObject({ 'x-forwarded-for': '192.0.2.7', forwarded: 'for=192.0.2.7;proto=http;host=h' });
    expect(trusted).toMatchObject({ 'x-forwarded-for': '203.0.113.5, 198.51.100.7' });
    expect(lines).toMatchObject([
      { client: '192.0.2.7', status: 200 },
      { client: '203.0.113.5', status: 200 },
      { worker: 'w1', client: '127.0.0.1', fault: 'proxy-header-missing', detail: get() },
    ]);
    expect(lines).toHaveLength(3);
  });

  it('does not start with networks that are none', async () => {
    await expect(startWorkerWith(createNativeEngine, [], { proxyProtocolNetworks: ['all'] })).rejects.toThrow(/^proxy\.proxyProtocolNetworks: /);
  });
});

it('faults have names that say what they are about', () => {
  for (const fault of handshakeFaults) expect(fault).toMatch(/^(proxy-header|tls)-[a-z-]+$/);
});
