/** Requests that are none: the answer, the code, and the end of the connection. */
import { expect, it } from 'vitest';
import type { CreateEngine } from '../../../../src/proxy/engines/engine.js';
import { faults, type FaultCode } from '../../../../src/proxy/fault.js';
import { connectRaw } from '../../../support/raw-client.js';
import { eventually, startHarness } from './harness.js';

const head = (line: string, ...fields: string[]): string => [`${line} HTTP/1.1`, 'Host: h', ...fields, '', ''].join('\r\n');
const filler = (bytes: number): string => 'a'.repeat(bytes);

const broken: readonly (readonly [string, string, FaultCode])[] = [
  ['garbage', 'hello\r\n\r\n', 'malformed-request'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'malformed-request'],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'malformed-request'],
  ['HTTP/0.9 in its words', 'GET / HTTP/0.9\r\n\r\n', 'malformed-request'],
  ['HTTP/2 in its words', 'GET / HTTP/2.0\r\nHost: h\r\n\r\n', 'malformed-request'],
  ['an unknown method', 'FROB / HTTP/1.1\r\nHost: h\r\n\r\n', 'method-not-supported'],
  ['CONNECT', 'CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n', 'method-not-supported'],
  ['bare line feeds', 'GET / HTTP/1.1\nHost: h\n\n', 'malformed-request'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : h\r\n\r\n', 'malformed-request'],
  ['a folded field', head('GET /', 'A: b', ' c'), 'malformed-request'],
  ['a control character in a value', head('GET /', 'A: b\x01'), 'malformed-request'],
  ['a fragment', head('GET /a#b'), 'malformed-request'],
  ['a byte beyond ASCII in the target', head('GET /\xe9'), 'malformed-request'],
  ['no target form at all', head('GET a'), 'malformed-request'],
  ['asterisk for GET', head('GET *'), 'malformed-request'],
  ['user information in the target', head('GET http://u@h/'), 'malformed-request'],
  ['another scheme in the target', head('GET ftp://h/'), 'malformed-request'],
  ['a target for another host', head('GET http://other/'), 'bad-host'],
  ['a target for another port', head('GET http://h:8080/'), 'bad-host'],
  ['both framings', head('POST /', 'Content-Length: 5', 'Transfer-Encoding: chunked') + '0\r\n\r\n', 'malformed-request'],
  ['both framings, the other way round', head('POST /', 'Transfer-Encoding: chunked', 'Content-Length: 5') + '0\r\n\r\n', 'malformed-request'],
  ['two lengths', head('POST /', 'Content-Length: 5', 'Content-Length: 5') + 'hello', 'malformed-request'],
  ['a list of lengths', head('POST /', 'Content-Length: 5, 5') + 'hello', 'malformed-request'],
  ['a signed length', head('POST /', 'Content-Length: +5') + 'hello', 'malformed-request'],
  ['a length beyond what we count', head('POST /', 'Content-Length: 9007199254740993'), 'malformed-request'],
  ['two codings', head('POST /', 'Transfer-Encoding: gzip, chunked') + '0\r\n\r\n', 'malformed-request'],
  ['chunked twice', head('POST /', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + '0\r\n\r\n', 'malformed-request'],
  ['a coding that is not chunked', head('POST /', 'Transfer-Encoding: identity') + '0\r\n\r\n', 'malformed-request'],
  ['an empty coding', head('POST /', 'Transfer-Encoding: ') + '0\r\n\r\n', 'malformed-request'],
  ['a coding in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 'malformed-request'],
  ['a target beyond the limit', head(`GET /${filler(1024)}`), 'target-too-long'],
  ['a target beyond both limits', head(`GET /${filler(9000)}`), 'target-too-long'],
  ['a field beyond the limit', head('GET /', `A: ${filler(4096)}`), 'fields-too-large'],
  ['a field beyond both limits', head('GET /', `A: ${filler(9000)}`), 'fields-too-large'],
  ['many small fields', head('GET /', ...Array.from({ length: 45 }, () => `A: ${filler(100)}`)), 'fields-too-large'],
  ['too many fields', head('GET /', ...Array.from({ length: 50 }, () => 'A: b')), 'fields-too-large'],
];

export function refusalTests(create: CreateEngine): void {
  it.each(broken)('refuses %s', async (_what, request, code) => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(request);
    const response = await client.response();
    expect(response).toMatchObject({ status: faults[code].status, body: `broken: ${code}`, complete: true });
    expect(response.values('connection')).toEqual(['close']);
    expect(response.values('content-type')).toEqual(['text/plain']);
    expect(await client.ended()).toBe('fin');
    expect(client.rest).toBe('');
    expect(h.brokenRequests).toEqual([code]);
    expect(h.exchanges).toEqual([]);
    client.end();
    await client.closed();
  });

  it('refuses a head that exceeds a limit in many pieces', async () => {
    const h = await startHarness(create);
    const [one, two] = [await h.connect(), await h.connect()];
    const pieces = (text: string): string[] => text.match(/[^]{1,500}/g) ?? [];
    await one.sendSplit(pieces(head(`GET /${filler(3000)}`)));
    await two.sendSplit(pieces(head('GET /', `A: ${filler(4500)}`)));
    expect((await one.response()).status).toBe(414);
    expect((await two.response()).status).toBe(431);
  });

  it('accepts heads that just meet the limits', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    const fields = `A: ${filler(4096 - 'Host: h\r\n'.length - 'A: \r\n'.length)}`;
    client.send(head(`GET /${filler(1023)}`, fields));
    (await h.exchange()).answer(200);
    expect((await client.response()).status).toBe(200);
    client.send(head('GET /', ...Array.from({ length: 49 }, () => 'A: b')));
    (await h.exchange()).answer(200);
    expect((await client.response()).status).toBe(200);
  });

  it('answers once, however much garbage follows, and reads on so that the answer is not lost', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    await client.sendSplit(['nonsense\r\n\r\n', 'more nonsense\r\n\r\n', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n', filler(100_000)]);
    expect((await client.response()).status).toBe(400);
    expect(await client.ended()).toBe('fin');
    expect(client.rest).toBe('');
    expect(h.brokenRequests).toHaveLength(1);
    expect(h.exchanges).toEqual([]);
  });

  it('gives up on a client that goes on sending after its refusal', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send('nonsense\r\n\r\n');
    await client.response();
    await client.ended();
    expect(h.engine.stats.connections).toBe(1);
    h.clock.advance(60_000);
    await eventually(() => h.engine.stats.connections === 0);
  });

  it('answers the requests before a broken one first, and in order', async () => {
    for (const [garbage, status] of [['nonsense\r\n\r\n', 400], [head(`GET /${filler(2000)}`), 414], ['CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n', 501]] as const) {
      const h = await startHarness(create);
      const client = await h.connect();
      client.send(head('GET /1') + head('GET /2') + garbage);
      const [one, two] = [await h.exchange(), await h.exchange()];
      two.answer(200, 'two');
      one.answer(200, 'one');
      expect((await client.response()).body).toBe('one');
      expect((await client.response()).body).toBe('two');
      expect((await client.response()).status).toBe(status);
      expect(await client.ended()).toBe('fin');
      expect(client.rest).toBe('');
    }
  });

  it('ends the exchange when its body breaks HTTP, with a bare answer if it had none', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(head('POST /', 'Transfer-Encoding: chunked') + '5\r\nhello\r\n');
    const exchange = await h.exchange();
    exchange.resume();
    await exchange.until('onData');
    client.send('zz\r\n');
    expect(await exchange.until('onAbort')).toEqual(['malformed-request']);
    expect((await client.response()).status).toBe(400);
    expect(await client.ended()).toBe('fin');
    expect(client.rest).toBe('');
    expect(h.brokenRequests).toEqual([]);
  });

  it('cuts a response that had begun when the request breaks', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(head('POST /', 'Transfer-Encoding: chunked') + '5\r\nhello\r\n');
    const exchange = await h.exchange();
    exchange.resume();
    await exchange.until('onData');
    exchange.respond({ status: 200, bodyBytes: undefined });
    exchange.write('part');
    await client.until((text) => text.includes('part'));
    client.send('zz\r\n');
    expect(await exchange.until('onAbort')).toEqual(['malformed-request']);
    expect(await client.response()).toMatchObject({ status: 200, complete: false });
  });

  it('refuses chunk extensions without end', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(head('POST /', 'Transfer-Encoding: chunked'));
    const exchange = await h.exchange();
    exchange.resume();
    client.send(`5;${filler(100_000)}`);
    expect(await exchange.until('onAbort')).toEqual(['malformed-request']);
  });

  it('answers a head that comes too slowly with 408', async () => {
    const h = await startHarness(create, { timeouts: { headersMs: 100, requestMs: 10_000 } });
    const [silent, slow] = [await h.connect(), await h.connect()];
    slow.send('GET / HTTP/1.1\r\nHos');
    for (const client of [silent, slow]) {
      expect(await client.response()).toMatchObject({ status: 408, body: 'broken: request-timeout' });
      expect(await client.ended()).toBe('fin');
    }
    expect(h.brokenRequests).toEqual(['request-timeout', 'request-timeout']);
  });

  it('holds a second request on a connection to the same limit', async () => {
    const h = await startHarness(create, { timeouts: { headersMs: 100, requestMs: 10_000 } });
    const client = await h.connect();
    client.send(head('GET /'));
    (await h.exchange()).answer(200);
    await client.response();
    client.send('GET / HTTP/1.1\r\nHos');
    expect((await client.response()).status).toBe(408);
  });

  it('ends an exchange whose body comes too slowly, with 408', async () => {
    const h = await startHarness(create, { timeouts: { headersMs: 50, requestMs: 50 } });
    const client = await h.connect();
    client.send(head('POST /', 'Content-Length: 10') + 'hello');
    const exchange = await h.exchange();
    exchange.resume();
    expect(await exchange.until('onAbort')).toEqual(['request-timeout']);
    expect((await client.response()).status).toBe(408);
    expect(h.brokenRequests).toEqual([]);
  });

  it('closes idle connections, and says nothing', async () => {
    const h = await startHarness(create, { timeouts: { keepAliveMs: 50 } });
    const client = await h.connect();
    client.send(head('GET /'));
    (await h.exchange()).answer(200);
    await client.response();
    await client.ended();
    expect(client.rest).toBe('');
  });

  it('closes the newest connections beyond the limit, and counts them', async () => {
    const h = await startHarness(create, { limits: { connectionsMax: 2 } });
    const kept = [await h.connect(), await h.connect()];
    for (const client of kept) {
      client.send(head('GET /'));
      (await h.exchange()).answer(200);
      await client.response();
    }
    const third = await connectRaw(h.engine.secureAddress() ?? h.engine.address());
    await third.ended();
    expect(h.engine.stats).toMatchObject({ connections: 2, connectionsTotal: 2, connectionsRefusedTotal: 1 });
  });
}
