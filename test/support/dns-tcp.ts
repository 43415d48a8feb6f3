/**
 * A raw TCP client for DNS: writes what it is told, collects what comes, and tells when the other side is gone.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createFrameReader } from '../../src/dns/frames.js';
import type { SocketAddress } from '../../src/service.js';

export interface RawTcp {
  readonly socket: Socket;
  write(bytes: Buffer): Promise<void>;
  /** The next `count` messages. Fails when the connection ends before. */
  messages(count: number): Promise<Buffer[]>;
  /** Settles when the other side has said FIN, or has reset. */
  readonly ended: Promise<void>;
}

export const frame = (message: Buffer): Buffer => Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message]);

export async function openRawTcp({ address, port }: SocketAddress): Promise<RawTcp> {
  const socket = connect({ host: address, port, noDelay: true, allowHalfOpen: true });
  const frames = createFrameReader();
  const received: Buffer[] = [];
  let wake = (): void => undefined;
  let over = false;
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      over = true;
      wake();
      resolve();
    };
    socket.on('end', end);
    socket.on('close', end);
    socket.on('error', end);
  });
  socket.on('data', (chunk) => {
    frames.push(chunk);
    for (let message = frames.next(); message !== undefined; message = frames.next()) received.push(Buffer.from(message));
    wake();
  });
  await once(socket, 'connect');
  return {
    socket,
    ended,
    write: (bytes) => new Promise((resolve) => void socket.write(bytes, () => resolve())),
    async messages(count) {
      while (received.length < count) {
        if (over) throw new Error(`the connection ended after ${received.length} of ${count} messages`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
      return received.splice(0, count);
    },
  };
}
