/**
 * The client's TCP half, for answers that UDP truncated: one connection a question, since they are rare.
 */
import { connect, type Socket } from 'node:net';
import { formatAddress, ServiceError } from '../service.js';
import { isResponseTo, withFreshId } from './client-message.js';
import { exchangeError, type DnsClientOptions } from './client-udp.js';
import { createFrameReader } from './frames.js';

export interface TcpExchange {
  ask(query: Buffer): Promise<Buffer>;
  close(): void;
}

export function createTcpExchange({ server, timeoutMs, clock, from }: DnsClientOptions): TcpExchange {
  const sockets = new Set<Socket>();
  const where = formatAddress(server);
  return {
    async ask(question) {
      const query = withFreshId(question);
      const local = from === undefined ? {} : { localAddress: from };
      const socket = connect({ host: server.address, port: server.port, noDelay: true, ...local });
      const timer = clock.after(timeoutMs, () => socket.destroy(new ServiceError(`dns: no answer from ${where} over TCP within ${timeoutMs} ms`)));
      sockets.add(socket);
      try {
        return await firstResponse(socket, query);
      } catch (error) {
        throw error instanceof ServiceError ? error : exchangeError(error as Error, where, from); // sockets fail with nothing else
      } finally {
        timer.cancel();
        sockets.delete(socket);
        socket.destroy();
      }
    },
    close() {
      for (const socket of sockets) socket.destroy(new ServiceError(`dns: the client of ${where} is closed`));
    },
  };
}

function firstResponse(socket: Socket, query: Buffer): Promise<Buffer> {
  const frames = createFrameReader();
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(query.length);
  socket.write(Buffer.concat([prefix, query]));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection without an answer')));
    socket.on('data', (chunk) => {
      frames.push(chunk);
      const response = frames.next();
      if (response === undefined) return;
      if (isResponseTo(query, response)) resolve(response);
      else reject(new Error('it answered something else than was asked'));
    });
  });
}
