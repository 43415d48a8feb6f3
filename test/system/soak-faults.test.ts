/**
 * Faults on both sides, for as long as ROUNDHOUSE_SOAK_S says: clients that leave at any point and origins that fail in every way, before
 * one worker in a process of its own. Whoever kept to HTTP, with an origin that did, is answered correctly; and when all have left,
 * nothing is left of them: no socket, no exchange, no memory.
 */
import { expect, it } from 'vitest';
import { silentLog } from '../../src/log.js';
import { createNativeEngine } from '../../src/proxy/engines/native/native.js';
import { createRandom } from '../../src/random.js';
import type { SocketAddress } from '../../src/service.js';
import { startTraffic, type Traffic } from '../support/faulty-clients.js';
import { newNotes, startFaultyOrigin, type FaultyOrigin, type OriginNotes } from '../support/faulty-origin.js';
import { startLoneWorker, type LoneWorker } from '../support/lone-worker.js';
import { startWorkerWith } from '../proxy/worker-harness.js';

const soakS = Number(process.env['ROUNDHOUSE_SOAK_S'] ?? 48);
const seed = Number(process.env['ROUNDHOUSE_SOAK_SEED'] ?? 1);
const lanes = 32;
const mebibyte = 1_048_576;
// Short enough to be met often, long enough for a machine that is busy with other things.
const timeouts = { responseMs: 3000, idleMs: 3000, originKeepAliveMs: 1000, originAgeMs: 60_000 };

const allTimeouts = { headersMs: 10_000, requestMs: 60_000, keepAliveMs: 10_000, connectMs: 5000, queueMs: 5000, ...timeouts };

const startOrigins = (notes: OriginNotes): Promise<FaultyOrigin[]> =>
  Promise.all([1, 2, 3].map((index) => startFaultyOrigin(notes, createRandom(seed * 1000 + index))));

const traffic = (at: SocketAddress, notes: OriginNotes, isStopping = (): boolean => false): Traffic =>
  startTraffic({ at, notes, lanes, newRandom: (lane) => createRandom(seed * 1000 + 500 + lane), isStopping });

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, value) => sum + value, 0);

function print(title: string, counts: ReadonlyMap<string, number>): void {
  const lines = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `${what}: ${times}`);
  process.stderr.write(`${title} (${total(counts)}): ${lines.join('; ')}\n`);
}

/** What needs a while, such as the time for which an idle connection is kept; it has ten times that. */
async function comesTo<T>(what: string, read: () => T | Promise<T>, wanted: T): Promise<void> {
  for (let tries = 0; tries < 200 && (await read()) !== wanted; tries += 1) await sleep(50);
  expect(await read(), what).toBe(wanted);
}

/** The fewest sockets within a while: a new worker probes its origins and looks for the control process. */
async function atRest(worker: LoneWorker): Promise<number> {
  let fewest = Infinity;
  for (let look = 0; look < 40; look += 1) {
    fewest = Math.min(fewest, worker.sockets());
    await sleep(50);
  }
  return fewest;
}

interface Footprint {
  readonly residentMiB: number;
  readonly heapMiB: number;
}

async function footprint(worker: LoneWorker): Promise<Footprint> {
  const heap = (await worker.metric('nodejs_heap_size_used_bytes')) + (await worker.metric('nodejs_external_memory_bytes'));
  return { residentMiB: worker.residentBytes() / mebibyte, heapMiB: heap / mebibyte };
}

const gauges = ['roundhouse_proxy_in_flight_requests', 'roundhouse_proxy_queued_requests', 'roundhouse_proxy_open_tunnels'].concat(
  ['roundhouse_client_connections', 'roundhouse_origin_connections'],
);

it('stops in the middle of it, and holds nothing of the process any more', { timeout: 90_000 }, async () => {
  const notes = newNotes();
  const origins = await startOrigins(notes);
  await sleep(1000); // the test runner's own timers have gone
  const before = process.getActiveResourcesInfo();
  const beyondBefore = (): string => {
    const own = [...before];
    return process.getActiveResourcesInfo().filter((what) => !own.includes(what) || own.splice(own.indexOf(what), 1).length === 0).join(' ');
  };
  const urls = origins.map(({ url }) => url);
  const { worker } = await startWorkerWith(createNativeEngine, urls, { timeouts: allTimeouts, accessLogger: silentLog });
  let stopping = false;
  const running = traffic(worker.address(), notes, () => stopping);
  while (total(running.outcomes) < 5000) await sleep(10);
  stopping = true;
  await worker.stop(300);
  await running.stop();
  for (const { sockets } of origins) await comesTo('sockets of an origin', () => sockets.size, 0);
  expect(worker.stats.inFlight).toBe(0);
  await comesTo('active resources beyond those before', beyondBefore, '');
  expect(running.wrong()).toEqual([]);
  for (const origin of origins) await origin.close();
});

it('leaves nothing behind, and no wrong answer', { timeout: soakS * 1000 + 60_000 }, async () => {
  const notes = newNotes();
  const origins = await startOrigins(notes);
  const worker = await startLoneWorker({ origins: origins.map(({ url }) => url), proxy: { timeouts: { ...timeouts, lameduckMs: 0 } } });
  const socketsBefore = await atRest(worker);
  const running = traffic(worker, notes);
  const prints: Footprint[] = [];
  for (let second = 0; second < soakS; second += 1) {
    await sleep(1000);
    prints.push(await footprint(worker));
  }
  await running.stop();
  print('clients left', running.faults);
  print('origins did', notes.done);
  print('answers', running.outcomes);
  expect(running.wrong()).toEqual([]);

  for (const gauge of gauges) await comesTo(gauge, () => worker.metric(gauge), 0);
  await comesTo('sockets of the worker', () => worker.sockets(), socketsBefore);
  for (const { sockets } of origins) await comesTo('sockets of an origin', () => sockets.size, 0);

  const [second, last] = [prints.slice(soakS / 3, (soakS * 2) / 3), prints.slice((soakS * 2) / 3)];
  const resident = [second, last].map((third) => median(third.map(({ residentMiB }) => residentMiB)));
  const heap = [second, last].map((third) => Math.min(...third.map(({ heapMiB }) => heapMiB)));
  const figures = `resident ${resident.map((mib) => mib.toFixed(1)).join(' → ')} MiB, least in use ${heap.map((mib) => mib.toFixed(1)).join(' → ')} MiB`;
  process.stderr.write(`${soakS} s, seed ${seed}: ${figures}; ${socketsBefore} sockets before and after\n`);
  expect(Number(resident[1]) - Number(resident[0]), 'resident MiB grown').toBeLessThan(16);
  expect(Number(heap[1]) - Number(heap[0]), 'MiB in use grown').toBeLessThan(4);
  await worker.stop();
  for (const origin of origins) await origin.close();
});
