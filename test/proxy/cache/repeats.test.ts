/**
 * Prepared answers to heads that come again: the same as without, for as long as they would be, and not a moment longer.
 */
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createNativeEngine } from '../../../src/proxy/engines/native/native.js';
import { startHttpOrigin } from '../../support/origin-http.js';
import { keep, startWorkerWith, until } from '../worker-harness.js';
import { cacheSettings, expectAnswer, openCache, type CacheHarness } from './cache-harness.js';

const fresh = ['Cache-Control', 'max-age=60'];

/** One answer is stored, and was given once from the cache, so that the next is a repeat. */
function primed(overrides: Parameters<typeof openCache>[1] = {}, fields = fresh, body = 'body'): CacheHarness {
  const cache = openCache({}, overrides);
  cache.get();
  cache.answer(fields, body);
  cache.get();
  expect(cache.engine.repeats).toBe(0);
  return cache;
}

describe('a repeat', () => {
  it('gets what it got, with the age of its own moment, and is recorded and counted like any hit', () => {
    const { get, advance, engine, records, cacheStats, stats, status } = primed();
    const before = stats.responseBodyBytesTotal;
    for (const [ms, age] of [[900, '0'], [100, '1'], [999, '1'], [1, '2'], [58_000 - 1, '59']] as const) {
      advance(ms);
      const client = get();
      expectAnswer(client, 200, 'body');
      expect([client.field('age'), status(client)]).toEqual([age, `w1; hit; ttl=${60 - Number(age)}`]);
    }
    expect(engine.repeats).toBe(5);
    expect(engine.attempts).toHaveLength(1);
    const [slow, last] = [records[1], records.at(-1)];
    const own = { id: '', startedMs: 0, totalMs: 0 };
    expect({ ...last, ...own }).toEqual({ ...slow, ...own });
    expect([last?.id, last?.startedMs]).toEqual([last?.id, (slow?.startedMs ?? 0) + 59_999]);
    expect(last?.id).not.toBe(slow?.id);
    expect(cacheStats.requests.at(0)).toBe(6);
    expect(stats.requests.at(0, 1)).toBe(7);
    expect(stats.responseBodyBytesTotal - before).toBe(20);
  });

  it('has the head and no body for HEAD, the part for a range, and 304 where that was the answer', () => {
    const cache = primed({}, [...fresh, 'ETag', '"a"']);
    for (const round of [0, 1]) {
      const head = cache.get('/', [], { method: 'HEAD' });
      expectAnswer(head, 200, '');
      expect(head.head).toMatchObject({ bodyBytes: 0 });
      expect(head.field('content-length')).toBe('4');
      const part = cache.get('/', ['Range', 'bytes=1-2']);
      expectAnswer(part, 206, 'od');
      expect(part.field('content-range')).toBe('bytes 1-2/4');
      expectAnswer(cache.get('/', ['If-None-Match', '"a"']), 304, '');
      expect(cache.engine.repeats).toBe(3 * round);
      expect(cache.records.slice(-3).map(({ responseBodyBytes }) => responseBodyBytes)).toEqual([0, 2, 0]);
    }
  });

  it.each([4096, 4097, 65_536])('gives all of %i bytes', (size) => {
    const { get, engine } = primed({}, fresh, 'x'.repeat(size));
    expectAnswer(get(), 200, 'x'.repeat(size));
    expect(engine.repeats).toBe(1);
  });
});

describe('no repeat is', () => {
  const noRepeat = (cache: CacheHarness, act: (cache: CacheHarness) => void): void => {
    expectAnswer(cache.get(), 200, 'body');
    expect(cache.engine.repeats).toBe(1);
    act(cache);
    expect(cache.engine.repeats).toBe(1);
  };

  it('what is not fresh any more', () => {
    noRepeat(primed(), ({ advance, get, answer, engine }) => {
      advance(60_000);
      const client = get();
      expect(engine.attempts).toHaveLength(2);
      answer(fresh, 'news');
      expectAnswer(client, 200, 'news');
    });
  });

  it('what was removed, replaced, or has a sibling that may be chosen in its place', () => {
    noRepeat(primed(), ({ get, answer, engine }) => {
      get('/', [], { method: 'POST' });
      answer([], '', 200);
      get();
      expect(engine.attempts).toHaveLength(3);
    });
    noRepeat(primed(), ({ get, answer }) => {
      get('/', ['Cache-Control', 'no-cache']);
      answer(fresh, 'news');
      expectAnswer(get(), 200, 'news');
    });
    noRepeat(primed({}, [...fresh, 'Vary', 'X']), ({ get, answer }) => {
      get('/', ['X', '1']);
      answer([...fresh, 'Vary', 'X'], 'other');
      expectAnswer(get(), 200, 'body');
    });
  });

  it('what asks a word of its own of caches', () => {
    const { get, engine } = primed();
    for (let i = 0; i < 3; i += 1) expectAnswer(get('/', ['Cache-Control', 'max-age=10']), 200, 'body');
    expect(engine.repeats).toBe(0);
  });

  it('the same text over TLS, from who is believed what it says of others, of HTTP/1.0, or when the worker stops', () => {
    noRepeat(primed({ trustedNetworks: ['10.0.0.0/8'] }), ({ get, gateway, engine }) => {
      get('/', [], { client: { secure: true } });
      expect(engine.attempts).toHaveLength(2);
      for (let i = 0; i < 2; i += 1) get('/', [], { client: { address: '10.1.2.3' } });
      for (let i = 0; i < 2; i += 1) get('/', [], { version: '1.0' });
      gateway.drain();
      expect(get().close).toBe(true);
    });
  });

  it('remembered beyond a sixteenth of the cache, the oldest first', () => {
    const { get, engine } = primed();
    const long = (i: number): string[] => ['X-Long', `${i}${'x'.repeat(3000)}`];
    for (let i = 0; i < 20; i += 1) get('/', long(i));
    get('/', long(19));
    expect(engine.repeats).toBe(1);
    get('/', long(0));
    expect(engine.repeats).toBe(1);
    for (let i = 0; i < 2; i += 1) get('/', ['X-Long', 'x'.repeat(5000)]);
    expect(engine.repeats).toBe(1);
  });
});

