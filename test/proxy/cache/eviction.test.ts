/**
 * Eviction: its hit ratios beside those of LRU on the traces that caches are compared by.
 */
import { describe, expect, it } from 'vitest';
import { createEviction, use, type Evictable } from '../../../src/proxy/cache/eviction.js';
import { createRandom, type Random } from '../../../src/random.js';

type Trace = Iterable<number>;

function s3fifoHits(trace: Trace, capacity: number): number {
  const entries = new Map<number, Evictable>();
  const eviction = createEviction();
  let hits = 0;
  for (const key of trace) {
    const entry = entries.get(key);
    if (entry !== undefined) {
      hits += 1;
      use(entry);
      continue;
    }
    if (entries.size >= capacity) entries.delete(Number(eviction.evict()?.key));
    const added: Evictable = { key: String(key), bytes: 1, uses: 0, queue: undefined, earlier: undefined, later: undefined };
    entries.set(key, added);
    eviction.add(added);
  }
  return hits;
}

function lruHits(trace: Trace, capacity: number): number {
  const keys = new Set<number>();
  let hits = 0;
  for (const key of trace) {
    if (keys.delete(key)) hits += 1;
    else if (keys.size >= capacity) for (const oldest of keys) if (keys.delete(oldest)) break;
    keys.add(key);
  }
  return hits;
}

/** Zhang et al., NSDI 2024: a hand goes from the oldest to the newest and takes what was not used since it last came by. */
function sieveHits(trace: Trace, capacity: number): number {
  const queue: number[] = [];
  const used = new Map<number, boolean>();
  let hand = 0;
  let hits = 0;
  for (const key of trace) {
    if (used.has(key)) {
      hits += 1;
      used.set(key, true);
      continue;
    }
    while (used.size >= capacity) {
      if (hand >= queue.length) hand = 0;
      const candidate = queue[hand] as number; // hand < length
      if (used.get(candidate) === true) {
        used.set(candidate, false);
        hand += 1;
      } else {
        used.delete(candidate);
        queue.splice(hand, 1);
      }
    }
    queue.push(key);
    used.set(key, false);
  }
  return hits;
}

/** Johnson and Shasha, VLDB 1994: newcomers in a queue of a quarter; LRU for those that come back not long after they left it. */
function twoQueueHits(trace: Trace, capacity: number): number {
  const [young, old, ghosts] = [new Set<number>(), new Set<number>(), new Set<number>()];
  const takeOldest = (from: Set<number>): number => {
    for (const key of from) {
      from.delete(key);
      return key;
    }
    return -1;
  };
  let hits = 0;
  for (const key of trace) {
    if (old.delete(key)) {
      hits += 1;
      old.add(key);
    } else if (young.has(key)) hits += 1;
    else {
      if (young.size + old.size >= capacity) {
        if (young.size > capacity / 4) {
          ghosts.add(takeOldest(young));
          if (ghosts.size > capacity / 2) takeOldest(ghosts);
        } else takeOldest(old);
      }
      if (ghosts.delete(key)) old.add(key);
      else young.add(key);
    }
  }
  return hits;
}

/** What no policy without foresight of the order can beat on an independent trace: the most popular ones stay. */
const topHits = (trace: Trace, capacity: number): number => [...trace].filter((key) => key < capacity).length;

const keys = 20_000;
const length = 300_000;
const capacity = 1000;

function zipf(random: Random): () => number {
  const sums = new Float64Array(keys);
  let sum = 0;
  for (let i = 0; i < keys; i += 1) sums[i] = sum += (i + 1) ** -0.9;
  return () => {
    const point = (random.below(2 ** 32) / 2 ** 32) * sum;
    let [low, high] = [0, keys - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < point) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Every so often somebody walks through everything: a crawler, a backup. */
function traceOf(scanEvery: number): number[] {
  const next = zipf(createRandom(7));
  const trace: number[] = [];
  let scanned = keys;
  while (trace.length < length) {
    trace.push(next());
    if (scanEvery > 0 && trace.length % scanEvery === 0) for (let i = 0; i < 2 * capacity; i += 1) trace.push((scanned += 1));
  }
  return trace;
}

describe.each([
  ['Zipf(0.9)', 0, 0.03],
  ['Zipf(0.9) with scans', 20_000, 0.03],
  ['Zipf(0.9) with many scans', 5000, 0.05],
])('%s', (name, scanEvery, gain) => {
  it('hits more often than LRU', () => {
    const trace = traceOf(scanEvery);
    const policies = { 'S3-FIFO': s3fifoHits, LRU: lruHits, SIEVE: sieveHits, '2Q': twoQueueHits, 'the most popular kept': topHits };
    const ratios = Object.entries(policies).map(([policy, hits]) => ({ policy, ratio: hits(trace, capacity) / trace.length }));
    const [ours = 0, lru = 0, sieve = 0, twoQueue = 0, top = 0] = ratios.map(({ ratio }) => ratio);
    const all = ratios.map(({ policy, ratio }) => `${policy} ${(100 * ratio).toFixed(1)} %`).join(', ');
    process.stdout.write(`${name}, 5 % of ${keys} keys fit: ${all}\n`);
    expect(ours).toBeGreaterThan(Math.max(sieve, twoQueue) - 0.02);
    expect(ours).toBeGreaterThan(lru + gain);
    expect(ours).toBeLessThanOrEqual(top);
    if (scanEvery === 0) expect(ours).toBeGreaterThan(top - 0.05);
  });
});

describe('queues', () => {
  it('nothing comes out that was taken out, and everything else does', () => {
    const eviction = createEviction();
    const entry = (key: string): Evictable => ({ key, bytes: 1, uses: 0, queue: undefined, earlier: undefined, later: undefined });
    const [a, b, c] = [entry('a'), entry('b'), entry('c')];
    for (const each of [a, b, c]) eviction.add(each);
    eviction.remove(b);
    eviction.remove(b);
    expect([eviction.evict(), eviction.evict(), eviction.evict()]).toEqual([a, c, undefined]);
  });
});
