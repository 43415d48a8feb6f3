/**
 * Our load generators before small servers that do well, badly, or nothing.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { loadDns } from '../../../bench/harness/own-dns-load.js';
import { loadHttp } from '../../../bench/harness/own-http-load.js';
import { loadHttpPaced } from '../../../bench/harness/paced-http-load.js';
import { systemClock, type Clock } from '../../../src/clock.js';
import { createRandom } from '../../../src/random.js';

const seconds = 0.2;
/** For those that wait for what does not come: a second of it is 50 ms. */
const fast: Clock = {
  ...systemClock,
  monotonicMs: () => 20 * systemClock.monotonicMs(),
  after: (delayMs, callback) => systemClock.after(delayMs / 20, callback),
};

type Answer = (server: Socket, query: Buffer, to: RemoteInfo, count: number) => void;

async function loadedDns(answer: Answer, atOnce = 8, how = { clock: systemClock, seconds }) {
  const server = createSocket('udp4');
  let count = 0;
  server.on('message', (query, to) => answer(server, query, to, (count += 1)));
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const load = await loadDns({ server: server.address(), seconds: how.seconds, atOnce }, 'www.roundhouse.test', how.clock);
  server.close();
  return { ...load, count };
}

/** @param rcode of the response */
function respond(server: Socket, query: Buffer, { port, address }: RemoteInfo, rcode = 0): void {
  const response = Buffer.from(query);
  response.writeUInt16BE(0x8400 | rcode, 2);
  server.send(response, port, address);
}

describe('the DNS load', () => {
  it('asks the question on several sockets, and never more than so many at a time', async () => {
    const asked = new Set<string>();
    const ports = new Set<number>();
    let underWay = 0;
    let most = 0;
    const { answers, failures, count, seconds: took } = await loadedDns((server, query, to) => {
      asked.add(query.toString('latin1', 2));
      ports.add(to.port);
      underWay += 1;
      most = Math.max(most, underWay);
      setImmediate(() => {
        underWay -= 1;
        respond(server, query, to);
      });
    }, 40);
    expect([...asked]).toEqual(['\0\0\0\x01\0\0\0\0\0\0\x03www\x0aroundhouse\x04test\0\0\x01\0\x01']);
    expect(ports.size).toBe(3);
    expect(most).toBeLessThanOrEqual(40);
    expect([answers, failures]).toEqual([count, {}]);
    expect(took).toBeGreaterThanOrEqual(seconds * 0.9);
  });

  it('counts answers that are none, and what is lost', async () => {
    const bad = await loadedDns((server, query, to, count) => {
      if (count !== 3) respond(server, query, to, count % 4 === 0 ? 2 : 0);
    }, 8, { clock: fast, seconds: 4 });
    expect(bad.failures).toEqual({ SERVFAIL: Math.floor(bad.count / 4), lost: 1 });
    expect(bad.answers).toBe(bad.count - 1);
    const silent = await loadedDns(() => undefined, 8, { clock: fast, seconds: 0.5 });
    expect(silent).toMatchObject({ answers: 0, seconds: 0.5, failures: { lost: 8 } });
  });

  it('takes no answer twice, and none of another query', async () => {
    const { answers, count, failures } = await loadedDns((server, query, to) => {
      const other = Buffer.from(query);
      other.writeUInt16BE(query.readUInt16BE(0) ^ 0x8000);
      respond(server, other, to);
      server.send(Buffer.from('short'), to.port, to.address);
      respond(server, query, to);
      respond(server, query, to);
    });
    expect([answers, failures]).toEqual([count, {}]);
  });
});

async function loadedHttp(listener: RequestListener, atOnce = 4, how = { clock: systemClock, seconds }) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let connections = 0;
  server.on('connection', () => (connections += 1));
  const load = await loadHttp({ server: server.address() as AddressInfo, seconds: how.seconds, atOnce }, how.clock);
  server.closeAllConnections();
  server.close();
  return { ...load, connections };
}

