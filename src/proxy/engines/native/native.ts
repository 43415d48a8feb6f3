/**
 * The `native` engine: strict HTTP/1.1 of our own on `node:net`, and the contract of `engine.ts` over it.
 *
 * Nothing is done twice: a head is turned into text once, scanned once, and written in one string; no stream, no closure and no general
 * parser stands between two sockets.
 */
import { systemClock } from '../../../clock.js';
import { createHandshakeTally } from '../../handshake-fault.js';
import type { CreateEngine, EngineStats } from '../engine.js';
import { createNativeForward } from './forward.js';
import { createNativeServer } from './server.js';

export const createNativeEngine: CreateEngine = (options) => {
  const { limits, timeouts, clock = systemClock } = options;
  const counts = {
    ...{ connections: 0, connectionsTotal: 0, connectionsRefusedTotal: 0, originConnections: 0, originConnectionsTotal: 0 },
    handshakeFaults: createHandshakeTally(),
  };
  const server = createNativeServer(options, clock, counts);
  const stats: EngineStats = Object.assign(counts, server.traffic);
  const forward = createNativeForward({ limits, timeouts, clock, stats, upgradeOf: (downstream) => server.upgradeOf(downstream) });
  let stopped: Promise<void> | undefined;

  return {
    name: 'native',
    forward,
    stats,
    address: () => server.address(),
    secureAddress: () => server.secureAddress(),
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
