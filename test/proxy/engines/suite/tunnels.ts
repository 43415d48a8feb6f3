/** A client and an origin that leave HTTP behind. */
import { expect, it } from 'vitest';
import type { CreateEngine } from '../../../../src/proxy/engines/engine.js';
import type { FaultCode } from '../../../../src/proxy/fault.js';
import type { RawClient } from '../../../support/raw-client.js';
import type { RawSocket } from '../../../support/raw-socket.js';
import { eventually, startHarness, type Harness, type HarnessOptions, type HeardExchange, type HeardTunnel } from './harness.js';

const handshake = (rest = ''): string => `GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\n\r\n${rest}`;
const switching = (rest = ''): string => `HTTP/1.1 101 Whatever\r\nUpgrade: websocket\r\nConnection: Upgrade, X-Hop\r\nX-Hop: secret\r\nSec-WebSocket-Accept: a\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n${rest}`;
const hasHead = (text: string): boolean => text.includes('\r\n\r\n');

interface Asked {
  readonly h: Harness;
  readonly client: RawClient;
  readonly exchange: HeardExchange;
  readonly tunnel: HeardTunnel;
  readonly origin: RawSocket;
}

async function asked(create: CreateEngine, early = '', options: HarnessOptions = {}): Promise<Asked> {
  const h = await startHarness(create, options);
  const client = await h.connect();
  client.send(handshake(early));
  const exchange = await h.exchange();
  const tunnel = h.tunnel(exchange, { fields: ['Host', 'o', 'Sec-WebSocket-Key', 'k', 'Connection', 'Upgrade', 'Upgrade', 'websocket'] });
  const origin = await h.origin.next();
  await origin.until(hasHead);
  return { h, client, exchange, tunnel, origin };
}

async function joined(create: CreateEngine, options: HarnessOptions = {}): Promise<Asked> {
  const all = await asked(create, '', options);
  all.origin.send(switching());
  expect(await all.client.response()).toMatchObject({ status: 101 });
  all.origin.clear();
  return all;
}

