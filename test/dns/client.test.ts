import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createVirtualClock, systemClock, type Clock } from '../../src/clock.js';
import { createDnsClient, type DnsClient } from '../../src/dns/client.js';
import { readAnswer } from '../../src/dns/client-message.js';
import { ServiceError, type SocketAddress } from '../../src/service.js';
import { ownNetwork } from '../support/addresses.js';
import { createDnsFixture, query } from '../support/dns-fixture.js';
import { frame } from '../support/dns-tcp.js';

const cleanups: (() => unknown)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

type Reply = (message: Buffer, peer: RemoteInfo, socket: Socket) => void;

/** A UDP server that does as told. */
async function fake(reply: Reply): Promise<SocketAddress> {
  const socket = createSocket('udp4');
  socket.on('message', (message, peer) => reply(message, peer, socket));
  const address = `${ownNetwork()}.1`;
  socket.bind(0, address);
  await once(socket, 'listening');
  cleanups.push(() => socket.close());
  return { address, port: socket.address().port };
}

function client(server: SocketAddress, clock: Clock = systemClock): DnsClient {
  const made = createDnsClient({ server, timeoutMs: 2000, clock });
  cleanups.push(() => made.close());
  return made;
}

const { respond } = createDnsFixture();
const echo: Reply = (message, peer, socket) => socket.send(respond(message), peer.port, peer.address);

describe('ask', () => {
  it('returns rcode, AA and records', async () => {
    const asker = client(await fake(echo));
    expect(await asker.ask('W2.roundhouse.test.', 'A')).toMatchObject({
      rcode: 'NOERROR',
      authoritative: true,
      truncated: false,
      answers: [{ name: 'W2.roundhouse.test.', type: 'A', ttlS: 300, data: '192.0.2.2' }],
    });
    expect(await asker.ask('nowhere.roundhouse.test', 'TYPE65')).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
    expect(await asker.ask('example.org', 'A')).toMatchObject({ rcode: 'REFUSED', authoritative: false });
  });

  it('manages many questions at once', async () => {
    const asker = client(await fake(echo));
    const names = Array.from({ length: 200 }, (_, index) => `w${(index % 4) + 1}.roundhouse.test`);
    const answers = await Promise.all(names.map((name) => asker.ask(name, 'A')));
    expect(answers.map(({ answers: [first] }) => first?.data)).toEqual(names.map((name) => `192.0.2.${name[1]}`));
  });

  it.each([
    ['an unknown type', 'a.test', 'HOST', 'unknown record type HOST; use one of A, NS'],
    ['a type too large', 'a.test', 'TYPE65536', 'unknown record type TYPE65536'],
    ['a bad name', 'a..test', 'A', 'empty label'],
  ])('refuses %s', async (_, name, type, message) => {
    const asking = client({ address: '127.0.0.1', port: 9 }).ask(name, type);
    await expect(asking).rejects.toThrow(ServiceError);
    await expect(asking).rejects.toThrow(message);
  });

  it('says so when nobody listens', async () => {
    const socket = createSocket('udp4');
    const address = `${ownNetwork()}.1`;
    socket.bind(0, address);
    await once(socket, 'listening');
    const { port } = socket.address();
    await new Promise<void>((resolve) => void socket.close(resolve));
    await expect(client({ address, port }).ask('a.test', 'A')).rejects.toThrow(`cannot ask ${address}:${port}: nothing listens there; start the server`);
  });

  it('asks once more, under another id, and then says what it did', async () => {
    const clock = createVirtualClock();
    const seen: Buffer[] = [];
    const at = await fake((message) => {
      seen.push(message);
      clock.advance(2000);
    });
    await expect(client(at, clock).ask('a.test', 'A')).rejects.toThrow(`no answer from ${at.address}:${at.port} to 2 queries within 2000 ms each`);
    expect(seen.length).toBe(2);
    expect(clock.pending()).toBe(0);
  });

  it('is content with the second answer', async () => {
    const clock = createVirtualClock();
    let queries = 0;
    const at = await fake((message, peer, socket) => {
      queries += 1;
      if (queries === 1) clock.advance(2000);
      else echo(message, peer, socket);
    });
    expect((await client(at, clock).ask('w1.roundhouse.test', 'A')).rcode).toBe('NOERROR');
  });

  it('believes only a response to its question', async () => {
    const at = await fake((message, peer, socket) => {
      const right = respond(message);
      const wrongId = Buffer.from(right);
      wrongId.writeUInt16BE((right.readUInt16BE(0) + 1) & 0xffff);
      const wrongName = Buffer.from(right);
      wrongName.write('x', 13, 'latin1');
      wrongName.writeUInt8(99, wrongName.length - 1);
      const queryAgain = Buffer.from(message);
      for (const datagram of [wrongId, wrongName, queryAgain, Buffer.alloc(3), right]) socket.send(datagram, peer.port, peer.address);
    });
    expect((await client(at).ask('w1.roundhouse.test', 'A')).answers[0]?.data).toBe('192.0.2.1');
  });

  it('fails what is under way when it is closed', async () => {
    const asker: DnsClient = client(await fake(() => asker.close()));
    await expect(asker.ask('a.test', 'A')).rejects.toThrow('is closed');
    await expect(asker.ask('a.test', 'A')).rejects.toThrow('is closed');
  });
});

