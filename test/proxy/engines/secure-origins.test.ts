/**
 * What the suite asks of every engine before a plain origin, once more before one behind TLS. What ends TLS is told by the server name
 * which origin's port is meant, and passes bytes and their ends on.
 */
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe } from 'vitest';
import type { CreateEngine, Origin } from '../../../src/proxy/engines/engine.js';
import { engines } from '../../../src/proxy/engines/engines.js';
import { originTls } from '../../../src/proxy/origin-tls.js';
import { makeCertificate } from '../../support/certificates.js';
import { assertPromises } from './suite/harness.js';
import { upstreamTests } from './suite/upstream.js';

const joined = new Set<Socket>();
const server = createServer({ ...makeCertificate('*.test'), allowHalfOpen: true }, (secure: TLSSocket & { servername?: unknown }) => {
  const plain = connect({ host: '127.0.0.1', port: Number(/^p(\d+)\./.exec(String(secure.servername))?.[1]), allowHalfOpen: true });
  for (const [one, other] of [[secure, plain], [plain, secure]] as const) {
    joined.add(one);
    one.on('error', () => undefined);
    one.on('close', () => (other.destroy(), joined.delete(one)));
    one.pipe(other);
  }
});
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  for (const socket of joined) socket.destroy();
  server.close();
});

const secured = new WeakMap<Origin, Origin>();
function behindTls(origin: Origin): Origin {
  const known = secured.get(origin);
  if (known !== undefined) return known;
  const tls = originTls({ verify: false, serverName: `p${origin.port}.test` }, origin.host, '');
  const made: Origin = { ...origin, scheme: 'https', port: (server.address() as AddressInfo).port, tls };
  secured.set(origin, made);
  return made;
}

describe.each(Object.entries(engines))('engine %s before TLS', (_, createPlain) => {
  const create: CreateEngine = (options) => {
    const engine = createPlain(options);
    const { forward } = engine;
    return {
      ...engine,
      forward: {
        ...forward,
        send: (request, origin, listener) => forward.send(request, behindTls(origin), listener),
        tunnel: (downstream, request, origin, listener) => forward.tunnel(downstream, request, behindTls(origin), listener),
      },
    };
  };
  assertPromises();
  describe('upstream', () => upstreamTests(create));
});
