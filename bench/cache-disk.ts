/**
 * What the cache on disk costs: to write, to hold in memory, to take up at the start, and to read from.
 *
 *     npm run build && node --expose-gc dist/bench/cache-disk.js [ENTRIES]
 *
 * Entries have bodies of 100 bytes, each its own. The store writes to a directory of its own under the system's temporary one, which
 * is removed. The files are in the kernel's memory when they are read, so reading is what this program costs, not the disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../src/clock.js';
import { silentLog } from '../src/log.js';
import { DiskStore } from '../src/proxy/cache/disk/disk-store.js';
import { createDiskStats } from '../src/proxy/cache/disk/options.js';
import type { StoredResponse } from '../src/proxy/cache/stored-response.js';
import { createRandom } from '../src/random.js';
import { keyOf, usualEntry } from './cache/usual-entry.js';

const entries = Number(process.argv[2] ?? 100_000);
const reads = 20_000;
/** Put in one go, so that none is left out of the queue. */
const atOnce = 1000;

const directory = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
const { monotonicMs } = systemClock;
const print = (text: string): void => void process.stdout.write(`${text}\n`);

function memoryBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

function openStore(): { readonly store: DiskStore; readonly stats: ReturnType<typeof createDiskStats> } {
  const stats = createDiskStats();
  const bounds = { bytesMax: Number.MAX_SAFE_INTEGER, entriesMax: Number.MAX_SAFE_INTEGER };
  return { store: new DiskStore({ directory, worker: 'bench', ...bounds, stats, clock: systemClock, log: silentLog }), stats };
}

/** Whose body no other has. */
function entryOf(index: number): StoredResponse {
  const entry = usualEntry(index);
  entry.body.write(String(index));
  return { ...entry, policy: { ...entry.policy, responseMs: monotonicMs() } };
}

async function fill(store: DiskStore): Promise<void> {
  for (let index = 0; index < entries; index += 1) {
    store.put(entryOf(index));
    if (index % atOnce === atOnce - 1) await store.idle();
  }
  await store.idle();
}

async function readSome(store: DiskStore): Promise<void> {
  const random = createRandom(1);
  for (let read = 0; read < reads; read += 1) {
    const index = random.below(entries);
    const entry = store.find(keyOf(index), []);
    const response = entry === undefined ? undefined : await store.read(entry);
    if (response?.body.toString('latin1').startsWith(String(index)) !== true) throw new Error(`entry ${index} was not read back`);
  }
}

async function timed(work: () => Promise<void>): Promise<{ readonly tookMs: number; readonly longestMs: number }> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const startMs = monotonicMs();
  await work();
  const tookMs = monotonicMs() - startMs;
  delays.disable();
  return { tookMs, longestMs: delays.max / 1e6 };
}

print(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}; ${entries} entries\n`);
print('| what | ms in all | µs each | longest turn of the event loop, ms |');
print('| --- | --- | --- | --- |');
const row = (what: string, count: number, { tookMs, longestMs }: { readonly tookMs: number; readonly longestMs: number }): void =>
  print(`| ${what} | ${tookMs.toFixed(0)} | ${((tookMs * 1000) / count).toFixed(1)} | ${longestMs.toFixed(1)} |`);
try {
  const first = openStore();
  await first.store.open();
  row('written', entries, await timed(() => fill(first.store)));
  await first.store.close(60_000);
  const before = memoryBytes();
  const second = openStore();
  row('taken up at the start', entries, await timed(() => second.store.open()));
  if (second.stats.entries !== entries) throw new Error(`${second.stats.entries} entries of ${entries} came back`);
  const grew = memoryBytes() - before;
  row('read back, one after the other', reads, await timed(() => readSome(second.store)));
  print(`\nIn memory ${Math.round(grew / entries)} bytes for each entry; on disk, as the store counts, ${Math.round(second.stats.bytes / entries)}.`);
  await second.store.close(60_000);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
