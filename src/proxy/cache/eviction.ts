/**
 * What goes when room is needed: S3-FIFO (Yang et al., SOSP 2023), counted in bytes.
 *
 * A newcomer stands in a small queue, a tenth of all bytes, and moves to the main one only when it was used meanwhile; so a scan of
 * things that nobody asks for twice passes through the small queue and leaves the rest alone. A newcomer whose key left the small
 * queue not long ago goes to the main one at once. A use costs an increment: no list is touched, unlike LRU.
 * `test/proxy/cache/eviction.test.ts` prints hit ratios beside LRU's.
 */

/** What stands in a queue. The fields belong to the queues. */
export interface Evictable {
  readonly key: string;
  readonly bytes: number;
  /** Since it came, or was last spared; at most 3. */
  uses: number;
  queue: Queue | undefined;
  earlier: Evictable | undefined;
  later: Evictable | undefined;
}

interface Queue {
  first: Evictable | undefined;
  last: Evictable | undefined;
  bytes: number;
  count: number;
}

export interface Eviction<E extends Evictable> {
  add(entry: E): void;
  /** Takes it out, whyever. */
  remove(entry: E): void;
  /** Takes out what is worth least; undefined when there is nothing. */
  evict(): E | undefined;
}

const usesMax = 3;
const smallShare = 0.1;

/** A use of what is in a queue. */
export function use(entry: Evictable): void {
  if (entry.uses < usesMax) entry.uses += 1;
}

export function createEviction<E extends Evictable>(): Eviction<E> {
  const small = newQueue();
  const main = newQueue();
  /** Of keys that left the small queue, as many as the main one has entries; by hash, for it costs little to be wrong. */
  const ghosts = new Set<number>();

  function remember(key: string): void {
    ghosts.add(hash(key));
    for (const oldest of ghosts) {
      if (ghosts.size <= main.count + small.count) break;
      ghosts.delete(oldest);
    }
  }

  /** Undefined: all of them have moved on. */
  function fromSmall(): Evictable | undefined {
    for (let entry = small.first; entry !== undefined; entry = small.first) {
      leave(entry);
      if (entry.uses === 0) {
        remember(entry.key);
        return entry;
      }
      entry.uses = 0;
      join(main, entry);
    }
    return undefined;
  }

  function fromMain(): Evictable | undefined {
    for (let entry = main.first; entry !== undefined; entry = main.first) {
      leave(entry);
      if (entry.uses === 0) return entry;
      entry.uses -= 1;
      join(main, entry);
    }
    return undefined;
  }

  return {
    add(entry) {
      join(ghosts.delete(hash(entry.key)) ? main : small, entry);
    },
    remove: leave,
    evict() {
      const smallFirst = small.bytes >= smallShare * (small.bytes + main.bytes);
      const entry = smallFirst ? (fromSmall() ?? fromMain()) : (fromMain() ?? fromSmall());
      return entry as E | undefined; // only `add` puts entries in, and it takes E
    },
  };
}

const newQueue = (): Queue => ({ first: undefined, last: undefined, bytes: 0, count: 0 });

function join(queue: Queue, entry: Evictable): void {
  entry.queue = queue;
  entry.earlier = queue.last;
  entry.later = undefined;
  if (queue.last === undefined) queue.first = entry;
  else queue.last.later = entry;
  queue.last = entry;
  queue.bytes += entry.bytes;
  queue.count += 1;
}

function leave(entry: Evictable): void {
  const { queue, earlier, later } = entry;
  if (queue === undefined) return;
  if (earlier === undefined) queue.first = later;
  else earlier.later = later;
  if (later === undefined) queue.last = earlier;
  else later.earlier = earlier;
  queue.bytes -= entry.bytes;
  queue.count -= 1;
  entry.queue = undefined;
  entry.earlier = undefined;
  entry.later = undefined;
}

/** FNV-1a. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return state >>> 0;
}
