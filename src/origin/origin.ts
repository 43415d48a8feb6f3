/**
 * The built-in origin: a directory served as the master, or demo pages that show what the tier does with a request.
 *
 * It stands where the user's own server would stand, so that `npm start` has something to forward to and a test has
 * something to ask. It is a plain node:http server with limits.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Clock } from '../clock.js';
import { createHttpService, type HttpService } from '../http-service.js';
import type { Log } from '../log.js';
import { ServiceError, type SocketAddress } from '../service.js';
import { createDemo } from './demo.js';
import { createDirectory } from './directory.js';

export interface OriginOptions {
  readonly listen: SocketAddress;
  /** Absolute path; without it the demo pages. */
  readonly directory?: string;
  readonly clock: Clock;
  readonly log: Log;
}

const connectionsMax = 10_000;

/** @throws ServiceError when the directory cannot be served. */
export function createOrigin({ listen, directory, clock, log }: OriginOptions): HttpService {
  if (directory !== undefined) mustBeReadable(directory);
  const handle = directory === undefined ? createDemo(clock) : createDirectory(directory, log);
  const server = createServer({ keepAliveTimeout: 75_000, headersTimeout: 10_000, requestTimeout: 300_000 }, handle);
  server.maxConnections = connectionsMax;
  const option = 'origin.address or origin.port (--origin-port)';
  return createHttpService(server, { listen, what: 'origin', option, clock, log });
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