describe('the HTTP load', () => {
  it('keeps its connections, with one request under way on each', async () => {
    let served = 0;
    const { answers, failures, connections } = await loadedHttp((request, response) => {
      served += 1;
      response.setHeader('Content-Length', 5).end(`${request.method} ${request.url}`);
    });
    expect([connections, failures]).toEqual([4, {}]);
    expect(answers).toBeGreaterThan(10);
    expect(served - answers).toBeLessThanOrEqual(4); // under way when the time was over
  });

  it('counts bad statuses, broken connections and what it cannot read', async () => {
    let served = 0;
    const { failures, answers } = await loadedHttp((_, response) => {
      served += 1;
      if (served === 5) response.destroy();
      else if (served === 6) response.socket?.end('no response\r\n\r\n');
      else response.writeHead(served % 3 === 0 ? 502 : 200, { 'Content-Length': 0 }).end();
    });
    expect(failures).toMatchObject({ 'status 502': expect.any(Number), 'closed too early': 1, unreadable: 1 });
    expect(answers).toBeGreaterThan(6);
  });

  it('gives up what hangs, and goes on with another connection', async () => {
    let served = 0;
    const { failures, answers } = await loadedHttp((_, response) => {
      served += 1;
      if (served !== 7) response.writeHead(200, { 'Content-Length': 0 }).end();
    }, 2, { clock: fast, seconds: 6 });
    expect(failures).toEqual({ 'timed out': 1 });
    expect(answers).toBeGreaterThan(7);
  });

  it('opens another connection when the server closes one', async () => {
    const closing = await loadedHttp((_, response) => response.writeHead(200, { 'Content-Length': 0, Connection: 'close' }).end());
    expect(closing.failures).toEqual({});
    expect(closing.connections).toBeGreaterThanOrEqual(closing.answers);
  });

  it('takes a response that ends with its connection', async () => {
    const { failures, answers, connections } = await loadedHttp((_, response) => response.socket?.end('HTTP/1.1 200 OK\r\n\r\nbody'));
    expect(failures).toEqual({});
    expect(answers).toBeGreaterThan(4);
    expect(connections).toBeGreaterThanOrEqual(answers);
  });

  it('ends early when nobody takes its connections', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const load = await loadHttp({ server: { address: '127.0.0.1', port }, seconds: 60, atOnce: 4 }, systemClock);
    expect(load).toMatchObject({ answers: 0, failures: { ECONNREFUSED: 4 } });
  });
});

async function pacedHttp(listener: RequestListener, perS: number, atOnce = 8) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const aim = { server: server.address() as AddressInfo, seconds: 1, atOnce, perS };
  const load = await loadHttpPaced(aim, systemClock, createRandom(1));
  server.closeAllConnections();
  server.close();
  return load;
}

describe('the HTTP load at a rate', () => {
  it('asks at random times, as often as it is told, whatever the answers take', async () => {
    const beganMs: number[] = [];
    const { answers, failures, seconds: took, latency } = await pacedHttp((_, response) => {
      beganMs.push(systemClock.monotonicMs());
      setTimeout(() => response.end(), 20);
    }, 200);
    expect(failures).toEqual({});
    const expected = 200 * took;
    expect(Math.abs(answers - expected)).toBeLessThan(6 * Math.sqrt(expected)); // a Poisson process
    const gaps = beganMs.slice(1).map((at, place) => at - (beganMs[place] ?? 0));
    expect(gaps.filter((gap) => gap > 10).length).toBeGreaterThan(5); // e^-2 of them, were there no delays
    expect(gaps.filter((gap) => gap < 2.5).length).toBeGreaterThan(20);
    expect(latency?.p50Ms).toBeGreaterThanOrEqual(19);
    expect(latency?.p999Ms).toBeGreaterThanOrEqual(latency?.p99Ms ?? Infinity);
    expect(latency?.lateP99Ms).toBeGreaterThan(0);
  });

  it('counts the wait for a connection: a server that does two thirds of it falls behind', async () => {
    const { failures, latency } = await pacedHttp((_, response) => void setTimeout(() => response.end(), 40), 75, 2);
    expect(failures).toEqual({}); // all are answered in the end, which comes late
    expect(latency?.p99Ms).toBeGreaterThan(300); // a closed loop would say 40
  });

  it('says what was never answered, and how long that has waited at least', async () => {
    let served = 0;
    const { failures, latency } = await pacedHttp((_, response) => void ((served += 1) <= 20 && response.end()), 100, 8);
    expect(failures['timed out']).toBeGreaterThanOrEqual(8);
    expect(failures['unanswered']).toBeGreaterThan(50);
    expect(latency?.p99Ms).toBeGreaterThan(1000);
  });
});
