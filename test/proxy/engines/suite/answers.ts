/** What the gateway gets of what an origin answers, and which fault it is when that is no answer. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { CreateEngine, Origin } from '../../../../src/proxy/engines/engine.js';
import type { FaultCode } from '../../../../src/proxy/fault.js';
import { answering } from '../../../support/lenient-origin.js';
import type { RawSocket } from '../../../support/raw-socket.js';
import { startHarness } from './harness.js';

const good = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const hasHead = (text: string): boolean => text.includes('\r\n\r\n');

/** `end` and `reset` stand for what the origin does after the bytes before them. */
type Step = string | 'end' | 'reset';

function playing(...steps: readonly Step[]): (connection: RawSocket) => void {
  return (connection) => {
    connection.socket.once('data', () => {
      for (const step of steps) {
        if (step === 'end') connection.end();
        else if (step === 'reset') connection.reset();
        else connection.send(step);
      }
    });
  };
}

const ok = 'HTTP/1.1 200 OK\r\n';
const invalid: readonly (readonly [string, FaultCode, readonly Step[]])[] = [
  ['no HTTP', 'invalid-response', ['hello world\r\n\r\n']],
  ['both framings', 'invalid-response', [`${ok}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`]],
  ['both framings, the other way round', 'invalid-response', [`${ok}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`]],
  ['two lengths', 'invalid-response', [`${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`]],
  ['a length beyond what we count', 'invalid-response', [`${ok}Content-Length: 9007199254740993\r\n\r\nok`]],
  ['a coding that we cannot undo', 'invalid-response', [`${ok}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`]],
  ['a coding without chunks', 'invalid-response', [`${ok}Transfer-Encoding: gzip\r\n\r\nok`, 'end']],
  ['a coding in HTTP/1.0', 'invalid-response', ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n']],
  ['a folded field', 'invalid-response', [`${ok}A: b\r\n c\r\nContent-Length: 0\r\n\r\n`]],
  ['a control character', 'invalid-response', [`${ok}A: b\x01\r\nContent-Length: 0\r\n\r\n`]],
  ['a NUL', 'invalid-response', [`${ok}A: b\0c\r\nContent-Length: 0\r\n\r\n`]],
  ['a space before the colon', 'invalid-response', [`${ok}A : b\r\nContent-Length: 0\r\n\r\n`]],
  ['HTTP/2 in its words', 'invalid-response', ['HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n']],
  ['HTTP/0.9 in its words', 'invalid-response', ['HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n']],
  ['status 099', 'invalid-response', ['HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n']],
  ['status 600', 'invalid-response', ['HTTP/1.1 600 x\r\nContent-Length: 0\r\n\r\n']],
  ['status 1000', 'invalid-response', ['HTTP/1.1 1000 x\r\nContent-Length: 0\r\n\r\n']],
  ['a switch that nobody asked for', 'invalid-response', ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes']],
  ['a switch to nothing', 'invalid-response', ['HTTP/1.1 101 Switching Protocols\r\n\r\n']],
  ['a head without end', 'response-fields-too-large', [`${ok}A: ${'a'.repeat(200_000)}`]],
  ['nothing, with FIN', 'reset-before-response', ['end']],
  ['nothing, with RST', 'reset-before-response', ['reset']],
  ['half a head', 'reset-before-response', ['HTTP/1.1 200 OK\r\nConte', 'end']],
  ['an interim response alone', 'reset-before-response', ['HTTP/1.1 103 Early Hints\r\n\r\n', 'end']],
];

const truncated: readonly (readonly [string, FaultCode, readonly Step[]])[] = [
  ['FIN before the length', 'reset-mid-response', [`${ok}Content-Length: 10\r\n\r\nhalf`, 'end']],
  ['FIN between chunks', 'reset-mid-response', [`${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`, 'end']],
  ['FIN in the last chunk', 'reset-mid-response', [`${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n`, 'end']],
  ['garbage for a chunk', 'invalid-response', [`${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n`]],
];

export function answerTests(create: CreateEngine): void {
  it('delivers status, reason and fields as received, and the body without its coding', async () => {
    const answer = 'HTTP/1.1 207 Multi \xe9\r\nx-B: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX-b:  caf\xc3\xa9 \r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n';
    const h = await startHarness(create, { onConnection: answering(answer) });
    const attempt = h.send({});
    attempt.end();
    const head = await attempt.head();
    expect(head).toMatchObject({ status: 207, reason: 'Multi \xe9', bodyBytes: undefined });
    expect(head.fields.slice(0, 8)).toEqual(['x-B', '1', 'Set-Cookie', 'a', 'Set-Cookie', 'b', 'X-b', 'caf\xc3\xa9']);
    await attempt.until('onEnd');
    expect(attempt.body).toBe('abcde');
    expect(attempt.names.filter((name) => name !== 'onData')).toEqual(['onConnect', 'onHead', 'onEnd']);
  });

  it('reads an answer that comes byte by byte', async () => {
    const h = await startHarness(create);
    const attempt = h.send({});
    const connection = await h.origin.next();
    await connection.until(hasHead);
    await connection.sendSplit([...`${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`]);
    await attempt.until('onEnd');
    expect(attempt.body).toBe('ok');
  });

  it.each([
    ['GET', `${ok}Content-Length: 2\r\n\r\nok`, 2, 'ok'],
    ['GET', `${ok}Content-Length: 0\r\n\r\n`, 0, ''],
    ['GET', 'HTTP/1.1 304 NM\r\nContent-Length: 2\r\n\r\n', 0, ''],
    ['GET', 'HTTP/1.1 304 NM\r\nTransfer-Encoding: chunked\r\n\r\n', 0, ''],
    ['GET', 'HTTP/1.1 204 NC\r\n\r\n', 0, ''],
    ['HEAD', `${ok}Content-Length: 2\r\n\r\n`, 0, ''],
    ['HEAD', `${ok}Transfer-Encoding: chunked\r\n\r\n`, 0, ''],
  ])('%s answered by %j has %s bytes, and leaves the connection fit for the next', async (method, answer, bodyBytes, body) => {
    const h = await startHarness(create);
    const attempt = h.send({ method });
    const connection = await h.origin.next();
    await connection.until(hasHead);
    connection.send(answer);
    expect((await attempt.head()).bodyBytes).toBe(bodyBytes);
    await attempt.until('onEnd');
    expect(attempt.body).toBe(body);
    connection.clear();
    const next = h.send({});
    await connection.until(hasHead);
    connection.send(good);
    await next.until('onEnd');
    expect(next.body).toBe('ok');
  });

  it('reads no body after HEAD, even where nothing tells its length', async () => {
    const h = await startHarness(create, { onConnection: answering(`${ok}\r\n`) });
    const attempt = h.send({ method: 'HEAD' });
    expect((await attempt.head()).bodyBytes).toBe(0);
    await attempt.until('onEnd');
  });

  it('reads a body up to the close', async () => {
    const h = await startHarness(create, { onConnection: playing(`${ok}\r\nall of it`, 'end') });
    const attempt = h.send({});
    expect((await attempt.head()).bodyBytes).toBeUndefined();
    await attempt.until('onEnd');
    expect(attempt.body).toBe('all of it');
  });

  it('does not take a reset for the end of a body up to the close', async () => {
    const h = await startHarness(create);
    const attempt = h.send({});
    const connection = await h.origin.next();
    await connection.until(hasHead);
    connection.send(`${ok}\r\nhalf`);
    await attempt.until('onData');
    connection.reset();
    expect(await attempt.fault()).toBe('reset-mid-response');
  });

  it.each([`${ok}\r\nhalf`, 'HTTP/1.0 200 OK\r\n\r\nhalf'])('nor one that comes right behind %j', async (answer) => {
    const h = await startHarness(create, { onConnection: playing(answer, 'reset') });
    const attempt = h.send({});
    expect(await attempt.fault()).toBe('reset-mid-response');
  });

  it('drops a reason that may not be sent on, and keeps the response', async () => {
    const h = await startHarness(create, { onConnection: answering('HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n') });
    expect(await h.send({}).head()).toMatchObject({ status: 200, reason: '' });
  });

  it('delivers all of many fields, or none', async () => {
    const many = Array.from({ length: 1500 }, (_, index) => `f${index}: v\r\n`).join('');
    const h = await startHarness(create, { onConnection: answering(`${ok}${many}Content-Length: 0\r\n\r\n`) });
    const attempt = h.send({});
    const { name, args } = await attempt.calls.find((call) => call.name === 'onHead' || call.name === 'onFault');
    if (name === 'onFault') expect(args[0]).toBe('response-fields-too-large');
    else expect((args[0] as { fields: string[] }).fields).toHaveLength(3002); // onHead's argument
  });

  it('passes interim responses on, but not 100', async () => {
    const h = await startHarness(create, { onConnection: answering(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nlink: </b>\r\n\r\nHTTP/1.1 102 P\r\n\r\n${good}`) });
    const attempt = h.send({});
    await attempt.until('onEnd');
    expect(attempt.calls.items.filter(({ name }) => name === 'onInform').map(({ args }) => args)).toEqual([[103, ['Link', '</a>', 'link', '</b>']], [102, []]]);
  });

  it.each(invalid)('reports %s as %s', async (_what, code, steps) => {
    const h = await startHarness(create, { onConnection: playing(...steps) });
    const attempt = h.send({});
    attempt.end();
    expect(await attempt.fault()).toBe(code);
    expect(attempt.names).not.toContain('onHead');
    const connection = await h.origin.next();
    await connection.ended();
  });

  it.each(truncated)('reports %s as %s, never as an end', async (_what, code, steps) => {
    const h = await startHarness(create, { onConnection: playing(...steps) });
    const attempt = h.send({});
    expect(await attempt.fault()).toBe(code);
    expect(attempt.names).toContain('onHead');
    expect(attempt.names).not.toContain('onEnd');
  });

  it('does not let a truncated answer end while it is paused', async () => {
    const h = await startHarness(create, { onConnection: playing(`${ok}Content-Length: 10\r\n\r\nhalf`, 'end') });
    const attempt = h.send({});
    await attempt.head();
    attempt.attempt.pause();
    const { socket } = await h.origin.next();
    if (!socket.writableFinished) await once(socket, 'finish');
    attempt.attempt.resume();
    expect(await attempt.fault()).toBe('reset-mid-response');
  });

  it.each([
    ['GET', `${good}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`],
    ['GET', `${good}garbage`],
    ['HEAD', good],
    ['GET', 'HTTP/1.1 204 NC\r\nContent-Length: 4\r\n\r\nevil'],
    ['GET', 'HTTP/1.1 304 NM\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'],
  ])('ends at the end of an answer to %s, and uses no connection on which more came: %j', async (method, answer) => {
    const h = await startHarness(create);
    const attempt = h.send({ method });
    const connection = await h.origin.next();
    await connection.until(hasHead);
    connection.send(answer);
    await attempt.until('onEnd');
    expect(attempt.body).not.toContain('evil');
    const next = h.send({});
    const fresh = await h.origin.next();
    await fresh.until(hasHead);
    fresh.send(good);
    await next.until('onEnd');
    expect(next.body).toBe('ok');
  });

  it('does not give an answer that came unasked to the next request', async () => {
    const h = await startHarness(create);
    const attempt = h.send({});
    const connection = await h.origin.next();
    await connection.until(hasHead);
    connection.send(good);
    await attempt.until('onEnd');
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await connection.ended();
    const next = h.send({});
    const fresh = await h.origin.next();
    await fresh.until(hasHead);
    fresh.send(good);
    await next.until('onEnd');
    expect(next.body).toBe('ok');
  });

  it('ends with an early answer, and does not reuse the half-written connection', async () => {
    const h = await startHarness(create);
    const attempt = h.send({ method: 'POST', bodyBytes: 10 });
    const connection = await h.origin.next();
    await connection.until(hasHead);
    attempt.write('half');
    connection.send('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
    expect((await attempt.head()).status).toBe(413);
    await attempt.until('onEnd');
    await connection.ended();
  });

  it('tells the reset of a connection that was idle too long from others', async () => {
    const h = await startHarness(create);
    const first = h.send({});
    const connection = await h.origin.next();
    await connection.until(hasHead);
    connection.send(good);
    await first.until('onEnd');
    connection.clear();
    const second = h.send({});
    await connection.until(hasHead);
    connection.reset();
    expect(await second.fault()).toBe('reset-before-response');
    expect(await second.until('onConnect')).toEqual([true]);
  });

  it.each(['end', 'reset'] as const)('closes what else is idle when the origin meets a reuse with its %s', async (how) => {
    const h = await startHarness(create);
    const both = [h.send({}), h.send({})];
    const [one, other] = [await h.origin.next(), await h.origin.next()];
    for (const connection of [one, other]) {
      await connection.until(hasHead);
      connection.clear();
      connection.send(good);
    }
    for (const attempt of both) await attempt.until('onEnd');
    const third = h.send({});
    const reused = await Promise.race([one, other].map(async (connection) => (await connection.until(hasHead), connection)));
    reused[how]();
    expect(await third.fault()).toBe('reset-before-response');
    await (reused === one ? other : one).ended();
    expect(await h.send({}).until('onConnect')).toEqual([false]);
  });

  it('says why it could not connect', async () => {
    const h = await startHarness(create);
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo; // it listens on TCP
    await new Promise((resolve) => gone.close(resolve));
    const cases: readonly (readonly [Partial<Origin>, FaultCode])[] = [
      [{ port }, 'connect-refused'],
      [{ host: 'no-such-host.invalid' }, 'connect-failed'],
      [{ host: '255.255.255.255' }, 'connect-failed'],
      [{ scheme: 'https' }, 'tls-failed'],
    ];
    for (const [change, code] of cases) {
      const attempt = h.send({}, { ...h.origin.origin, ...change });
      if (change.scheme === 'https') (await h.origin.next()).send('this is no TLS\r\n');
      expect(await attempt.fault()).toBe(code);
      expect(attempt.names).toEqual(['onFault']);
    }
  });

  it('stops the origin while the answer is paused: 64 MiB do not end up in memory', async () => {
    const h = await startHarness(create);
    const attempt = h.send({});
    const connection = await h.origin.next();
    await connection.until(hasHead);
    const piece = Buffer.alloc(1 << 16);
    const total = 1024 * piece.length;
    connection.send(`${ok}Content-Length: ${total}\r\n\r\n`);
    await attempt.head();
    attempt.attempt.pause();
    const delivered = attempt.body.length;
    let written = 0;
    // As much as the kernel and the engine take: it ends when a write has to wait, and stays so while others are served.
    const writeMore = (): void => {
      while (written < total) {
        written += piece.length;
        if (!connection.socket.write(piece)) return;
      }
    };
    connection.socket.on('drain', writeMore);
    writeMore();
    for (let round = 0; round < 50; round += 1) {
      const other = h.send({ target: '/other' });
      const answerer = h.origin.connections[1] ?? (await h.origin.next());
      await answerer.until(hasHead);
      answerer.clear();
      answerer.send(good);
      await other.until('onEnd');
    }
    expect(written).toBeLessThan(total / 2);
    expect(attempt.body.length - delivered).toBeLessThan(1 << 20);
    attempt.attempt.resume();
    await attempt.until('onEnd');
    expect(attempt.body.length).toBe(total);
  });
}
