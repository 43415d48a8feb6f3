import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { createVirtualClock, systemClock, type VirtualClock } from '../../src/clock.js';
import { createDnsClient, type DnsClient } from '../../src/dns/client.js';
import { createDnsServer, type DnsServer } from '../../src/dns/server.js';
import type { TcpLimits } from '../../src/dns/tcp.js';
import { typeCodes } from '../../src/dns/wire.js';
import { silentLog } from '../../src/log.js';
import { tcpCloseReasons } from '../../src/dns/stats.js';
import type { SocketAddress } from '../../src/service.js';
import { createDnsFixture, header, opt, query, type DnsFixture } from '../support/dns-fixture.js';
import { frame, openRawTcp, type RawTcp } from '../support/dns-tcp.js';

const { A, TXT } = typeCodes;
const www = 'www.roundhouse.test';
const down = { health: 'down', reason: 'probe-refused', detail: '', sinceMs: 0, stableForMs: 0 } as const;

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Running extends DnsFixture {
  readonly server: DnsServer;
  readonly at: SocketAddress;
  readonly clock: VirtualClock;
  closed(reason: (typeof tcpCloseReasons)[number]): number;
}

const limits: TcpLimits = { connectionsMax: 256, idleMs: 10_000, pipelineMax: 128 };

async function run(tcp: Partial<TcpLimits> = {}, at = { address: '127.0.0.1', port: 0 }): Promise<Running> {
  const fixture = createDnsFixture();
  const clock = createVirtualClock();
  const server = createDnsServer({ ...fixture, listen: at, tcp: { ...limits, ...tcp }, clock, log: silentLog });
  await server.start();
  cleanups.push(async () => {
    const stopped = server.stop(0);
    clock.advance(1);
    await stopped;
    expect(fixture.stats.tcpConnections).toBe(0);
    expect(clock.pending()).toBe(0);
  });
  const closed: Running['closed'] = (reason) => fixture.stats.tcpClosed.at(tcpCloseReasons.indexOf(reason));
  return { ...fixture, server, at: server.address(), clock, closed };
}

function client(at: SocketAddress): DnsClient {
  const made = createDnsClient({ server: at, timeoutMs: 2000, clock: systemClock });
  cleanups.push(() => made.close());
  return made;
}

async function tcp(at: SocketAddress): Promise<RawTcp> {
  const opened = await openRawTcp(at);
  cleanups.push(() => opened.socket.destroy());
  return opened;
}

/** A whole exchange on a connection of its own: whatever was sent before it has been seen by the server after it. */
async function barrier(at: SocketAddress): Promise<void> {
  const { socket, messages } = await openRawTcp(at);
  socket.end(frame(query(www, A)));
  await messages(1);
  await once(socket, 'close');
}

const ids = (messages: readonly Buffer[]): number[] => messages.map((message) => header(message).id);

describe('even shares over real sockets', () => {
  async function firsts(asker: DnsClient, type: string, count: number): Promise<Record<string, number>> {
    const seen: Record<string, number> = {};
    for (let asked = 0; asked < count; asked += 1) {
      const { answers } = await asker.ask(www, type);
      const first = answers[0]?.data ?? 'none';
      seen[first] = (seen[first] ?? 0) + 1;
    }
    return seen;
  }

  it('4,000 sequential queries over four members: exactly 1000 first places each', async () => {
    const { at, stats } = await run();
    expect(await firsts(client(at), 'A', 4000)).toEqual({ '192.0.2.1': 1000, '192.0.2.2': 1000, '192.0.2.3': 1000, '192.0.2.4': 1000 });
    expect([0, 1, 2, 3].map((index) => stats.firstPlaces.at(index, 0))).toEqual([1000, 1000, 1000, 1000]);
  });

  it('A and AAAA asked alternately: each still even', async () => {
    const { at, stats } = await run();
    const asker = client(at);
    for (let asked = 0; asked < 1000; asked += 1) {
      await asker.ask(www, 'A');
      await asker.ask(www, 'AAAA');
    }
    const shares = [0, 1, 2, 3].map((index) => [stats.firstPlaces.at(index, 0), stats.firstPlaces.at(index, 1)]);
    expect(shares).toEqual(new Array(4).fill([250, 250]));
  });

  it('one down: 1333, 1333 and 1334', async () => {
    const { at, pool } = await run();
    pool.setHealth('w2', down);
    expect(Object.values(await firsts(client(at), 'A', 4000)).sort()).toEqual([1333, 1333, 1334]);
  });
});

