/**
 * What an entry of the cache's memory store weighs, and what a look-up costs as entries become many.
 *
 *     npm run build && node --expose-gc --max-old-space-size=8192 dist/bench/cache-store.js
 *
 * Look-ups are of keys at random, with strings of their own as a request has them. Beside them stands a bare Map of the same keys: what
 * grows in both alike is the machine's memory (caches, pages), not the store.
 */
import { cpus } from 'node:os';
import { systemClock } from '../src/clock.js';
import { createStore, type Store } from '../src/proxy/cache/store.js';
import { createRandom } from '../src/random.js';
import { keyOf, usualEntry } from './cache/usual-entry.js';

const sizes = [1000, 10_000, 100_000, 1_000_000];
const lookUps = 300_000;
const rounds = 5;
const requestFields = ['Host', 'www.example.org', 'Accept', '*/*'];

function memoryBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

/** Best of the rounds: a busy machine only makes it worse. */
function nsPerLookUp(keys: readonly string[], find: (key: string) => unknown): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = systemClock.monotonicMs();
    let found = 0;
    for (const key of keys) if (find(key) !== undefined) found += 1;
    if (found !== keys.length) throw new Error('an entry was not found');
    best = Math.min(best, ((systemClock.monotonicMs() - startedMs) * 1e6) / keys.length);
  }
  return best;
}

function grow(store: Store, plain: Map<string, number>, from: number, to: number): void {
  for (let index = from; index < to; index += 1) {
    if (!store.put(usualEntry(index))) throw new Error('there was no room');
    plain.set(keyOf(index), index);
  }
}

function row(size: number, store: Store, plain: Map<string, number>, grewBytes: number): string {
  const random = createRandom(size);
  const keys = Array.from({ length: lookUps }, () => keyOf(random.below(size)));
  const storeNs = nsPerLookUp(keys, (key) => store.select(key, requestFields));
  const mapNs = nsPerLookUp(keys, (key) => plain.get(key));
  return `| ${size} | ${Math.round(grewBytes / size)} | ${Math.round(store.stats.bytes / size)} | ${storeNs.toFixed(0)} | ${mapNs.toFixed(0)} |`;
}

const store = createStore({ bytesMax: Infinity, entriesMax: Infinity });
const plain = new Map<string, number>();
const beforeBytes = memoryBytes();
process.stdout.write(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}; best of ${rounds} rounds of ${lookUps} look-ups\n\n`);
process.stdout.write('| entries | bytes of memory each, with the map beside | as the store counts | look-up, ns | in a bare map, ns |\n');
process.stdout.write('| --- | --- | --- | --- | --- |\n');
let filled = 0;
for (const size of sizes) {
  grow(store, plain, filled, size);
  filled = size;
  process.stdout.write(`${row(size, store, plain, memoryBytes() - beforeBytes)}\n`);
}
