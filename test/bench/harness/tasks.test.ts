/**
 * What a server must answer before it is measured.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { checkDns } from '../../../bench/harness/dns-task.js';
import { checkCache, checkProxy } from '../../../bench/harness/proxy-task.js';
import { bodies, type BodyPath } from '../../../bench/contenders/responses.js';

/** @param flags of the response. @param last bytes of the addresses in it */
async function checkedDns(flags: number, lasts: readonly number[]): Promise<void> {
  const server = createSocket('udp4');
  server.on('message', (query, { port, address }) => {
    const question = query.subarray(0, query.indexOf(0, 12) + 5);
    const records = lasts.map((last) => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, last]));
    const response = Buffer.concat([question, ...records]);
    response.writeUInt16BE(flags, 2);
    response.writeUInt16BE(lasts.length, 6);
    response.writeUInt16BE(0, 10);
    server.send(response, port, address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  await checkDns(server.address()).finally(() => server.close());
}

describe('a DNS server', () => {
  it('must give the four addresses, in whatever order, with authority', async () => {
    await checkedDns(0x8400, [3, 1, 4, 2]);
  });

  it.each([
    ['three addresses', 0x8400, [1, 2, 3], 'it answered NOERROR A 192.0.2.1, A 192.0.2.2, A 192.0.2.3, not A 192.0.2.1, '],
    ['another address', 0x8400, [1, 2, 3, 5], 'A 192.0.2.5, not'],
    ['five', 0x8400, [1, 2, 3, 4, 4], 'it answered'],
    ['a refusal', 0x8405, [], 'it answered REFUSED , not'],
    ['no authority', 0x8000, [1, 2, 3, 4], 'it answered without authority'],
  ])('must not give %s', async (_, flags, lasts, complaint) => {
    await expect(checkedDns(flags, lasts)).rejects.toThrow(complaint);
  });
});

async function checkedProxy(listener: RequestListener, path: BodyPath = '/'): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await checkProxy(server.address() as AddressInfo, path).finally(() => {
    server.closeAllConnections();
    server.close();
  });
}

it('a cache must not ask again for what it could have stored', async () => {
  let made = 0;
  const asked = async (count: () => number): Promise<void> => {
    const server = createServer((_, response) => response.setHeader('X-Made', count()).end(bodies['/cached'])).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await checkCache(server.address() as AddressInfo).finally(() => {
      server.closeAllConnections();
      server.close();
    });
  };
  await asked(() => 1);
  await expect(asked(() => (made += 1))).rejects.toThrow('it asked the origin again');
});

describe('a proxy', () => {
  it('must bring the body of the origin', async () => {
    await checkedProxy((_, response) => response.end('x'.repeat(100)));
    await checkedProxy(({ url }, response) => response.end(url === '/large' ? bodies['/large'] : ''), '/large');
  });

  it('must not change a byte of a large one', async () => {
    const other = Buffer.from(bodies['/large']);
    other[500_000] = (other[500_000] ?? 0) + 1;
    await expect(checkedProxy((_, response) => response.end(other), '/large')).rejects.toThrow('it answered 200 with 1048576 bytes, ');
  });

  it.each<readonly [string, RequestListener, string | RegExp]>([
    ['another status', (_, response) => response.writeHead(502).end('x'.repeat(100)), 'it answered 502 with 100 bytes, "xxx'],
    ['another body', (_, response) => response.end('x'.repeat(99)), 'it answered 200 with 99 bytes, "xxx'],
    ['half a body', (_, response) => response.writeHead(200, { 'Content-Length': 100 }).write('x', () => response.destroy()), 'aborted'],
    ['nothing', (_, response) => response.destroy(), 'socket hang up'],
  ])('must not bring %s', async (_, listener, complaint) => {
    await expect(checkedProxy(listener)).rejects.toThrow(complaint);
  });
});
