/** Starting, stopping, counting, and leaving nothing behind. */
import { expect, it } from 'vitest';
import type { BrokenAnswer, CreateEngine, Engine } from '../../../../src/proxy/engines/engine.js';
import { ServiceError } from '../../../../src/service.js';
import { connectRaw, type RawClient } from '../../../support/raw-client.js';
import type { RawSocket } from '../../../support/raw-socket.js';
import { eventually, startHarness, type Harness, type HeardExchange } from './harness.js';

const get = (target = '/'): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
const hasHead = (text: string): boolean => text.includes('\r\n\r\n');
const good = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** How many of node's handles of that kind are open in this process. */
const handles = (): number => process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS|Pipe)/.test(name)).length;

/** The simplest gateway: passes one exchange on to the harness's origin. */
function relay(h: Harness, exchange: HeardExchange, target: string): void {
  const { request } = exchange.downstream;
  const attempt = h.send({ method: request.method, target, fields: ['Host', 'o'], bodyBytes: request.bodyBytes });
  const on = (heard: HeardExchange | typeof attempt, name: string, then: () => void): void => void heard.until(name).then(then);
  on(attempt, 'onHead', () => exchange.respond({ status: 200, bodyBytes: undefined }));
  on(attempt, 'onEnd', () => exchange.end(attempt.body));
  on(attempt, 'onFault', () => exchange.abort());
  on(exchange, 'onEnd', () => {
    if (exchange.body !== '') attempt.write(exchange.body);
    attempt.end();
  });
  on(exchange, 'onAbort', () => attempt.abort());
  exchange.resume();
}

function engineAt(create: CreateEngine, address: string, port: number): Engine {
  const own = { headerBytes: 4096, headersMax: 50, targetBytes: 1024, connectionsMax: 10 };
  const limits = { ...own, originConnectionsMax: 10, originIdleMax: 10, originRequestsMax: 10 };
  const timeouts = { headersMs: 1000, requestMs: 1000, keepAliveMs: 1000, originKeepAliveMs: 1000, originAgeMs: 1000 };
  const onBrokenRequest = (): BrokenAnswer => ({ fields: [], body: Buffer.alloc(0) });
  return create({ listen: { address, port }, limits, timeouts, onExchange: () => undefined, onBrokenRequest });
}

