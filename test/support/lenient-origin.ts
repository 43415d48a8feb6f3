/**
 * An origin that accepts anything: it parses nothing, keeps every byte of each connection, and says what it is told to say,
 * in the pieces it is told to. What a strict server would refuse would hide what a proxy let through.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Origin } from '../../src/proxy/engines/engine.js';
import { RawSocket } from './raw-socket.js';

export interface LenientOrigin {
  readonly origin: Origin;
  /** In order of arrival. */
  readonly connections: readonly RawSocket[];
  /** The next connection that nobody has asked for yet. */
  next(): Promise<RawSocket>;
  close(): Promise<void>;
}

/** @param onConnection called for each connection; without it they wait for `next`. */
export async function startLenientOrigin(onConnection?: (connection: RawSocket) => void): Promise<LenientOrigin> {
  const connections: RawSocket[] = [];
  let taken = 0;
  let wake: (() => void)[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => {
    const connection = new RawSocket(socket);
    connections.push(connection);
    onConnection?.(connection);
    for (const resolve of wake) resolve();
    wake = [];
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    origin: { name: 'lenient', scheme: 'http', host: '127.0.0.1', port },
    connections,
    async next() {
      for (;;) {
        const connection = connections[taken];
        if (connection !== undefined) {
          taken += 1;
          return connection;
        }
        await new Promise<void>((resolve) => wake.push(resolve));
      }
    },
    async close() {
      for (const { socket } of connections) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** For `onConnection`: answers each request head with the same bytes. Heads only: no bodies. */
export function answering(answer: string): (connection: RawSocket) => void {
  return (connection) => {
    let seen = 0;
    connection.socket.on('data', () => {
      const heads = connection.text.split('\r\n\r\n').length - 1;
      for (; seen < heads; seen += 1) connection.send(answer);
    });
  };
}