describe('UDP', () => {
  it('goes on after garbage', async () => {
    const { at, stats } = await run();
    const socket = createSocket('udp4');
    cleanups.push(() => socket.close());
    const http = Buffer.from('GET / HTTP/1.1\r\n\r\n');
    const garbage = [Buffer.alloc(0), Buffer.alloc(11), Buffer.alloc(12, 0xff), Buffer.alloc(60_000), http];
    for (const datagram of garbage) await new Promise((sent) => void socket.send(datagram, at.port, at.address, sent));
    expect((await client(at).ask(www, 'A')).answers.length).toBe(4);
    let counted = 0;
    stats.queries.forEach((_, count) => (counted += count));
    expect(counted).toBe(garbage.length + 1);
  });

  it('truncates, and the client comes back over TCP', async () => {
    const { at, stats } = await run();
    const { answers, truncated } = await client(at).ask('big.roundhouse.test', 'TXT');
    expect({ truncated, bytes: answers[0]?.data.replace(/[" ]/g, '').length }).toEqual({ truncated: false, bytes: 2000 });
    expect([stats.truncatedTotal.at(0), stats.tcpConnectionsTotal]).toEqual([1, 1]);
  });
});

describe('TCP', () => {
  it('answers wherever the stream is split', async () => {
    const { at } = await run();
    const { write, messages } = await tcp(at);
    const first = frame(query(www, A, { id: 1 }));
    const stream = Buffer.concat([first, frame(query(www, TXT, { id: 2 }))]);
    for (let split = 1; split < stream.length; split += 1) {
      await write(stream.subarray(0, split));
      // Where the first part is a whole query, its answer proves that the second part comes alone.
      const before = split >= first.length ? await messages(1) : [];
      await write(stream.subarray(split));
      expect(ids([...before, ...(await messages(2 - before.length))])).toEqual([1, 2]);
    }
  });

  it('answers 1000 pipelined queries in their order', async () => {
    const { at } = await run();
    const { write, messages } = await tcp(at);
    await write(Buffer.concat(Array.from({ length: 1000 }, (_, id) => frame(query(www, A, { id })))));
    expect(ids(await messages(1000))).toEqual(Array.from({ length: 1000 }, (_, id) => id));
  });

  it('answers a client that says FIN behind its query', async () => {
    const { at, closed } = await run();
    const { socket, messages, ended } = await tcp(at);
    socket.end(frame(query(www, A, { id: 7 })));
    expect(ids(await messages(1))).toEqual([7]);
    await ended;
    await barrier(at);
    expect(closed('client')).toBeGreaterThanOrEqual(1); // the barrier itself may be the second
  });

  it('closes a connection that is idle, however many bytes of a frame it dribbles', async () => {
    const { at, clock, closed } = await run();
    const { write, messages, ended } = await tcp(at);
    await write(frame(query(www, A)));
    await messages(1);
    clock.advance(6000);
    await write(frame(query(www, A)).subarray(0, 9));
    await barrier(at);
    clock.advance(4000);
    await ended;
    await barrier(at);
    expect(closed('idle')).toBe(1);
  });

  it('counts idleness from the last complete query', async () => {
    const { at, clock, closed } = await run();
    const { write, messages, ended } = await tcp(at);
    for (let asked = 0; asked < 3; asked += 1) {
      clock.advance(6000);
      await write(frame(query(www, A)));
      await messages(1);
    }
    expect(closed('idle')).toBe(0);
    clock.advance(10_000);
    await ended;
  });

  it('closes the one that is idle longest when there are too many', async () => {
    const { at, closed } = await run({ connectionsMax: 3 });
    const [a, b, c] = [await tcp(at), await tcp(at), await tcp(at)];
    for (const { write, messages } of [b, c, a]) {
      await write(frame(query(www, A)));
      await messages(1);
    }
    const d = await tcp(at);
    await b.ended;
    for (const { write, messages } of [a, c, d]) {
      await write(frame(query(www, A)));
      expect((await messages(1)).length).toBe(1);
    }
    expect(closed('evicted')).toBe(1);
  });

  it.each([
    ['an empty message', Buffer.alloc(0)],
    ['a short message', Buffer.alloc(5)],
    ['a response', query(www, A, { flags: 0x8000 })],
  ])('sends what it owes and closes after %s', async (_, message) => {
    const { at, closed } = await run();
    const { socket, write, messages, ended } = await tcp(at);
    await write(Buffer.concat([frame(query(www, A, { id: 1 })), frame(message), frame(query(www, A, { id: 2 }))]));
    expect(ids(await messages(1))).toEqual([1]);
    await ended;
    await expect(messages(1)).rejects.toThrow('the connection ended after 0 of 1 messages');
    socket.end();
    await barrier(at);
    expect(closed('malformed')).toBe(1);
  });

  it('goes on after clients that send garbage or reset', async () => {
    const { at } = await run();
    const garbage = await tcp(at);
    await garbage.write(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    const reset = await tcp(at);
    await reset.write(frame(query(www, A)).subarray(0, 3));
    reset.socket.resetAndDestroy();
    await barrier(at);
    expect((await client(at).ask(www, 'A')).answers.length).toBe(4);
  });
});

describe('a client that does not read', () => {
  // Both ways far more than the kernel buffers between us.
  const count = 20_000;
  const padding = [opt({ options: Buffer.concat([Buffer.of(0, 12, 4, 0), Buffer.alloc(1024)]) })]; // RFC 7830

  async function stall(): Promise<Running & { raw: RawTcp; answered: () => number; written: () => boolean }> {
    const running = await run({ pipelineMax: 8 });
    const raw = await tcp(running.at);
    raw.socket.pause();
    let written = false;
    const queries = Array.from({ length: count }, (_, id) => frame(query('big.roundhouse.test', TXT, { id, additional: padding })));
    void raw.write(Buffer.concat(queries)).then(() => (written = true));
    const { dimensions } = running.stats.queries;
    const answered = (): number => running.stats.queries.at(dimensions[0]?.indexOf('TXT'), 0, 1);
    for (let unchanged = 0, before = -1; unchanged < 20; ) {
      await barrier(running.at);
      unchanged = answered() === before ? unchanged + 1 : 0;
      before = answered();
    }
    return { ...running, raw, answered, written: () => written };
  }

  it('is not read from, and gets all its answers once it reads', async () => {
    const { raw, answered, written } = await stall();
    expect(answered()).toBeLessThan(count);
    expect(written()).toBe(false);
    raw.socket.resume();
    expect(ids(await raw.messages(count))).toEqual(Array.from({ length: count }, (_, id) => id));
    expect(written()).toBe(true);
  });

  it('is closed as idle', async () => {
    const { clock, raw, closed, at } = await stall();
    clock.advance(10_000);
    raw.socket.resume();
    await raw.ended;
    await barrier(at);
    expect(closed('idle')).toBe(1);
  });
});

describe('start and stop', () => {
  it('serves UDP and TCP on one port', async () => {
    const { at } = await run();
    expect(at.port).toBeGreaterThan(0);
    await barrier(at);
    expect((await client(at).ask(www, 'A')).rcode).toBe('NOERROR');
  });

  it('says what to do when the port is in use', async () => {
    const { at } = await run();
    await expect(run({}, at)).rejects.toThrow(`dns (UDP): cannot listen on 127.0.0.1:${at.port}: the port is in use by another process`);
  });

  it('lets go of UDP when TCP is in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => void taken.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => taken.close());
    const at = { address: '127.0.0.1', port: (taken.address() as SocketAddress).port };
    await expect(run({}, at)).rejects.toThrow('dns (TCP): cannot listen on');
    const udp = createSocket('udp4');
    cleanups.push(() => udp.close());
    await new Promise<void>((resolve) => void udp.bind(at.port, at.address, resolve));
  });

  it('says what to do when the machine does not have the address', async () => {
    await expect(run({}, { address: '192.0.2.1', port: 0 })).rejects.toThrow('this machine does not have the address');
  });

  it('stop ends connections with FIN, lets clients finish, and cuts after the grace', async () => {
    const { server, at, clock, closed } = await run();
    const polite = await tcp(at);
    const stubborn = await tcp(at);
    for (const { write, messages } of [polite, stubborn]) {
      await write(frame(query(www, A)));
      await messages(1);
    }
    const stopped = server.stop(5000);
    await Promise.all([polite.ended, stubborn.ended]);
    polite.socket.end();
    clock.advance(5000);
    await stopped;
    expect(closed('stopping')).toBe(2);
    await expect(openRawTcp(at)).rejects.toThrow('ECONNREFUSED');
    await server.stop(5000);
  });

  it('stop before start, and twice, is nothing', async () => {
    const fixture = createDnsFixture();
    const listen = { address: '127.0.0.1', port: 0 };
    const server = createDnsServer({ ...fixture, listen, tcp: limits, clock: createVirtualClock(), log: silentLog });
    await server.stop(0);
    await server.stop(0);
  });
});

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1') === true);

// Reason: some containers have no IPv6 at all.
it.skipIf(!hasIPv6)('answers on an IPv6 address, over UDP and TCP', async () => {
  const { at } = await run({}, { address: '::1', port: 0 });
  expect((await client(at).ask(www, 'A')).answers.length).toBeGreaterThan(0);
  const { socket, messages } = await tcp(at);
  socket.write(frame(query(www, A, { id: 7 })));
  expect(ids(await messages(1))).toEqual([7]);
});
