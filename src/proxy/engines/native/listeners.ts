/**
 * Where the native engine listens: plainly and over TLS, on one address or on one of each family. All of it or nothing.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { listenError, type SocketAddress } from '../../../service.js';
import type { EngineOptions } from '../engine.js';

export interface Listeners {
  /** @throws ServiceError */
  start(): Promise<void>;
  address(): SocketAddress;
  /** Of TLS. */
  secureAddress(): SocketAddress | undefined;
  close(): void;
}

const backlog = 1024;

/** @param take is called with each socket and whether its port is that of TLS. */
export function createListeners(options: EngineOptions, take: (socket: Socket, isSecure: boolean) => void): Listeners {
  const { listen: at, alsoListen, tls } = options;
  const servers: Server[] = [];

  /** @param port of the second address, if it is 0: the first one's. */
  async function listenOn(isSecure: boolean, port: number, alsoPort: number): Promise<Server> {
    const option = `workers.address or workers.${isSecure ? 'tlsPort' : 'port'}`;
    const first = await listen(newServer(isSecure), { address: at.address, port }, option);
    if (alsoListen === undefined) return first;
    await listen(newServer(isSecure), { address: alsoListen.address, port: alsoPort || addressOf(first).port }, option);
    return first;
  }

  function newServer(isSecure: boolean): Server {
    // Half-open: or Node would send FIN when the client does, and an HTTP/1.0 client take half a response for all of it.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => take(socket, isSecure));
    server.on('error', () => undefined); // accept() failed, for want of descriptors; `listen` has its own
    servers.push(server);
    return server;
  }

  const close = (): void => servers.forEach((server) => server.close());
  let plain: Server | undefined;
  let secure: Server | undefined;
  return {
    async start() {
      try {
        plain = await listenOn(false, at.port, alsoListen?.port ?? 0);
        if (tls !== undefined) secure = await listenOn(true, tls.port, tls.port);
      } catch (error) {
        close();
        throw error;
      }
    },
    address: () => addressOf(plain),
    secureAddress: () => (secure === undefined ? undefined : addressOf(secure)),
    close,
  };
}

function addressOf(server: Server | undefined): SocketAddress {
  const { address, port } = server?.address() as AddressInfo; // it listens on TCP; nobody asks before the start
  return { address, port };
}

function listen(server: Server, at: SocketAddress, option: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenError(error, 'proxy', at, option));
    server.once('error', onError);
    server.listen({ host: at.address, port: at.port, backlog }, () => {
      server.off('error', onError);
      resolve(server);
    });
  });
}