describe('over TCP, when the answer was truncated', () => {
  /** UDP and TCP on one port; over TCP it answers with these bytes and says FIN. */
  async function truncating(reply: (message: Buffer) => Buffer, fin = true): Promise<SocketAddress> {
    const at = await fake((message, peer, socket) => {
      const truncated = respond(message);
      truncated.writeUInt8(truncated.readUInt8(2) | 2, 2);
      socket.send(truncated, peer.port, peer.address);
    });
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        if (fin) socket.end(reply(chunk.subarray(2)));
        else socket.write(reply(chunk.subarray(2)));
      });
    });
    server.listen(at.port, at.address);
    await once(server, 'listening');
    expect((server.address() as AddressInfo).port).toBe(at.port);
    cleanups.push(() => server.close());
    return at;
  }

  it('takes that answer', async () => {
    const at = await truncating((message) => frame(respond(message, 'tcp')));
    expect((await client(at).ask('big.roundhouse.test', 'TXT')).answers[0]?.data.length).toBeGreaterThan(2000);
  });

  it.each([
    ['closes without an answer', () => Buffer.of(0), 'closed the connection without an answer'],
    ['answers something else', () => frame(respond(query('w1.roundhouse.test', 1))), 'answered something else'],
  ])('says so when the server %s', async (_, reply, message) => {
    await expect(client(await truncating(reply)).ask('w2.roundhouse.test', 'A')).rejects.toThrow(message);
  });

  it('gives up in time', async () => {
    const clock = createVirtualClock();
    const at = await truncating(() => {
      clock.advance(2000);
      return Buffer.of(0);
    }, false);
    await expect(client(at, clock).ask('w2.roundhouse.test', 'A')).rejects.toThrow('over TCP within 2000 ms');
  });
});

describe('readAnswer', () => {
  const word = (value: number): number[] => [value >> 8, value & 255];
  const record = (type: number, rdata: readonly number[], owner: readonly number[] = [0xc0, 0x0c]): Buffer =>
    Buffer.from([...owner, ...word(type), 0, 1, 0, 0, 0, 1, ...word(rdata.length), ...rdata]);
  const claiming = (count: number, ...records: Buffer[]): Buffer =>
    Buffer.concat([query('a.test', 1, { flags: 0x8180, counts: [1, count, 0, 0] }), ...records]);
  const response = (...records: Buffer[]): Buffer => claiming(records.length, ...records);
  const dataOf = (...records: Buffer[]): string[] => readAnswer(response(...records)).answers.map(({ type, data }) => `${type} ${data}`);

  it('writes what is not printable as \\DDD, so that nobody writes on the terminal', () => {
    expect(dataOf(record(16, [3, 0x1b, 0x22, 0x41]))).toEqual(['TXT "\\027\\"A"']);
    expect(dataOf(record(5, [2, 0x1b, 0xe9, 0]))).toEqual(['CNAME \\027\\233.']);
    expect(dataOf(record(16, [2, 0xc3, 0xa9]))).toEqual(['TXT "\\195\\169"']);
  });

  it('writes unknown types as RFC 3597 has it', () => {
    expect(dataOf(record(99, [1, 2, 255]))).toEqual(['TYPE99 \\# 3 0102ff']);
    expect(dataOf(record(41, []))).toEqual(['OPT \\# 0 ']);
  });

  it.each([
    ['a count that lies', claiming(65_535, record(1, [1, 2, 3, 4]))],
    ['rdata beyond the end', response(record(1, [1, 2, 3, 4])).subarray(0, -1)],
    ['an address of 5 bytes', response(record(1, [1, 2, 3, 4, 5]))],
    ['an IPv6 address of 15 bytes', response(record(28, new Array<number>(15).fill(1)))],
    ['a name that points at itself', response(record(1, [1, 2, 3, 4], [0xc0, 24]))],
    ['a name in rdata that points at itself', response(record(5, [0xc0, 36]))],
    ['a text that overruns', response(record(16, [9, 65]))],
    ['a CAA cut off', response(record(257, [0]))],
  ])('refuses %s', (_, message) => {
    expect(() => readAnswer(message)).toThrow();
  });

  it('refuses chains of pointers, which would be walked again for each record', () => {
    const pointers = Array.from({ length: 4000 }, (_, index) => word(0xc000 | (36 + (index - 1) * 2))).flat();
    pointers.splice(0, 2, 1, 97);
    const chain = record(99, pointers);
    const last = 24 + 12 + 3999 * 2;
    expect(() => readAnswer(response(chain, record(5, [0xc0 | (last >> 8), last & 255])))).toThrow('too many compression pointers');
  });

  it('survives any bytes', () => {
    const soa = record(6, [0xc0, 12, 0xc0, 12, ...new Array<number>(20).fill(0)]);
    const good = response(record(1, [1, 2, 3, 4]), record(5, [0xc0, 0x0c]), record(16, [1, 65]), soa);
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    let read = 0;
    fc.assert(
      fc.property(changes, (edits) => {
        const message = Buffer.from(good);
        for (const [at, value] of edits) message[at] = value;
        try {
          for (const { name, type, data } of readAnswer(message).answers) expect(`${name}${type}${data}`).toMatch(/^[ -~]*$/);
          read += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect(String(error)).not.toContain('AssertionError');
        }
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(0);
  });
});
