/**
 * The `native` engine: strict HTTP/1.1 of our own on `node:net`, and the contract of `engine.ts` over it.
 *
 * Nothing is done twice: a head is turned into text once, scanned once, and written in one string; no stream, no closure and no general
 * parser stands between two sockets.
 *
 * What was tried, and what it gave, in processor time for a forwarded GET of 100 bytes (one pinned process, Node 20, two cores of a
 * shared machine; nginx there 16 to 24 µs, http-proxy with an agent 90 to 135, a bare pass-through of bytes on node:net 18 to 24):
 * - head and small body in one write, one flush a turn: the floor of two reads and two writes; 45 % of all is the kernel's write;
 * - fields compared by length first, matched once as they are rendered, known names and the last host remembered, the flush as a
 *   nextTick instead of a microtask: 36 to 32 µs;
 * - `onread` into one shared buffer, the request's head rendered and so checked once: 7 to 20 % less;
 * - long bodies in 64 KiB buffers that come back once sent, and no pause for what the kernel took whole: four to ten times fewer page
 *   faults; buffers of 128 and 256 KiB, which reads do not fill, cost half as much again;
 * - no weak map to know those buffers by, and none of them lost: one full garbage collection instead of 27 in 7 s, 1,100 to 700 µs a
 *   MiB, 0.73 times what nginx does with a second of processor time when its buffers are as large (0.88 with its defaults);
 * - a profile of 4 s is flat now: 47 % is the kernel's (about all that nginx needs), 13 % are functions of this project, none with more
 *   than 1.1 %, the rest is V8 and Node: without any JavaScript of ours it would still be 1.5 times nginx, now 1.95;
 * - accepted sockets moved to ones with `onread` (`client-socket.ts`), and an answer that stands ready written on the spot: a stored
 *   hit 27 to 18 µs, on a machine that had other things to do;
 * - what is left above the floor is the gateway's: routing, limits in time, the record, counters.
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
