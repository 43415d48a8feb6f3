/**
 * Rows by network: from the hash of a prefix to a small number, under which the owner keeps its columns.
 *
 * Strangers fill it, so it is bounded: a full one gives the row of the network that was touched longest ago to the next.
 * Chained hashing over typed arrays; nothing is allocated after the start, and untouched pages cost no memory. Two networks
 * with the same 32 bits count as one (IPv4 ones never have: their hash is one-to-one).
 */

export interface NetworkTable {
  /** How many rows there are; they are not numbered without gaps once one was removed. */
  readonly size: number;
  /** The network's row, or −1. */
  find(hash: number): number;
  /** A row for a network that has none, as the youngest. The owner resets its columns. */
  add(hash: number): number;
  /** Makes the row the youngest. */
  touch(row: number): void;
  remove(row: number): void;
  /** Rows from the oldest on, for a walk: −1 is behind the last. A row may be removed when its successor has been read. */
  oldest(): number;
  younger(row: number): number;
  /** Networks whose row was given away. */
  readonly evictionsTotal: number;
}

/** Links are stored plus one, so that the zero of a fresh array says: none. */
export function createNetworkTable(rowsMax: number): NetworkTable {
  let buckets = 16;
  while (buckets < rowsMax) buckets *= 2;
  const heads = new Int32Array(buckets);
  const hashes = new Uint32Array(rowsMax);
  const links = new Int32Array(rowsMax); // within a bucket; of free rows: the next free one
  const olderOf = new Int32Array(rowsMax + 1); // a ring through the row rowsMax, which holds both ends
  const youngerOf = new Int32Array(rowsMax + 1);
  olderOf[rowsMax] = youngerOf[rowsMax] = rowsMax;
  let used = 0;
  let free = 0;
  let size = 0;
  let evictionsTotal = 0;
  const at = (column: Int32Array | Uint32Array, row: number): number => column[row] as number; // rows in use are in range

  function enqueue(row: number): void {
    const youngest = at(olderOf, rowsMax);
    olderOf[row] = youngest;
    youngerOf[row] = rowsMax;
    youngerOf[youngest] = row;
    olderOf[rowsMax] = row;
  }

  function dequeue(row: number): void {
    youngerOf[at(olderOf, row)] = at(youngerOf, row);
    olderOf[at(youngerOf, row)] = at(olderOf, row);
  }

  function remove(row: number): void {
    const bucket = at(hashes, row) & (buckets - 1);
    if (at(heads, bucket) === row + 1) heads[bucket] = at(links, row);
    else {
      let before = at(heads, bucket) - 1;
      while (at(links, before) !== row + 1) before = at(links, before) - 1;
      links[before] = at(links, row);
    }
    dequeue(row);
    links[row] = free;
    free = row + 1;
    size -= 1;
  }

  function takeRow(): number {
    if (size === rowsMax) {
      remove(at(youngerOf, rowsMax));
      evictionsTotal += 1;
    }
    if (free === 0) return used++;
    const row = free - 1;
    free = at(links, row);
    return row;
  }

  return {
    get size() {
      return size;
    },
    get evictionsTotal() {
      return evictionsTotal;
    },
    find(hash) {
      let row = at(heads, hash & (buckets - 1)) - 1;
      while (row >= 0 && hashes[row] !== hash) row = at(links, row) - 1;
      return row;
    },
    add(hash) {
      const row = takeRow();
      const bucket = hash & (buckets - 1);
      hashes[row] = hash;
      links[row] = at(heads, bucket);
      heads[bucket] = row + 1;
      enqueue(row);
      size += 1;
      return row;
    },
    touch(row) {
      dequeue(row);
      enqueue(row);
    },
    remove,
    oldest: () => inRange(at(youngerOf, rowsMax)),
    younger: (row) => inRange(at(youngerOf, row)),
  };

  function inRange(row: number): number {
    return row === rowsMax ? -1 : row;
  }
}
