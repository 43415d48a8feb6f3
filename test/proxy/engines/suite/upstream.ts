/** What the origin gets of what the gateway asks. */
import { expect, it } from 'vitest';
import type { CreateEngine, UpstreamRequest } from '../../../../src/proxy/engines/engine.js';
import { dechunk } from '../../../support/raw-client.js';
import type { RawSocket } from '../../../support/raw-socket.js';
import { startHarness, type Harness } from './harness.js';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const hasHead = (text: string): boolean => text.includes('\r\n\r\n');

interface SentHead {
  readonly line: string;
  readonly fields: readonly string[];
  readonly rest: string;
}

async function headAt(connection: RawSocket): Promise<SentHead> {
  const text = await connection.until(hasHead);
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...fields] = text.slice(0, end).split('\r\n');
  return { line, fields, rest: text.slice(end + 4) };
}

const framing = ({ fields }: SentHead): string[] => fields.filter((field) => /^(content-length|transfer-encoding):/i.test(field)).map((field) => field.toLowerCase());

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

export function upstreamTests(create: CreateEngine): void {
  it.each(['/', '//a//b/', '/a/../b/./c', '/?', '/a?b?c=//d', '/http:/x//y', '/https://z', '/%2e%2e//%00', '/a|b\\c"<>^`{}', '/;p=1?q&#'.slice(0, -1), `/${'x'.repeat(5000)}`])(
    'sends the target %s as it is',
    async (target) => {
      const h = await startHarness(create);
      h.send({ target });
      expect((await headAt(await h.origin.next())).line).toBe(`GET ${target} HTTP/1.1`);
    },
  );

  it('sends OPTIONS *', async () => {
    const h = await startHarness(create);
    h.send({ method: 'OPTIONS', target: '*' });
    expect((await headAt(await h.origin.next())).line).toBe('OPTIONS * HTTP/1.1');
  });

  it('sends fields as given, Host first and as it is', async () => {
    const h = await startHarness(create);
    h.send({ fields: ['hOst', 'Example:0080', 'X-B', '1', 'x-a', 'caf\xc3\xa9 \xe9', 'Accept', 'a', 'accept', 'b', 'Cookie', 'c=1', 'Content-Disposition', 'form-data; name="\xe9"'] });
    const { fields } = await headAt(await h.origin.next());
    expect(fields.slice(0, 7).map((field) => field.replace(/^accept/, 'Accept'))).toEqual([
      'hOst: Example:0080', 'X-B: 1', 'x-a: caf\xc3\xa9 \xe9', 'Accept: a', 'Accept: b', 'Cookie: c=1', 'Content-Disposition: form-data; name="\xe9"',
    ]);
    expect(fields.filter((field) => /^host:/i.test(field))).toHaveLength(1);
  });

  it.each(methods)('frames a chunked %s by Transfer-Encoding alone', async (method) => {
    const h = await startHarness(create);
    const attempt = h.send({ method, bodyBytes: undefined });
    await attempt.until('onConnect');
    attempt.write('GET /smuggled HTTP/1.1\r\n\r\n');
    attempt.write('');
    attempt.write('x');
    attempt.end();
    const connection = await h.origin.next();
    await connection.until((text) => text.endsWith('0\r\n\r\n'));
    const head = await headAt(connection);
    expect(framing(head)).toEqual(['transfer-encoding: chunked']);
    expect(dechunk(head.rest)).toBe('GET /smuggled HTTP/1.1\r\n\r\nx');
  });

  it.each(methods)('frames a %s of known length by Content-Length alone', async (method) => {
    const h = await startHarness(create);
    const attempt = h.send({ method, bodyBytes: 5 });
    attempt.write('he');
    attempt.write('llo');
    attempt.end();
    const connection = await h.origin.next();
    await connection.until((text) => text.endsWith('hello'));
    const head = await headAt(connection);
    expect(framing(head)).toEqual(['content-length: 5']);
    expect(head.rest).toBe('hello');
  });

  it.each(methods)('sends a %s without a body, and nothing that follows the head', async (method) => {
    const h = await startHarness(create, { onConnection: (connection) => connection.socket.once('data', () => connection.send(ok)) });
    const attempt = h.send({ method });
    attempt.end();
    await attempt.until('onEnd');
    const head = await headAt(await h.origin.next());
    // RFC 9110 §8.6: said where content is expected, not said where it has no meaning, and either way for the rest.
    if (['POST', 'PUT', 'PATCH'].includes(method)) expect(framing(head)).toEqual(['content-length: 0']);
    else if (['GET', 'HEAD', 'TRACE'].includes(method)) expect(framing(head)).toEqual([]);
    else expect([[], ['content-length: 0']]).toContainEqual(framing(head));
    expect(head.rest).toBe('');
  });

  it('never sends two framings, whatever fields it is given', async () => {
    const h = await startHarness(create);
    const fields = ['Host', 'o', 'Content-Length', '99', 'Transfer-Encoding', 'gzip, chunked', 'transfer-encoding', 'x', 'Expect', '100-continue', 'Connection', 'close', 'TE', 'trailers', 'Trailer', 'A', 'Upgrade', 'h2c', 'Keep-Alive', 'x'];
    for (const bodyBytes of [0, 3, undefined]) {
      const attempt = h.send({ method: 'DELETE', fields, bodyBytes });
      if (bodyBytes !== 0) attempt.write('abc');
      attempt.end();
      const head = await headAt(await h.origin.next());
      expect(framing(head)).toEqual(bodyBytes === 0 ? [] : bodyBytes === 3 ? ['content-length: 3'] : ['transfer-encoding: chunked']);
      expect(head.fields.filter((field) => /^(expect|te|trailer|upgrade|keep-alive|connection: close)/i.test(field))).toEqual([]);
    }
  });

  it('sends the head without waiting for the body', async () => {
    const h = await startHarness(create);
    h.send({ method: 'POST', bodyBytes: 5 });
    expect((await headAt(await h.origin.next())).rest).toBe('');
  });

  const requests: readonly (readonly [string, Partial<UpstreamRequest>])[] = [
    ['a line break in a value', { fields: ['Host', 'o', 'A', 'b\r\nC: d'] }],
    ['a NUL in a value', { fields: ['Host', 'o', 'A', '\0'] }],
    ['a line break in a name', { fields: ['Host', 'o', 'A\r\nB', 'c'] }],
    ['a space in the target', { target: '/a b' }],
    ['a line break in the target', { target: '/ HTTP/1.1\r\nA: b' }],
    ['a target beyond ASCII', { target: '/\u{1f600}' }],
    ['an absolute target', { target: 'http://o/' }],
    ['an empty target', { target: '' }],
    ['a space in the method', { method: 'GET /x HTTP/1.1\r\n' }],
    ['CONNECT', { method: 'CONNECT' }],
    ['half a byte', { bodyBytes: 0.5 }],
  ];
  it.each(requests)('refuses to send %s', async (_what, request) => {
    const h = await startHarness(create);
    expect(() => h.send(request)).toThrow(RangeError);
    expect(h.origin.connections).toHaveLength(0);
  });

  it('cuts a request whose body is not as long as promised', async () => {
    const h = await startHarness(create);
    for (const spoil of ['longer', 'shorter']) {
      const attempt = h.send({ method: 'POST', bodyBytes: 5 });
      const connection = await h.origin.next();
      attempt.write('four');
      attempt.stop();
      expect(() => (spoil === 'longer' ? attempt.write('xx') : attempt.end())).toThrow(RangeError);
      await connection.ended();
      expect(connection.text).not.toContain('xx');
    }
  });

  it('tells when it is connected, and whether it was before', async () => {
    const h = await startHarness(create);
    const first = h.send({});
    expect(await first.until('onConnect')).toEqual([false]);
    const connection = await h.origin.next();
    await connection.until(hasHead);
    connection.send(ok);
    await first.until('onEnd');
    connection.clear();
    const second = h.send({ target: '/second' });
    expect(await second.until('onConnect')).toEqual([true]);
    expect((await headAt(connection)).line).toBe('GET /second HTTP/1.1');
    connection.send(ok);
    await second.until('onEnd');
    expect(h.engine.stats).toMatchObject({ originConnections: 1, originConnectionsTotal: 1 });
  });

  it('waits for a place when the origin has all the connections it may have', async () => {
    const h = await startHarness(create, { limits: { originConnectionsMax: 1 } });
    const first = h.send({ target: '/1' });
    const second = h.send({ target: '/2' });
    const connection = await h.origin.next();
    await connection.until((text) => text.includes('/1'));
    expect(second.names).toEqual([]);
    connection.send(ok);
    await first.until('onEnd');
    await connection.until((text) => text.includes('/2'));
    connection.send(ok);
    await second.until('onEnd');
    expect(second.names[0]).toBe('onConnect');
    expect(h.engine.stats.originConnectionsTotal).toBe(1);
  });

  it('holds the writer back while the origin does not read, and asks for more when it does', async () => {
    const h = await startHarness(create);
    const piece = Buffer.alloc(1 << 16);
    const total = 512 * piece.length;
    const attempt = h.send({ method: 'PUT', bodyBytes: total });
    const connection = await h.origin.next();
    connection.pause();
    let written = 0;
    const writeMore = (): void => {
      while (written < total) {
        written += piece.length;
        if (!attempt.write(piece) && written < total) return;
      }
      attempt.end();
    };
    writeMore();
    expect(written).toBeLessThan(total / 2);
    connection.resume();
    for (let drains = 0; written < total; drains += 1) {
      await attempt.calls.find(() => attempt.names.filter((name) => name === 'onDrain').length > drains);
      writeMore();
    }
    await connection.untilBytes(total);
    connection.send(ok);
    await attempt.until('onEnd');
  });

  it('ends the connection when aborted, in any phase, and says nothing more', async () => {
    const h = await startHarness(create);
    const phases: ((attempt: Awaited<ReturnType<Harness['send']>>, connection: RawSocket) => Promise<unknown>)[] = [
      async () => undefined,
      async (attempt) => attempt.write('half'),
      async (attempt, connection) => {
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n');
        return attempt.head();
      },
      async (attempt, connection) => {
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
        return attempt.until('onData');
      },
    ];
    for (const reach of phases) {
      const attempt = h.send({ method: 'POST', bodyBytes: 10 });
      const connection = await h.origin.next();
      await connection.until(hasHead);
      await reach(attempt, connection);
      attempt.abort();
      attempt.abort();
      attempt.write('more');
      attempt.end();
      await connection.ended();
      connection.end();
      await connection.closed();
    }
  });

  it('passes a connection over those that stopped waiting for it', async () => {
    const h = await startHarness(create, { limits: { originConnectionsMax: 1 } });
    const [first, second, third] = [h.send({ target: '/1' }), h.send({ target: '/2' }), h.send({ target: '/3' })];
    const connection = await h.origin.next();
    await connection.until((text) => text.includes('/1'));
    second.abort();
    connection.send(ok);
    await first.until('onEnd');
    await connection.until((text) => text.includes('/3'));
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
    await third.head();
    connection.send('ok');
    await third.until('onEnd');
    expect(third.names[0]).toBe('onConnect');
    expect(connection.text).not.toContain('/2');
    expect(h.engine.stats.originConnections).toBe(1);
  });

  it('can be aborted before it is connected, or has a place', async () => {
    const h = await startHarness(create, { limits: { originConnectionsMax: 1 } });
    const [first, second] = [h.send({}), h.send({})];
    first.abort();
    second.abort();
    const third = h.send({ target: '/3' });
    for (let connection = await h.origin.next(); ; connection = await h.origin.next()) {
      const text = await connection.until(hasHead).catch(() => '');
      if (!text.includes('/3')) continue;
      connection.send(ok);
      break;
    }
    await third.until('onEnd');
  });
}
