/**
 * The UDP side: one datagram in, at most one out, without a promise, a callback or a parser between.
 *
 * Responses are written into a ring of slots, since one that the kernel could not take at once is queued by reference.
 * The queue is never longer than the ring: beyond it queries are dropped and counted, before they use up a rotation's
 * turn. `lookup` is synchronous because dgram would otherwise spend a `nextTick` on each IP literal (8.9 → 8.2 µs a query).
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { SocketAddress } from '../service.js';
import type { Responder } from './responder.js';
import type { DnsStats } from './stats.js';

export interface UdpOptions {
  readonly responder: Responder;
  readonly stats: DnsStats;
  /** Told of errors of the open socket, which goes on. */
  readonly onError: (error: Error) => void;
}

export interface UdpListener {
  readonly port: number;
  close(): Promise<void>;
}

const slotsMax = 256;
/** What a burst may pile up while the process does something else; the kernel grants up to its own maximum. */
const receiveBufferBytes = 4 * 1024 * 1024;

/** Rejects with the platform's error. */
export async function openUdp(at: SocketAddress, options: UdpOptions): Promise<UdpListener> {
  const family = isIPv6(at.address) ? 6 : 4;
  const socket = createSocket({ type: `udp${family}`, lookup: (address, _, found) => found(null, address, family) });
  socket.on('message', createAnswering(socket, options));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(at.port, at.address, resolve);
    });
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.removeAllListeners('error');
  socket.on('error', options.onError);
  enlargeReceiveBuffer(socket);
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => void socket.close(() => resolve())),
  };
}

function createAnswering(socket: Socket, { responder, stats }: UdpOptions): (message: Buffer, peer: RemoteInfo) => void {
  const slots = Array.from({ length: slotsMax }, () => Buffer.alloc(responder.udpBytesMax));
  const requestor = { address: '' };
  let next = 0;
  return (message, peer) => {
    if (peer.port === 0) return; // nobody can be answered there, and dgram throws when asked to
    if (socket.getSendQueueCount() >= slotsMax) {
      stats.udpSendDroppedTotal += 1;
      return;
    }
    const slot = slots[next] as Buffer; // next < slotsMax
    requestor.address = peer.family === 'IPv6' ? withoutMapping(peer.address) : peer.address;
    const bytes = responder.respond(message, message.length, requestor, 'udp', slot);
    if (bytes === 0) return;
    next = (next + 1) % slotsMax;
    socket.send(slot, 0, bytes, peer.port, peer.address);
  };
}

/** A socket for both families shows IPv4 peers as `::ffff:192.0.2.1`; policies know them by their own address. */
export const withoutMapping = (address: string): string => (address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address);

function enlargeReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBufferBytes);
  } catch {
    // Some systems refuse where Linux grants less; the default then has to do.
  }
}
