/**
 * Free ports on loopback for servers that cannot be told "any". They are taken from below the range out of which the kernel gives
 * ports to outgoing connections, so that no load generator of anybody sits on one before the server does.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Random } from '../../src/random.js';
import { ServiceError } from '../../src/service.js';

export const loopback = '127.0.0.1';

const portMin = 20_000;
const portMax = 32_000;
const triesMax = 100;

/** One that is free for UDP and TCP alike. @throws ServiceError */
export async function freePort(random: Random): Promise<number> {
  for (let tried = 0; tried < triesMax; tried += 1) {
    const port = portMin + random.below(portMax - portMin);
    if (await isFree(port)) return port;
  }
  throw new ServiceError(`bench: none of ${triesMax} ports of ${loopback} from ${portMin} to ${portMax} is free; end what listens there`);
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer();
  const udp = createSocket('udp4');
  try {
    tcp.listen(port, loopback);
    await once(tcp, 'listening');
    udp.bind(port, loopback);
    await once(udp, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    tcp.close();
    udp.close();
  }
}
