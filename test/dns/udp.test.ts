/**
 * What UDP meets and a test cannot send: a peer at port 0, a full queue, errors of the socket.
 */
import type { Socket } from 'node:dgram';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { createDnsServer, type DnsServer } from '../../src/dns/server.js';
import { silentLog, type Log } from '../../src/log.js';
import { createDnsFixture, query, type DnsFixture } from '../support/dns-fixture.js';

const made = vi.hoisted((): Socket[] => []);
vi.mock('node:dgram', async (original) => {
  const real = await original<typeof import('node:dgram')>();
  const createSocket: typeof real.createSocket = (...options) => {
    const socket = real.createSocket(...(options as Parameters<typeof real.createSocket>)); // the overloads do not spread
    made.push(socket);
    return socket;
  };
  return { ...real, createSocket };
});

const question = query('www.roundhouse.test', 1);
const peer = { address: '127.0.0.1', family: 'IPv4', port: 9, size: question.length } as const;
let server: DnsServer;

async function run(log: Log = silentLog): Promise<DnsFixture & { socket: Socket; clock: ReturnType<typeof createVirtualClock> }> {
  const fixture = createDnsFixture();
  const clock = createVirtualClock();
  const tcp = { connectionsMax: 9, idleMs: 9, pipelineMax: 9 };
  server = createDnsServer({ ...fixture, listen: { address: '127.0.0.1', port: 0 }, tcp, clock, log });
  await server.start();
  return { ...fixture, clock, socket: made.at(-1) as Socket }; // start has just made it
}

afterEach(() => server.stop(0));

describe('the UDP socket', () => {
  it('leaves a peer at port 0 alone', async () => {
    const { socket, stats } = await run();
    const sent = vi.spyOn(socket, 'send');
    socket.emit('message', question, { ...peer, port: 0 });
    expect(sent).not.toHaveBeenCalled();
    expect(stats.firstPlaces.at(0, 0)).toBe(0);
  });

  it('drops and counts beyond its queue, before a turn is used up', async () => {
    const { socket, stats } = await run();
    const sent = vi.spyOn(socket, 'send').mockReturnValue(undefined);
    const queued = vi.spyOn(socket, 'getSendQueueCount').mockReturnValue(256);
    socket.emit('message', question, peer);
    expect([stats.udpSendDroppedTotal, stats.firstPlaces.at(0, 0), sent.mock.calls.length]).toEqual([1, 0, 0]);
    queued.mockReturnValue(255);
    socket.emit('message', question, peer);
    expect([stats.udpSendDroppedTotal, stats.firstPlaces.at(0, 0), sent.mock.calls.length]).toEqual([1, 1, 1]);
  });

  it('does not overwrite a queued response before the queue is full', async () => {
    const { socket } = await run();
    const queue: Buffer[] = [];
    vi.spyOn(socket, 'getSendQueueCount').mockImplementation(() => queue.length);
    // Node's types describe the other overloads of `send`; ours is called with a buffer, an offset of 0 and a length.
    vi.spyOn(socket, 'send').mockImplementation((slot, _, length) => void queue.push((slot as Buffer).subarray(0, length as number)));
    for (let id = 0; id < 300; id += 1) socket.emit('message', query('www.roundhouse.test', 1, { id }), peer);
    expect(queue.map((response) => response.readUInt16BE(0))).toEqual(Array.from({ length: 256 }, (_, id) => id));
  });

  it('shows policies an IPv4 peer by its own address on a socket for both families', async () => {
    const { socket, responder } = await run();
    const respond = vi.spyOn(responder, 'respond');
    vi.spyOn(socket, 'send').mockReturnValue(undefined);
    socket.emit('message', question, { ...peer, family: 'IPv6', address: '::ffff:192.0.2.9' });
    expect(respond.mock.calls[0]?.[2]).toEqual({ address: '192.0.2.9' });
  });

  it('outlives errors, and logs at most one in ten seconds', async () => {
    const lines: object[] = [];
    const { socket, clock } = await run({ ...silentLog, error: (fields) => void lines.push(fields) });
    for (let error = 0; error < 5; error += 1) socket.emit('error', new Error('of the kernel'));
    clock.advance(10_000);
    socket.emit('error', new Error('of the kernel'));
    expect(lines).toMatchObject([{ unsaid: 0 }, { unsaid: 4 }]);
  });
});