export function lifecycleTests(create: CreateEngine): void {
  it('says what is wrong when it cannot listen, and can be stopped all the same', async () => {
    const h = await startHarness(create);
    const { address, port } = h.engine.address();
    for (const [host, at, advice] of [[address, port, /in use/], ['192.0.2.1', 0, /does not have the address/]] as const) {
      const engine = engineAt(create, host, at);
      const error: unknown = await engine.start().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ServiceError);
      expect(String(error)).toMatch(advice);
      await engine.stop(0);
    }
  });

  it('serves on a second address, within the same limit of connections, and stops there too', async () => {
    const h = await startHarness(create, { alsoListen: { address: '127.0.0.2', port: 0 }, limits: { connectionsMax: 2 } });
    const { port } = h.engine.address();
    const second = await connectRaw({ address: '127.0.0.2', port });
    second.send(get('/second'));
    const exchange = await h.exchange();
    expect(exchange.downstream.request.target).toBe('/second');
    exchange.answer(200);
    expect((await second.response()).status).toBe(200);
    await h.connect();
    const third = await connectRaw({ address: '127.0.0.2', port });
    await third.ended();
    expect(h.engine.stats).toMatchObject({ connections: 2, connectionsRefusedTotal: 1 });
    await h.engine.stop(0);
    await expect(connectRaw({ address: '127.0.0.2', port })).rejects.toThrow(/ECONNREFUSED/);
  });

  it('closes idle connections at once, and takes no new ones', async () => {
    const h = await startHarness(create);
    const [idle, silent] = [await h.connect(), await h.connect()];
    idle.send(get());
    (await h.exchange()).answer(200);
    await idle.response();
    await eventually(() => h.engine.stats.connections === 2);
    const at = h.engine.address();
    await h.engine.stop(3_600_000);
    await idle.ended();
    await silent.ended();
    await expect(connectRaw(at)).rejects.toThrow(/ECONNREFUSED/);
    expect(h.engine.stats).toMatchObject({ connections: 0, originConnections: 0 });
  });

  it('lets what is in flight finish, saying close, and begins nothing after it', async () => {
    const h = await startHarness(create);
    const [late, begun, half] = [await h.connect(), await h.connect(), await h.connect()];
    late.send(get('/late'));
    const first = await h.exchange();
    begun.send(get('/begun'));
    const second = await h.exchange();
    second.respond({ status: 200, bodyBytes: undefined });
    second.write('be');
    await begun.until((text) => text.includes('be'));
    half.send('GET /half HTTP/1.1\r\nHo');
    await eventually(() => h.engine.stats.bytesIn() === late.wire.sent + begun.wire.sent + half.wire.sent);
    const stopped = h.engine.stop(3_600_000);
    half.send('st: h\r\n\r\n');
    const third = await h.exchange();
    first.answer(200, 'one');
    second.end('gun');
    third.answer(503, 'stopping');
    const response = await late.response();
    expect(response).toMatchObject({ body: 'one' });
    expect(response.values('connection')).toEqual(['close']);
    expect((await begun.response()).body).toBe('begun');
    expect(await half.response()).toMatchObject({ status: 503, body: 'stopping' });
    for (const client of [late, begun, half]) {
      expect(await client.ended()).toBe('fin');
      client.end();
    }
    await stopped;
    expect(h.engine.stats.connections).toBe(0);
  });

  it('cuts what is left when the time is over, on both sides', async () => {
    const h = await startHarness(create);
    const [client, upgraded] = [await h.connect(), await h.connect()];
    client.send(get());
    const exchange = await h.exchange();
    const attempt = h.send({});
    await (await h.origin.next()).until(hasHead);
    exchange.respond({ status: 200, bodyBytes: undefined });
    exchange.write('part');
    await client.until((text) => text.includes('part'));
    upgraded.send('GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const tunnel = h.tunnel(await h.exchange());
    const origin = await h.origin.next();
    await origin.until(hasHead);
    origin.send('HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await upgraded.response();

    const stopped = h.engine.stop(1000);
    expect(h.engine.stats.connections).toBe(2);
    h.clock.advance(1000);
    await stopped;
    expect(await exchange.until('onAbort')).toEqual(['client-aborted']);
    expect((await attempt.until('onFault'))[0]).toBe('stopping');
    await tunnel.calls.find(({ name }) => name === 'onClose' || name === 'onFault');
    expect(await client.ended()).toBe('reset');
    await upgraded.ended();
    await origin.ended();
    expect(h.engine.stats).toMatchObject({ connections: 0, originConnections: 0 });
    expect(h.clock.pending()).toBe(0);
  });

  it('can be stopped twice, and hurried', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(get());
    const exchange = await h.exchange();
    const patient = h.engine.stop(3_600_000);
    await Promise.all([h.engine.stop(0), patient]);
    await h.engine.stop(1000);
    expect(await exchange.until('onAbort')).toEqual(['client-aborted']);
  });

  it('forward.close ends the idle connections to origins, now and later', async () => {
    const h = await startHarness(create);
    const [first, second] = [h.send({ target: '/1' }), h.send({ target: '/2' })];
    const [one, two] = [await h.origin.next(), await h.origin.next()];
    await one.until(hasHead);
    await two.until(hasHead);
    one.send(good);
    await Promise.race([first.until('onEnd'), second.until('onEnd')]);
    h.engine.forward.close();
    await one.ended();
    two.send(good);
    await Promise.all([first.until('onEnd'), second.until('onEnd')]);
    await two.ended();
    await eventually(() => h.engine.stats.originConnections === 0);
  });

  it('ends an idle connection to an origin after its time', async () => {
    const h = await startHarness(create, { timeouts: { originKeepAliveMs: 50 } });
    const attempt = h.send({});
    const connection = await h.origin.next();
    await connection.until(hasHead);
    connection.send(good);
    await attempt.until('onEnd');
    expect(await connection.ended()).toBe('fin');
  });

  it('counts bytes and connections, open and closed', async () => {
    const h = await startHarness(create);
    const clients: RawClient[] = [];
    for (let round = 0; round < 3; round += 1) {
      const client = await h.connect();
      client.send(get());
      (await h.exchange()).answer(200, 'x'.repeat(1000), [], round === 1);
      await client.response();
      if (round === 1) client.end();
      clients.push(client);
    }
    await eventually(() => h.engine.stats.connections === 2);
    expect(h.engine.stats.connectionsTotal).toBe(3);
    const total = (way: 'sent' | 'received'): number => clients.reduce((sum, { wire }) => sum + wire[way], 0);
    expect(total('received')).toBeGreaterThan(3000);
    expect(h.engine.stats.bytesIn()).toBe(total('sent'));
    expect(h.engine.stats.bytesOut()).toBe(total('received'));
  });

  it('is back where it was after hundreds of exchanges, many of them broken off', async () => {
    const before = handles();
    const answerAll = (connection: RawSocket): void => {
      connection.socket.on('data', (data: Buffer) => {
        const text = data.toString('latin1');
        if (text.includes('/reset')) connection.reset();
        else if (text.includes('/half')) connection.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
        else if (text.includes('/silent')) return;
        else connection.send(good);
      });
    };
    const h = await startHarness(create, { onConnection: answerAll });
    const kinds = ['/fine', '/reset', '/half', '/silent', '/fine', '/early', '/post'];
    const one = async (index: number): Promise<void> => {
      const kind = kinds[index % kinds.length] ?? '';
      const client = await h.connect();
      const post = kind === '/post';
      client.send(post ? `POST ${kind} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n` : get(`${kind}/${index}`));
      if (kind === '/early') return client.reset();
      if (kind === '/fine' || post) expect((await client.response()).body).toContain('ok');
      if (kind === '/reset') await client.ended();
      if (kind === '/half') await client.until(hasHead);
      client.reset();
    };
    let presented = 0;
    const gateway = async (): Promise<void> => {
      for (;;) {
        const exchange = await h.exchange();
        presented += 1;
        relay(h, exchange, exchange.downstream.request.target);
      }
    };
    void gateway();
    for (let batch = 0; batch < 500; batch += 50) await Promise.all(Array.from({ length: 50 }, (_, index) => one(batch + index)));
    await eventually(() => h.engine.stats.connections === 0);
    expect(presented).toBeGreaterThan(350);
    h.engine.forward.close();
    await eventually(() => h.engine.stats.originConnections === 0);
    h.clock.advance(3_600_000); // what may still look whether anything is due finds nothing, and does not look again
    expect(h.clock.pending()).toBe(0);
    await h.stop();
    await eventually(() => handles() <= before);
  });
}
