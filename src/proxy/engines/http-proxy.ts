/**
 * The `http-proxy` engine: node:http in front, the http-proxy package behind, and the contract of `engine.ts` over both.
 *
 * The well-known reference, with every hole closed that is known of it; the conformance suite holds it to that.
 */
import { systemClock } from '../../clock.js';
import { ServiceError } from '../../service.js';
import { createHandshakeTally } from '../handshake-fault.js';
import type { CreateEngine, EngineStats } from './engine.js';
import type { ClientSide } from './http-proxy-client-side.js';
import { createHttpForward } from './http-proxy-forward.js';
import { createHttpServer } from './http-proxy-server.js';

export const createHttpProxyEngine: CreateEngine = (options) => {
  const { limits, timeouts, clock = systemClock } = options;
  if (options.tls !== undefined || options.proxyProtocol !== undefined) {
    throw new ServiceError('proxy.engine http-proxy knows neither TLS nor the PROXY protocol; native does');
  }
  const counts = {
    ...{ connections: 0, connectionsTotal: 0, connectionsRefusedTotal: 0, originConnections: 0, originConnectionsTotal: 0 },
    handshakeFaults: createHandshakeTally(),
  };
  const clientSides = new WeakMap<object, ClientSide>();
  const server = createHttpServer({ engine: options, clock, stats: counts, clientSides });
  const stats: EngineStats = Object.assign(counts, server.traffic);
  const forward = createHttpForward({ limits, timeouts, clock, stats, clientSides });
  let stopped: Promise<void> | undefined;

  return {
    name: 'http-proxy',
    forward,
    stats,
    address: () => server.address(),
    secureAddress: () => undefined,
    start: () => server.start(),
    async stop(graceMs) {
      stopped ??= server.close().then(() => forward.cut());
      if (graceMs <= 0) server.cut();
      const cut = clock.after(graceMs, () => server.cut());
      await stopped;
      cut.cancel();
    },
  };
};
