/**
 * A node:http server as a `Service`: binds or says why not, survives errors of its listener, stops gracefully.
 *
 * For the small servers of the house (metrics, admin API, built-in origin). The workers have an engine.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from './clock.js';
import type { Log } from './log.js';
import { listenError, type Service, type SocketAddress } from './service.js';

export interface HttpServiceOptions {
  readonly listen: SocketAddress;
  /** Names the listener in errors. */
  readonly what: string;
  /** Where its address is set, for errors. */
  readonly option: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface HttpService extends Service {
  /** The bound address; the port is the real one when 0 was asked for. Valid after `start`. */
  address(): SocketAddress;
}

export function createHttpService(server: Server, { listen, what, option, clock, log }: HttpServiceOptions): HttpService {
  let bound = listen;
  return {
    address: () => bound,
    start: () =>
      new Promise((resolve, reject) => {
        server.on('error', (error) => {
          if (server.listening) log.error({ error: error.message }, `${what}: the listener failed`);
          else reject(listenError(error, what, listen, option));
        });
        server.listen(listen.port, listen.address, () => {
          const { address, port } = server.address() as AddressInfo; // an IP listener's address is never a path
          bound = { address, port };
          resolve();
        });
      }),
    async stop(graceMs) {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = clock.after(graceMs, () => server.closeAllConnections());
      await closed;
      cut.cancel();
    },
  };
}