describe('over sockets', () => {
  const start = async (size: number) => {
    const body = Buffer.alloc(size, 'b');
    const origin = keep(
      await startHttpOrigin((request, response) => {
        response.writeHead(200, { 'Cache-Control': request.url === '/no' ? 'no-store' : 'max-age=60', 'Content-Length': size }).end(body);
      }),
    );
    const cache = { ...cacheSettings, bytesMax: 50_000_000 };
    const running = await startWorkerWith(createNativeEngine, [origin.url], { cache });
    return { origin, ...running };
  };
  const open = ({ address, port }: { address: string; port: number }): { socket: Socket; text: () => string } => {
    const socket = connect(port, address);
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
    return { socket, text: () => text };
  };
  /** What has grown, and has not for a tenth of a second: that nothing happens has no event. */
  const settled = async (read: () => number): Promise<number> => {
    const first = read();
    await until(() => read() > first);
    for (let last = -1; last !== read(); await new Promise((resolve) => setTimeout(resolve, 100))) last = read();
    return read();
  };
  const head = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
  const count = (text: string, what: string): number => text.split(what).length - 1;

  it('keeps the order of pipelined requests, whoever answers them, and the bytes between them', async () => {
    const { worker, origin } = await start(10);
    const { socket, text } = open(worker.address());
    const targets = ['/a', '/a', '/a', '/no', '/a', '/a', '/no', '/no', '/a'];
    for (const target of ['/a', '/a']) {
      const seen = count(text(), 'HTTP/1.1 200');
      socket.write(head(target));
      await until(() => count(text(), 'HTTP/1.1 200') > seen && text().endsWith('b'.repeat(10)));
    }
    const before = text().length;
    socket.write(targets.map(head).join('').slice(0, -2));
    socket.write('\r\n');
    await until(() => count(text().slice(before), 'b'.repeat(10)) === targets.length);
    const words = text().slice(before).split('HTTP/1.1 200').slice(1).map((part) => (part.includes('; hit') ? '/a' : '/no'));
    expect(words).toEqual(targets);
    expect(count(text().slice(before), '\r\n\r\nbbbbbbbbbb')).toBe(targets.length);
    expect(origin.requests).toHaveLength(4);
    socket.destroy();
  });

  it.each(['', 'Cache-Control: max-age=50\r\n'])('holds back a client that asks and does not read (with %j), and gives it all when it does', async (line) => {
    const size = 60_000;
    const { worker } = await start(size);
    const { socket, text } = open(worker.address());
    const request = head('/a').replace('\r\n\r\n', `\r\n${line}\r\n`);
    socket.write(request);
    await until(() => text().endsWith('b'.repeat(size)));
    socket.pause();
    const asked = 600;
    socket.write(request.repeat(asked));
    const answered = await settled(() => worker.stats.requests.at(0, 1));
    expect(answered).toBeGreaterThan(2);
    expect(answered).toBeLessThan(asked / 2); // what the kernel's buffers took
    let bytes = 0;
    socket.removeAllListeners('data').on('data', (chunk: string) => (bytes += chunk.length));
    socket.resume();
    await until(() => worker.stats.requests.at(0, 1) === asked + 1);
    await until(() => bytes >= asked * size);
    socket.destroy();
  });

  it('gives a client that is slow what it was promised, also when the worker stops meanwhile', async () => {
    const size = 60_000;
    const { worker } = await start(size);
    const { socket, text } = open(worker.address());
    socket.write(head('/a'));
    await until(() => text().endsWith('b'.repeat(size)));
    socket.pause();
    socket.write(head('/a').repeat(200));
    const answered = await settled(() => worker.stats.requests.at(0, 1));
    expect(answered).toBeGreaterThan(2);
    const stopped = worker.stop(5000);
    socket.resume();
    await stopped;
    await until(() => socket.closed);
    expect(count(text(), 'b'.repeat(size))).toBeGreaterThanOrEqual(answered);
    expect(count(text(), 'b'.repeat(size))).toBe(count(text(), 'HTTP/1.1 200'));
  });
});
