/** What a client gets of what the gateway says. */
import { expect, it } from 'vitest';
import type { CreateEngine, ResponseHead } from '../../../../src/proxy/engines/engine.js';
import type { RawClient } from '../../../support/raw-client.js';
import { eventually, startHarness, type Harness, type HeardExchange } from './harness.js';

async function ask(h: Harness, line = 'GET / HTTP/1.1', fields = ''): Promise<readonly [RawClient, HeardExchange]> {
  const client = await h.connect();
  client.send(`${line}\r\nHost: h\r\n${fields}\r\n`);
  return [client, await h.exchange()];
}

const date = 'Sun, 06 Nov 1994 08:49:37 GMT';

export function responseTests(create: CreateEngine): void {
  it('sends status, reason and fields as given: order, case, duplicates and bytes', async () => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h);
    const fields = ['X-b', '1', 'x-A', 'two', 'Set-Cookie', 'a=1', 'X-B', '3', 'set-cookie', 'b=2', 'X-Text', 'caf\xc3\xa9 \xe9', 'Date', date];
    exchange.answer(299, 'body', fields);
    const response = await client.response();
    expect(response).toMatchObject({ version: '1.1', status: 299, reason: '', body: 'body' });
    expect(response.fields.slice(0, 7)).toEqual([['X-b', '1'], ['x-A', 'two'], ['Set-Cookie', 'a=1'], ['X-B', '3'], ['set-cookie', 'b=2'], ['X-Text', 'caf\xc3\xa9 \xe9'], ['Date', date]]);
    expect(response.values('date')).toEqual([date]);
    expect(response.values('content-length')).toEqual(['4']);
    expect([...response.values('server'), ...response.values('x-powered-by')]).toEqual([]);
    await exchange.until('onSent');
  });

  it('dates a response that has no date', async () => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h);
    exchange.respond({ status: 404, reason: 'Nothing Here' });
    exchange.end();
    const response = await client.response();
    expect(response.reason).toBe('Nothing Here');
    expect(response.values('date')).toEqual([expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)]);
  });

  it.each(['caf\xc3\xa9', 'caf\xe9'])('leaves the bytes of Content-Disposition alone, with a length: %j', async (name) => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h);
    exchange.answer(200, 'x', ['Content-Length', '1', 'Content-Disposition', `attachment; filename="${name}"`]);
    expect((await client.response()).values('content-disposition')).toEqual([`attachment; filename="${name}"`]);
  });

  it('frames by length when it is known, in chunks when not, and keeps the connection', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    for (const bodyBytes of [undefined, 6, undefined]) {
      client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
      const exchange = await h.exchange();
      exchange.respond({ status: 200, bodyBytes });
      exchange.write('abc');
      exchange.write('');
      exchange.write('de');
      exchange.end('f');
      const response = await client.response();
      expect(response.body).toBe('abcdef');
      expect(response.values(bodyBytes === undefined ? 'transfer-encoding' : 'content-length')).toHaveLength(1);
    }
    expect(h.engine.stats.connections).toBe(1);
  });

  it('sends the head before there is a body', async () => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h);
    exchange.respond({ status: 200, bodyBytes: undefined });
    await client.until((text) => text.endsWith('\r\n\r\n'));
    exchange.end('late');
    expect((await client.response()).body).toBe('late');
  });

  it('ends an HTTP/1.0 response of unknown length by closing, whatever the client says of chunks', async () => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h, 'GET / HTTP/1.0', 'Connection: keep-alive\r\nTE: chunked\r\n');
    exchange.respond({ status: 200, bodyBytes: undefined });
    exchange.write('ab');
    exchange.end('c');
    const response = await client.response();
    expect(response.body).toBe('abc');
    expect([...response.values('transfer-encoding'), ...response.values('content-length')]).toEqual([]);
    expect(response.values('connection')).toEqual(['close']);
    expect(await client.ended()).toBe('fin');
  });

  it('shows an aborted response to be one, however it is framed, and to HTTP/1.0 too', async () => {
    const h = await startHarness(create);
    for (const [line, bodyBytes] of [['GET / HTTP/1.1', 10], ['GET / HTTP/1.1', undefined], ['GET / HTTP/1.0', 10], ['GET / HTTP/1.0', undefined]] as const) {
      const [client, exchange] = await ask(h, line);
      exchange.respond({ status: 200, bodyBytes });
      exchange.write('part');
      await client.until((text) => text.includes('part'));
      exchange.abort();
      expect(await client.ended()).toBe('reset');
    }
  });

  it('does not let half a response look whole to a client that has sent its FIN', async () => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h, 'GET / HTTP/1.0');
    exchange.respond({ status: 200, bodyBytes: undefined });
    exchange.write('part');
    await client.until((text) => text.includes('part'));
    client.end();
    expect(await exchange.until('onAbort')).toEqual(['client-aborted']);
    expect(await client.ended()).toBe('reset');
  });

  it('aborts at once when the client does not read', async () => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h);
    client.pause();
    exchange.respond({ status: 200, bodyBytes: undefined });
    while (exchange.write(Buffer.alloc(1 << 20)));
    await new Promise((resolve) => setImmediate(resolve)); // what the engine keeps for the end of its turn is on its way
    exchange.abort();
    await eventually(() => h.engine.stats.connections === 0); // though nobody has read what was sent
    client.resume();
    await client.ended(); // as what, libuv does not tell rightly of a reset behind unread data: what counts is that the end is missing
    expect((await client.response()).complete).toBe(false);
  });

  it.each([
    ['HEAD', 200, ['Content-Length', '1234'], ['1234']],
    ['HEAD', 200, [], []],
    ['GET', 304, ['Content-Length', '1234'], ['1234']],
    ['GET', 304, [], []],
    ['GET', 204, ['Content-Length', '0'], []],
    ['GET', 204, [], []],
  ] as const)('%s %i with %j has no body, and keeps the connection', async (method, status, fields, lengths) => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h, `${method} / HTTP/1.1`);
    exchange.respond({ status, fields });
    exchange.end('a body that must not be sent');
    const response = await client.response(method);
    expect(response.values('content-length')).toEqual(lengths);
    expect(response.values('transfer-encoding')).toEqual([]);
    client.send('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    (await h.exchange()).answer(200, 'next');
    expect((await client.response()).body).toBe('next');
  });

  it('writes connection and framing fields by itself only', async () => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h);
    exchange.respond({ status: 200, bodyBytes: 1, fields: ['Transfer-Encoding', 'chunked', 'Connection', 'x', 'Keep-Alive', 'y', 'Trailer', 'z', 'Content-Length', '1'] });
    exchange.end('!');
    const response = await client.response();
    expect(response.values('content-length')).toEqual(['1']);
    expect([...response.values('transfer-encoding'), ...response.values('trailer')]).toEqual([]);
    expect(response.values('connection')).not.toContain('x');
  });

  it('closes when told to, gently', async () => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h);
    exchange.answer(200, 'bye', [], true);
    const response = await client.response();
    expect(response.values('connection')).toEqual(['close']);
    expect(await client.ended()).toBe('fin');
    client.send('GET /ignored HTTP/1.1\r\nHost: h\r\n\r\n');
    client.end();
    await client.closed();
    expect(client.rest).toBe('');
    expect(h.exchanges).toHaveLength(1);
  });

  it('lets a client that is still sending read its answer', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    const piece = Buffer.alloc(1 << 20, 'x');
    client.send(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${16 * piece.length}\r\n\r\n`, piece);
    const exchange = await h.exchange();
    exchange.answer(413, 'too large', [], true);
    for (let sent = 1; sent < 16; sent += 1) client.send(piece);
    expect(await client.response()).toMatchObject({ status: 413, body: 'too large' });
    expect(await client.ended()).toBe('fin');
    client.end();
    await client.closed();
    // Read to the end: a reset on unread bytes takes the answer away from a client that has not come to reading it.
    expect(client.socket.errored).toBeNull();
    await eventually(() => h.engine.stats.bytesIn() > 16 * piece.length);
  });

  it('does not take the rest of an unread request for the next one', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n');
    (await h.exchange()).answer(200, 'early');
    expect((await client.response()).body).toBe('early');
    client.send('GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(await client.ended()).toBe('fin');
    expect(h.exchanges).toHaveLength(1);
  });

  it('sends interim responses before the final one, to HTTP/1.1 only', async () => {
    const h = await startHarness(create);
    const [one, exchange] = await ask(h);
    exchange.downstream.inform(103, ['Link', '</a>; rel=preload', 'Link', '</b>']);
    exchange.downstream.inform(102, []);
    exchange.answer(200, 'done');
    exchange.downstream.inform(103, ['Link', '</late>']);
    const hint = await one.response();
    expect(hint.status).toBe(103);
    expect(hint.values('link')).toEqual(['</a>; rel=preload', '</b>']);
    expect((await one.response()).status).toBe(102);
    expect(await one.response()).toMatchObject({ status: 200, body: 'done' });
    const [old, second] = await ask(h, 'GET / HTTP/1.0');
    second.downstream.inform(103, ['Link', '</a>']);
    second.answer(200, 'done');
    expect((await old.response()).status).toBe(200);
  });

  const heads: readonly (readonly [string, Partial<ResponseHead>])[] = [
    ['a line break in a value', { fields: ['A', 'b\r\nC: d'] }],
    ['a bare line feed', { fields: ['A', 'b\nC: d'] }],
    ['a NUL', { fields: ['A', 'b\0'] }],
    ['a character that is no byte', { fields: ['A', '\u0100'] }],
    ['a space in a name', { fields: ['A b', 'c'] }],
    ['an empty name', { fields: ['', 'c'] }],
    ['a name without a value', { fields: ['A'] }],
    ['a line break in the reason', { reason: 'OK\r\nA: b' }],
    ['a length that is not the body\'s', { bodyBytes: 5, fields: ['Content-Length', '6'] }],
    ['a length for a body of unknown length', { bodyBytes: undefined, fields: ['Content-Length', '6'] }],
    ['two lengths', { bodyBytes: 5, fields: ['Content-Length', '5', 'Content-Length', '5'] }],
    ['a negative length', { bodyBytes: -1 }],
    ['an interim status', { status: 103 }],
    ['no status', { status: 1000 }],
  ];
  it.each(heads)('refuses to write %s', async (_what, head) => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h);
    expect(() => exchange.respond({ status: 200, ...head })).toThrow(RangeError);
    if (head.fields !== undefined && head.bodyBytes === undefined && !('bodyBytes' in head)) {
      expect(() => exchange.downstream.inform(103, head.fields ?? [])).toThrow(RangeError);
    }
    exchange.answer(500, 'instead');
    expect(await client.response()).toMatchObject({ status: 500, body: 'instead' });
  });

  it('cuts a response whose body is not as long as promised', async () => {
    const h = await startHarness(create);
    const [short, one] = await ask(h);
    one.respond({ status: 200, bodyBytes: 10 });
    one.write('12345');
    one.stop();
    expect(() => one.end()).toThrow(RangeError);
    expect(await short.ended()).toBe('reset');
    const [long, two] = await ask(h);
    two.respond({ status: 200, bodyBytes: 10 });
    two.stop();
    expect(() => two.write('12345678901')).toThrow(RangeError);
    expect(await long.ended()).toBe('reset');
  });

  it('does not wait for ever for a client that leaves the end unread', async () => {
    const h = await startHarness(create, { timeouts: { keepAliveMs: 50 } });
    const [client, exchange] = await ask(h);
    client.pause();
    exchange.respond({ status: 200, bodyBytes: 64 << 20 });
    for (let piece = 0; piece < 64; piece += 1) exchange.write(Buffer.alloc(1 << 20));
    exchange.end();
    expect(await exchange.until('onAbort')).toEqual(['client-aborted']);
  });

  it('does not wait for ever for one that leaves several ends unread', async () => {
    const h = await startHarness(create, { timeouts: { keepAliveMs: 50 } });
    const client = await h.connect();
    client.pause();
    client.send('GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n');
    const [one, two] = [await h.exchange(), await h.exchange()];
    for (const exchange of [one, two]) {
      exchange.respond({ status: 200, bodyBytes: 32 << 20 });
      for (let piece = 0; piece < 32; piece += 1) exchange.write(Buffer.alloc(1 << 20));
      exchange.end();
    }
    for (const exchange of [one, two]) expect(await exchange.until('onAbort')).toEqual(['client-aborted']);
  });

  it('drops interim responses that the client does not read', async () => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h);
    client.pause();
    const hint = 'x'.repeat(60_000);
    for (let count = 0; count < 500; count += 1) {
      exchange.downstream.inform(103, ['Link', hint]);
      if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    client.resume();
    await client.untilBytes(hint.length);
    exchange.answer(200, 'done', [], true);
    await client.ended();
    expect(client.text.endsWith('done')).toBe(true);
    const hints = client.text.split('HTTP/1.1 103').length - 1;
    expect(hints).toBeGreaterThan(0);
    expect(hints).toBeLessThan(450);
  });

  it('holds the writer back while the client does not read, and asks for more when it does', async () => {
    const h = await startHarness(create);
    const [client, exchange] = await ask(h);
    client.pause();
    const piece = Buffer.alloc(1 << 16);
    const total = 512 * piece.length;
    exchange.respond({ status: 200, bodyBytes: total });
    let written = 0;
    const writeMore = (): void => {
      while (written < total) {
        written += piece.length;
        if (!exchange.write(piece) && written < total) return;
      }
      exchange.end();
    };
    writeMore();
    expect(written).toBeLessThan(total / 2);
    client.resume();
    for (let drains = 0; written < total; drains += 1) {
      await exchange.calls.find(() => exchange.names.filter((name) => name === 'onDrain').length > drains);
      writeMore();
    }
    await client.untilBytes(total);
    await exchange.until('onSent');
    expect((await client.response()).body.length).toBe(total);
  });
}
