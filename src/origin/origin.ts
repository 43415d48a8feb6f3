/**
 * The built-in origin: a directory served as the master, or demo pages that show what the tier does with a request.
 *
 * It stands where the user's own server would stand, so that `npm start` has something to forward to and a test has
 * something to ask. It is a plain node:http server with limits.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { listenError, ServiceError, type Service, type SocketAddress } from '../service.js';
import { createDemo } from './demo.js';
import { createDirectory } from './directory.js';

export interface OriginOptions {
  readonly listen: SocketAddress;
  /** Absolute path; without it the demo pages. */
  readonly directory?: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BuiltInOrigin extends Service {
  /** The real port, once started. */
  address(): SocketAddress;
}

const connectionsMax = 10_000;

/** @throws ServiceError when the directory cannot be served. */
export function createOrigin({ listen, directory, clock, log }: OriginOptions): BuiltInOrigin {
  if (directory !== undefined) mustBeReadable(directory);
  const handle = directory === undefined ? createDemo(clock) : createDirectory(directory, log);
  const server = createServer({ keepAliveTimeout: 75_000, headersTimeout: 10_000, requestTimeout: 300_000 }, handle);
  server.maxConnections = connectionsMax;
  return {
    address: () => boundAddress(server) ?? listen,
    start: () =>
      new Promise((resolve, reject) => {
        server.on('error', (error) => {
          if (server.listening) log.error({ error: error.message }, 'origin: the listener failed');
          else reject(listenError(error, 'origin', listen, 'origin.address or origin.port (--origin-port)'));
        });
        server.listen(listen.port, listen.address, resolve);
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

function boundAddress(server: Server): SocketAddress | undefined {
  const bound = server.address() as AddressInfo | null; // an IP listener's address is never a path
  return bound === null ? undefined : { address: bound.address, port: bound.port };
}

function mustBeReadable(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined) throw new ServiceError(`origin: ${directory} does not exist; create it or change origin.directory`);
  if (!found.isDirectory()) throw new ServiceError(`origin: ${directory} is not a directory; change origin.directory`);
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw new ServiceError(`origin: ${directory} cannot be read; change its permissions or origin.directory`, { cause: error });
  }
}