export function tunnelTests(create: CreateEngine): void {
  it('joins both sides, byte for byte, and counts', async () => {
    const { client, exchange, tunnel, origin } = await asked(create);
    expect(exchange.downstream).toMatchObject({ upgrade: 'websocket', request: { method: 'GET', target: '/chat', bodyBytes: 0 } });
    const [line, ...fields] = origin.text.trimEnd().split('\r\n');
    expect(line).toBe('GET /chat HTTP/1.1');
    expect(fields.map((field) => field.toLowerCase()).sort()).toEqual(['connection: upgrade', 'host: o', 'sec-websocket-key: k', 'upgrade: websocket']);
    origin.clear();

    origin.send(switching());
    const response = await client.response();
    expect(response.fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort()).toEqual([
      'connection: Upgrade', 'sec-websocket-accept: a', 'set-cookie: a', 'set-cookie: b', 'upgrade: websocket',
    ]);
    expect(await tunnel.until('onHead')).toEqual([101]);
    const every = Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index));
    client.send(every);
    await origin.until((text) => text === every.toString('latin1'));
    origin.send(every, every);
    await client.until(() => client.rest === every.toString('latin1').repeat(2));
    client.end();
    expect(await origin.ended()).toBe('fin');
    origin.end();
    expect(await client.ended()).toBe('fin');
    expect(await tunnel.until('onClose')).toEqual([256, 512]);
    expect(exchange.names).toEqual([]);
    expect(tunnel.names).toEqual(['onConnect', 'onHead', 'onClose']);
  });

  it('loses nothing that either side sends ahead', async () => {
    const { client, tunnel, origin } = await asked(create, 'early');
    client.send(' bird');
    origin.send(switching('worm'));
    await client.response();
    await client.until(() => client.rest === 'worm');
    await origin.until((text) => text.endsWith('early bird'));
    client.end();
    origin.end();
    expect(await tunnel.until('onClose')).toEqual([10, 4]);
  });

  it('passes a half-close on, and what still comes the other way', async () => {
    const { client, tunnel, origin } = await joined(create);
    origin.end();
    expect(await client.ended()).toBe('fin');
    client.send('last words');
    await origin.until((text) => text === 'last words');
    expect(tunnel.names).not.toContain('onClose');
    client.end();
    await tunnel.until('onClose');
  });

  it('gives a half-closed tunnel some time, and then cuts it', async () => {
    const { h, client, tunnel, origin } = await joined(create);
    origin.end();
    await client.ended();
    h.clock.advance(3_600_000);
    await tunnel.until('onClose');
    await origin.closed();
    await eventually(() => h.engine.stats.connections === 0);
  });

  it('does not limit a silent tunnel in time', async () => {
    const timeouts = { headersMs: 40, requestMs: 40, keepAliveMs: 40, originKeepAliveMs: 40, originAgeMs: 40 };
    const { h, client, tunnel, origin } = await joined(create, { timeouts });
    h.clock.advance(3_600_000);
    // Long enough for each of the limits to have been applied, which the 408 on a silent connection shows.
    const silent = await h.connect();
    expect((await silent.response()).status).toBe(408);
    client.send('still');
    await origin.until((text) => text === 'still');
    origin.send('here');
    await client.until(() => client.rest === 'here');
    expect(tunnel.names).toEqual(['onConnect', 'onHead']);
    tunnel.abort();
  });

  it('lets both sides die together', async () => {
    const one = await joined(create);
    one.client.reset();
    await one.tunnel.until('onClose');
    expect(await one.origin.ended()).toBeDefined();
    one.origin.end();
    await one.origin.closed();

    const two = await joined(create);
    two.origin.reset();
    expect((await two.tunnel.until('onFault'))[0]).toBe('reset-mid-response');
    expect(await two.client.ended()).toBe('reset');
    for (const { h } of [one, two]) await eventually(() => h.engine.stats.connections === 0 && h.engine.stats.originConnections === 0);
  });

  it('cuts both sides when aborted', async () => {
    const { h, client, tunnel, origin } = await joined(create);
    tunnel.abort();
    await client.ended();
    await origin.ended();
    await eventually(() => h.engine.stats.connections === 0 && h.engine.stats.originConnections === 0);
    expect(tunnel.names).toEqual(['onConnect', 'onHead']);
  });

  it('holds each side back while the other does not read', async () => {
    const { client, tunnel, origin } = await joined(create);
    const piece = Buffer.alloc(1 << 16);
    const total = 512 * piece.length;
    for (const [from, to] of [[client, origin], [origin, client]] as const) {
      to.clear();
      to.pause();
      let written = 0;
      const writeMore = (): void => {
        while (written < total) {
          written += piece.length;
          if (!from.socket.write(piece)) return;
        }
      };
      from.socket.on('drain', writeMore);
      writeMore();
      expect(written).toBeLessThan(total / 2);
      to.resume();
      await to.untilBytes(total);
    }
    tunnel.abort();
  });

  it.each([
    ['a length', 'HTTP/1.1 403 No\r\nContent-Length: 6\r\nX-Hop: 1\r\nConnection: x-hop\r\nx-Kept: 1\r\n\r\ndenied'],
    ['chunks', 'HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\nx-Kept: 1\r\n\r\n3\r\nden\r\n3\r\nied\r\n0\r\n\r\n'],
    ['a close', 'HTTP/1.0 403 No\r\nx-Kept: 1\r\n\r\ndenied'],
  ])('passes on a refusal framed by %s as a proper response', async (_what, answer) => {
    const { h, client, exchange, tunnel, origin } = await asked(create);
    origin.send(answer);
    if (answer.startsWith('HTTP/1.0')) origin.end();
    const response = await client.response();
    expect(response).toMatchObject({ status: 403, reason: 'No', body: 'denied', complete: true });
    expect(response.values('x-kept')).toEqual(['1']);
    expect(response.values('x-hop')).toEqual([]);
    expect(await tunnel.until('onHead')).toEqual([403]);
    expect(await tunnel.until('onClose')).toEqual([0, 6]);
    expect(await client.ended()).toBe('fin');
    expect(client.rest).toBe('');
    expect(exchange.names).toEqual([]);
    client.end();
    await eventually(() => h.engine.stats.connections === 0);
  });

  it('passes on a large refusal at the speed of the client', async () => {
    const { client, tunnel, origin } = await asked(create);
    client.pause();
    const body = 'x'.repeat(8 << 20);
    origin.send(`HTTP/1.1 401 No\r\nContent-Length: ${body.length}\r\n\r\n`, body);
    await tunnel.until('onHead');
    client.resume();
    await client.untilBytes(body.length);
    expect((await client.response()).body).toBe(body);
    expect(await tunnel.until('onClose')).toEqual([0, body.length]);
  });

  it('cuts a refusal that breaks off', async () => {
    const { client, tunnel, origin } = await asked(create);
    origin.send('HTTP/1.1 403 No\r\nContent-Length: 60\r\n\r\nden');
    await client.until((text) => text.endsWith('den'));
    origin.end();
    expect((await tunnel.until('onFault'))[0]).toBe('reset-mid-response');
    expect(await client.ended()).toBe('reset');
  });

  const failures: readonly (readonly [string, FaultCode, string | undefined])[] = [
    ['garbage', 'invalid-response', 'hello\r\n\r\n'],
    ['another protocol', 'invalid-response', 'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
    ['no protocol', 'invalid-response', 'HTTP/1.1 101 S\r\n\r\n'],
    ['both framings', 'invalid-response', 'HTTP/1.1 403 No\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a control character', 'invalid-response', 'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nA: \x01\r\n\r\n'],
    ['nothing', 'reset-before-response', undefined],
  ];
  it.each(failures)('leaves the client to the gateway when the origin answers with %s: another may be asked', async (_what, code, answer) => {
    const { h, client, exchange, tunnel, origin } = await asked(create, 'early');
    if (answer === undefined) origin.reset();
    else origin.send(answer);
    expect((await tunnel.until('onFault'))[0]).toBe(code);
    expect(client.bytes).toBe(0);
    const retry = h.tunnel(exchange, {});
    const second = await h.origin.next();
    await second.until(hasHead);
    second.send(switching('late'));
    expect((await client.response()).status).toBe(101);
    await second.until((text) => text.endsWith('early'));
    retry.abort();
  });

  it('leaves the client to the gateway when the origin cannot be reached', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(handshake());
    const exchange = await h.exchange();
    await h.origin.close();
    expect((await h.tunnel(exchange).until('onFault'))[0]).toBe('connect-refused');
    exchange.answer(502, 'sorry');
    const response = await client.response();
    expect(response).toMatchObject({ status: 502, body: 'sorry' });
    expect(response.values('connection')).toEqual(['close']);
    await exchange.until('onSent');
    expect(await client.ended()).toBe('fin');
    client.end();
    await eventually(() => h.engine.stats.connections === 0);
  });

  it('aborts the asking without a word to the client', async () => {
    const { client, exchange, tunnel, origin } = await asked(create);
    tunnel.abort();
    await origin.ended();
    exchange.answer(504, 'late');
    expect(await client.response()).toMatchObject({ status: 504, body: 'late' });
  });

  it('tells of a client that leaves before the origin has answered, and does not join it', async () => {
    for (const leave of ['reset', 'end'] as const) {
      const { h, client, exchange, tunnel, origin } = await asked(create);
      client[leave]();
      expect(await exchange.until('onAbort')).toEqual(['client-aborted']);
      origin.send(switching());
      await origin.ended();
      expect(tunnel.names).toEqual(['onConnect']);
      origin.end();
      await eventually(() => h.engine.stats.connections === 0 && h.engine.stats.originConnections === 0);
    }
  });

  it('takes a handshake behind an unanswered request for an ordinary request', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(`GET /1 HTTP/1.1\r\nHost: h\r\n\r\n${handshake()}`);
    const [one, two] = [await h.exchange(), await h.exchange()];
    expect(two.downstream.upgrade).toBeUndefined();
    two.answer(426, 'no');
    one.answer(200, 'one');
    expect((await client.response()).body).toBe('one');
    expect((await client.response()).body).toBe('no');
  });

  it('refuses a tunnel for an exchange without an upgrade', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    const exchange = await h.exchange();
    expect(() => h.tunnel(exchange)).toThrow(RangeError);
  });

  it('refuses a handshake that it may not read', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(`GET /#x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    expect((await client.response()).status).toBe(400);
    expect(await client.ended()).toBe('fin');
    client.end();
    await eventually(() => h.engine.stats.connections === 0);
  });
}
