/**
 * Rows by network: from the hash of a prefix to a small number, under which the owner keeps its columns.
 *
 * Strangers fill it, so it is bounded: a full one gives the row of the network that was touched longest ago to the next.
 * Chained hashing over typed arrays; nothing is allocated after the start, and untouched pages cost no memory. Two networks
 * with the same 32 bits count as one (IPv4 ones never have: their hash is one-to-one).
 */

export interface NetworkTable {
  /** How many networks have a row. */
  readonly size: number;
  /** All rows are below this. Walks go over numbers, not over ages: memory in order is several times faster. */
  readonly rowsEnd: number;
  /** Is this row below `rowsEnd` some network's? */
  has(row: number): boolean;
  /** The network's row, or −1. */
  find(hash: number): number;
  /** A row for a network that has none, as the youngest. The owner resets its columns. */
  add(hash: number): number;
  /** Makes the row the youngest. */
  touch(row: number): void;
  remove(row: number): void;
  /** Networks whose row was given away. */
  readonly evictionsTotal: number;
}

export function createNetworkTable(rowsMax: number): NetworkTable {
  const chains = createChains(rowsMax);
  const ages = createAges(rowsMax);
  const taken = new Uint8Array(rowsMax);
  const freeAfter = new Int32Array(rowsMax); // of free rows: the next free one, plus one
  let free = 0;
  let used = 0;
  let size = 0;
  let evictionsTotal = 0;

  function remove(row: number): void {
    chains.remove(row);
    ages.remove(row);
    taken[row] = 0;
    freeAfter[row] = free;
    free = row + 1;
    size -= 1;
  }

  function takeRow(): number {
    if (size === rowsMax) {
      remove(ages.oldest());
      evictionsTotal += 1;
    }
    if (free === 0) return used++;
    const row = free - 1;
    free = freeAfter[row] as number; // rows are in range, here and below
    return row;
  }

  return {
    get size() {
      return size;
    },
    get rowsEnd() {
      return used;
    },
    get evictionsTotal() {
      return evictionsTotal;
    },
    has: (row) => taken[row] === 1,
    find: chains.find,
    add(hash) {
      const row = takeRow();
      chains.add(row, hash);
      ages.add(row);
      taken[row] = 1;
      size += 1;
      return row;
    },
    touch(row) {
      ages.remove(row);
      ages.add(row);
    },
    remove,
  };
}

/** Rows by hash. Links are stored plus one, so that the zero of a fresh array says: none. */
function createChains(rows: number) {
  let buckets = 16;
  while (buckets < rows) buckets *= 2;
  const heads = new Int32Array(buckets);
  const hashes = new Uint32Array(rows);
  const links = new Int32Array(rows);
  const bucketOf = (hash: number): number => hash & (buckets - 1);
  return {
    find(hash: number): number {
      let row = (heads[bucketOf(hash)] as number) - 1;
      while (row >= 0 && hashes[row] !== hash) row = (links[row] as number) - 1;
      return row;
    },
    add(row: number, hash: number): void {
      hashes[row] = hash;
      links[row] = heads[bucketOf(hash)] as number;
      heads[bucketOf(hash)] = row + 1;
    },
    remove(row: number): void {
      const bucket = bucketOf(hashes[row] as number);
      const after = links[row] as number;
      if (heads[bucket] === row + 1) {
        heads[bucket] = after;
        return;
      }
      let before = (heads[bucket] as number) - 1;
      while (links[before] !== row + 1) before = (links[before] as number) - 1;
      links[before] = after;
    },
  };
}

/** Rows in the order in which they were added: a ring through one more row, which holds both ends. */
function createAges(rows: number) {
  const ends = rows;
  const older = new Int32Array(rows + 1);
  const younger = new Int32Array(rows + 1);
  older[ends] = younger[ends] = ends;
  return {
    add(row: number): void {
      const youngest = older[ends] as number; // rows are in range, as below
      older[row] = youngest;
      younger[row] = ends;
      younger[youngest] = row;
      older[ends] = row;
    },
    remove(row: number): void {
      const before = older[row] as number;
      const after = younger[row] as number;
      younger[before] = after;
      older[after] = before;
    },
    /** Of a ring that is not empty. */
    oldest: (): number => younger[ends] as number,
  };
}
