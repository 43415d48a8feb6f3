/**
 * Connections of virtual users against servers that do everything wrong that a server can.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openConnection, type Connection, type ConnectFailure, type ConnectOptions, type RequestFailure } from '../../../bench/users/connection.js';
import { createConnectionPool } from '../../../bench/users/connection-pool.js';
import { createClientRecords, pagesLeftAt } from '../../../src/sim/client-records.js';
import { createVirtualClock, systemClock } from '../../../src/clock.js';
import { createRandom } from '../../../src/random.js';
import type { SocketAddress } from '../../../src/service.js';
import { pinnedClient, scenarioOf } from '../../support/scenarios.js';

const cleanups: (() => unknown)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

/** A server that treats each piece of data as told. */
async function server(onData: (socket: Socket) => void): Promise<SocketAddress> {
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', () => onData(socket));
    socket.on('error', () => undefined);
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  return { address: '127.0.0.1', port: (listening.address() as AddressInfo).port };
}

const ignored = { onClosed: () => undefined, onExhausted: () => undefined };
const options: ConnectOptions = { clock: systemClock, connectMs: 2000, requestMs: 2000, ...ignored };
const get = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
const good = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const open = (at: SocketAddress, some: Partial<ConnectOptions> = {}): Promise<Connection | ConnectFailure> =>
  new Promise((resolve) => openConnection(at, { ...options, ...some }, resolve));

async function connected(at: SocketAddress, some: Partial<ConnectOptions> = {}): Promise<Connection> {
  const outcome = await open(at, some);
  if (typeof outcome === 'string') throw new Error(outcome);
  cleanups.push(outcome.close);
  return outcome;
}

const ask = (connection: Connection): Promise<RequestFailure | undefined> => new Promise((resolve) => connection.request(get, resolve));

describe('a connection', () => {
  it('carries one request after the other', async () => {
    const connection = await connected(await server((socket) => socket.write(good)));
    expect([connection.used(), connection.reusable()]).toEqual([false, true]);
    expect(await ask(connection)).toBeUndefined();
    expect([connection.reader.status(), connection.reader.bodyBytes(), connection.reusable()]).toEqual([200, 2, true]);
    expect(await ask(connection)).toBeUndefined();
    expect(connection.used()).toBe(true);
  });

  it.each<[string, RequestFailure, (socket: Socket) => void]>([
    ['the server closes without a word', 'cut', (socket) => socket.end()],
    ['it resets', 'cut', (socket) => socket.resetAndDestroy()],
    ['it closes in the middle', 'cut', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')],
    ['it talks nonsense', 'malformed', (socket) => socket.write('hello\r\n\r\n')],
    ['it says more than it should', 'malformed', (socket) => socket.write(`${good}${good}`)],
    ['it says no', 'status', (socket) => socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n')],
  ])('fails when %s: %s', async (_, failure, onData) => {
    const connection = await connected(await server(onData));
    expect(await ask(connection)).toBe(failure);
    expect(connection.reusable()).toBe(false);
  });

  it('takes no answer in time for none', async () => {
    const connection = await connected(await server(() => undefined), { requestMs: 20 });
    expect(await ask(connection)).toBe('timeout');
  });

  it('is not used again when the server asks to close, or speaks unasked', async () => {
    const closing = await connected(await server((socket) => socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')));
    expect([await ask(closing), closing.reusable()]).toEqual([undefined, false]);
    let peer: Socket | undefined;
    const late = await connected(await server((socket) => {
      peer = socket;
      socket.write(good);
    }));
    expect(await ask(late)).toBeUndefined();
    peer?.write('more');
    await once(peer as Socket, 'close'); // it has asked
    expect(late.reusable()).toBe(false);
  });

  it('is refused where nobody listens, and says so once it is gone', async () => {
    const free = await server(() => undefined);
    cleanups.splice(0).forEach((cleanup) => cleanup());
    let outcome: unknown;
    await new Promise<void>((onClosed) => {
      openConnection({ ...free, address: '127.0.0.2' }, { ...options, onClosed }, (settled) => (outcome = settled));
    });
    expect(outcome).toBe('refused');
  });

  it('is given up when nothing comes back', async () => {
    const clock = createVirtualClock();
    const at = await server(() => undefined);
    const opened = open(at, { clock, connectMs: 250 });
    clock.advance(250);
    expect(await opened).toBe('silent');
  });
});

describe('the pool', () => {
  const answering = (socket: Socket): void => void socket.write(good);

  async function pool(kind: Partial<typeof pinnedClient>, keepAlive = true, onData = answering) {
    const scenario = scenarioOf({ clients: { count: 2, kinds: [{ ...pinnedClient, ...kind }] } });
    const records = createClientRecords(scenario.clients, Int32Array.of(2), 2, createRandom(1));
    const workers = [await server(onData), await server(onData)];
    const made = createConnectionPool({ ...options, scenario, records, workers, keepAlive });
    cleanups.push(made.close);
    const opened = (worker: number): Promise<Connection> =>
      new Promise((resolve, reject) => {
        made.open(worker, (outcome) => (typeof outcome === 'string' ? reject(new Error(outcome)) : resolve(outcome)));
      });
    return { made, records, opened };
  }

  it('keeps a connection as long as the session goes on, and for the same worker', async () => {
    const { made, records, opened } = await pool({});
    records[pagesLeftAt] = 2;
    const connection = await opened(0);
    await ask(connection);
    made.give(0, 0, connection);
    expect(made.take(0, 0)).toBe(connection);
    made.give(0, 0, connection);
    expect(made.take(0, 1)).toBeUndefined(); // it leads elsewhere
    expect(connection.reusable()).toBe(false);
    const another = await opened(0);
    await ask(another);
    records[pagesLeftAt] = 0;
    made.give(0, 0, another);
    expect([made.take(0, 0), another.reusable()]).toEqual([undefined, false]);
  });

  it.each([
    ['a client that uses connections again', { cache: 'ttl', reuseS: 5 } as const, true, true],
    ['a client that does not', { cache: 'ttl', reuseS: 0 } as const, true, false],
    ['nobody with --no-keep-alive', { cache: 'ttl', reuseS: 5 } as const, false, false],
  ])('keeps those of %s', async (_, kind, keepAlive, kept) => {
    const { made, opened } = await pool(kind, keepAlive);
    const connection = await opened(0);
    await ask(connection);
    made.give(1, 0, connection);
    expect(made.take(1, 0) === connection).toBe(kept);
  });

  it('cuts those of one worker, and counts what is open', async () => {
    const { made, opened } = await pool({}, true, () => undefined);
    const [first, second] = [await opened(0), await opened(1)];
    expect(made.size()).toBe(2);
    const [cut, other] = [ask(first), ask(second)];
    made.cut(0);
    expect(await cut).toBe('cut');
    expect(made.size()).toBe(1);
    made.close();
    expect(await other).toBe('cut');
    expect(made.size()).toBe(0);
  });
});
