/** What reaches the gateway of what a client sends. */
import { expect, it } from 'vitest';
import type { CreateEngine } from '../../../../src/proxy/engines/engine.js';
import { startHarness } from './harness.js';

const get = (target = '/', extra = ''): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n${extra}\r\n`;

export function requestTests(create: CreateEngine): void {
  it('presents method, target, version and fields as received: order, case and duplicates', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send('PATCH /a//b/../c?x=1?y=%20&&#'.slice(0, -1) + ' HTTP/1.1\r\nhOsT: Example:80\r\nX-A: 1\r\nx-b:  2 \r\nX-a: \xe9\r\nhost: two\r\nCookie: a\r\nCookie: b\r\n\r\n');
    const { request, client: info, upgrade } = (await h.exchange()).downstream;
    expect(request).toEqual({
      method: 'PATCH',
      target: '/a//b/../c?x=1?y=%20&&',
      version: '1.1',
      bodyBytes: 0,
      fields: ['hOsT', 'Example:80', 'X-A', '1', 'x-b', '2', 'X-a', '\xe9', 'host', 'two', 'Cookie', 'a', 'Cookie', 'b'],
    });
    expect(info).toEqual({ address: '127.0.0.1', port: client.socket.localPort, secure: h.engine.secureAddress() !== undefined });
    expect(upgrade).toBeUndefined();
  });

  it.each([
    ['GET', 'http://h', '/', 'Host: h'],
    ['GET', 'HTTP://H:80?q', '/?q', 'Host: h'],
    ['GET', 'http://h:8080/p?q', '/p?q', 'Host: h:8080'],
    ['OPTIONS', 'http://h', '*', 'Host: h'],
    ['OPTIONS', '*', '*', 'Host: h'],
    ['GET', 'http://h/http:/x', '/http:/x', 'Host: h'],
  ])('takes %s %s apart to %s', async (method, target, expected, host) => {
    const h = await startHarness(create);
    (await h.connect()).send(`${method} ${target} HTTP/1.1\r\n${host}\r\n\r\n`);
    expect((await h.exchange()).downstream.request.target).toBe(expected);
  });

  it('gives an HTTP/1.0 request in absolute form the Host of its target', async () => {
    const h = await startHarness(create);
    (await h.connect()).send('GET http://h:81/p HTTP/1.0\r\nA: b\r\n\r\n');
    expect((await h.exchange()).downstream.request).toMatchObject({ target: '/p', version: '1.0', fields: ['Host', 'h:81', 'A', 'b'] });
  });

  it('leaves a missing Host to the gateway', async () => {
    const h = await startHarness(create);
    (await h.connect()).send('GET / HTTP/1.1\r\n\r\n');
    expect((await h.exchange()).downstream.request.fields).toEqual([]);
  });

  it('delivers a body with a length, in pieces, only after resume', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello');
    const exchange = await h.exchange();
    expect(exchange.downstream.request.bodyBytes).toBe(10);
    expect(exchange.names).toEqual([]);
    exchange.resume();
    await exchange.until('onData');
    client.send('world');
    await exchange.until('onEnd');
    expect(exchange.body).toBe('helloworld');
  });

  it('delivers a chunked body without its coding, extensions and trailers', async () => {
    const h = await startHarness(create);
    (await h.connect()).send('DELETE / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n5\r\nworld\r\n0\r\nX-T: 1\r\n\r\n');
    const exchange = await h.exchange();
    expect(exchange.downstream.request.bodyBytes).toBeUndefined();
    exchange.resume();
    await exchange.until('onEnd');
    expect(exchange.body).toBe('helloworld');
  });

  it('calls onEnd once for a request without a body', async () => {
    const h = await startHarness(create);
    (await h.connect()).send(get());
    const exchange = await h.exchange();
    exchange.resume();
    exchange.resume();
    await exchange.until('onEnd');
    exchange.answer(204);
    await exchange.until('onSent');
    expect(exchange.names).toEqual(['onEnd', 'onSent']);
  });

  it('says 100 Continue at the first resume and not before, and not again', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    const exchange = await h.exchange();
    expect(client.bytes).toBe(0);
    exchange.resume();
    exchange.resume();
    await client.until((text) => text === 'HTTP/1.1 100 Continue\r\n\r\n');
    client.send('ok');
    await exchange.until('onEnd');
    exchange.answer(200, 'fine');
    expect((await client.response()).status).toBe(100);
    expect(await client.response()).toMatchObject({ status: 200, body: 'fine' });
  });

  it('answers an expectation with a final status when the body is not wanted, and does not read on', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send('POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    (await h.exchange()).answer(413, 'no');
    const response = await client.response();
    expect(response.status).toBe(413);
    expect(response.values('connection')).toEqual(['close']);
  });

  it('ignores expectations that it does not know, and those of HTTP/1.0', async () => {
    const h = await startHarness(create);
    const [one, two] = [await h.connect(), await h.connect()];
    one.send(get('/1', 'Expect: miracles\r\n'));
    (await h.exchange()).answer(200);
    two.send('POST /2 HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok');
    const exchange = await h.exchange();
    exchange.resume();
    await exchange.until('onEnd');
    exchange.answer(200);
    expect((await one.response()).status).toBe(200);
    expect((await two.response()).status).toBe(200);
  });

  it('pauses the body: a client that sends on is held back', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    const piece = Buffer.alloc(1 << 20, 'x');
    client.send(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${64 * piece.length}\r\n\r\n`);
    const exchange = await h.exchange();
    exchange.resume();
    let sent = 0;
    const sendMore = (): void => {
      while (sent < 64 && client.socket.write(piece)) sent += 1;
    };
    client.socket.on('drain', sendMore);
    sendMore();
    await exchange.until('onData');
    exchange.downstream.pause();
    const atPause = exchange.body.length;
    // Another connection's round trips, so that whatever were still to be delivered would have been.
    for (let round = 0; round < 20; round += 1) {
      const other = await h.connect();
      other.send(get('/other'));
      (await h.exchange()).answer(200, '', [], true);
      await other.response();
    }
    expect(exchange.body.length).toBe(atPause);
    exchange.abort();
  });

  it('answers pipelined requests in order, whatever the order in which they are done', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(get('/1') + get('/2') + 'POST /3 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    const [one, two, three] = [await h.exchange(), await h.exchange(), await h.exchange()];
    three.resume(); // its 100 may not overtake
    two.downstream.inform(103, ['Link', '</a>']); // nor this one
    two.answer(200, 'two');
    one.respond({ status: 200, bodyBytes: undefined });
    one.write('o');
    one.end('ne');
    expect(await client.response()).toMatchObject({ status: 200, body: 'one' });
    expect(await client.response()).toMatchObject({ status: 200, body: 'two' });
    expect((await client.response()).status).toBe(100);
    client.send('ok');
    await three.until('onEnd');
    three.answer(200, 'three');
    expect(await client.response()).toMatchObject({ status: 200, body: 'three' });
  });

  it('says no 100 Continue after the final head that is waiting for its turn', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(`${get('/1')}POST /2 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
    const [one, two] = [await h.exchange(), await h.exchange()];
    two.resume();
    two.respond({ status: 403, bodyBytes: 2 });
    two.write('n');
    two.end('o');
    one.answer(200, 'one');
    expect((await client.response()).body).toBe('one');
    let second = await client.response();
    if (second.status === 100) second = await client.response();
    expect(second).toMatchObject({ status: 403, body: 'no' });
    expect(client.rest).toBe('');
  });

  it('presents all of many fields', async () => {
    const h = await startHarness(create, { limits: { headersMax: 2000, headerBytes: 65_536 } });
    (await h.connect()).send(get('/', Array.from({ length: 1999 }, (_, index) => `F${index}: v\r\n`).join('')));
    expect((await h.exchange()).downstream.request.fields).toHaveLength(4000);
  });

  it('does not present without end what one client pipelines', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(get().repeat(2000));
    const first = await h.exchange();
    const other = await h.connect();
    other.send(get('/other'));
    for (let exchange = await h.exchange(); exchange.downstream.request.target !== '/other'; exchange = await h.exchange());
    expect(h.exchanges.length).toBeLessThan(300);
    first.abort();
    await client.closed();
  });

  it('presents any upgrade but a WebSocket handshake as an ordinary request, body and all', async () => {
    const h = await startHarness(create);
    for (const request of [
      `POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nContent-Length: 4\r\n\r\nbody`,
      `POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nbody`,
      `GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nbody`,
    ]) {
      const client = await h.connect();
      client.send(request);
      const exchange = await h.exchange();
      expect(exchange.downstream.upgrade).toBeUndefined();
      exchange.resume();
      await exchange.until('onEnd');
      expect(exchange.body).toBe('body');
      exchange.answer(200, 'plain');
      expect(await client.response()).toMatchObject({ status: 200, body: 'plain' });
    }
  });

  it('never answers a request with the response to another, when one before it asked for an upgrade', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(get('/1', 'Connection: Upgrade\r\nUpgrade: h2c\r\n') + get('/2'));
    const first = await h.exchange();
    client.send(get('/3'));
    first.answer(200, 'one');
    const response = await client.response();
    expect(response.body).toBe('one');
    if (response.values('connection').includes('close')) {
      await client.ended();
      expect(client.rest).toBe('');
    } else {
      expect((await h.exchange()).downstream.request.target).toBe('/2');
    }
  });

  it('tells of a client that leaves: before, between and during', async () => {
    const h = await startHarness(create);
    const [one, two, three] = [await h.connect(), await h.connect(), await h.connect()];
    one.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhello');
    const first = await h.exchange();
    first.resume();
    await first.until('onData');
    one.reset();
    expect(await first.until('onAbort')).toEqual(['client-aborted']);

    two.send(get());
    const second = await h.exchange();
    two.end(); // FIN alone: it could be a half-closed client, but hardly ever is
    expect(await second.until('onAbort')).toEqual(['client-aborted']);

    three.send(get());
    const third = await h.exchange();
    third.respond({ status: 200, bodyBytes: 100 });
    third.write('x');
    await three.until((text) => text.endsWith('x'));
    three.reset();
    expect(await third.until('onAbort')).toEqual(['client-aborted']);
    third.write('more');
    third.end();
    third.abort();
  });

  it('tells each of several pipelined exchanges that their client left', async () => {
    const h = await startHarness(create);
    const client = await h.connect();
    client.send(get('/1') + get('/2'));
    const [one, two] = [await h.exchange(), await h.exchange()];
    two.resume();
    await two.until('onEnd');
    client.reset();
    await one.until('onAbort');
    await two.until('onAbort');
  });
}
