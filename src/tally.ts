/**
 * Plain numbers that hot paths bump and that metrics read at scrape time.
 *
 * A `Tally` is a table of counters whose label values come from closed lists, addressed by index; a `Distribution` is a
 * histogram with fixed bounds. Neither allocates after it was made, and neither knows Prometheus.
 */

export interface Tally {
  readonly dimensions: readonly (readonly string[])[];
  /** Adds 1 to the cell at these indices; unused dimensions are 0. */
  add(i?: number, j?: number, k?: number): void;
  addMany(by: number, i?: number, j?: number, k?: number): void;
  at(i?: number, j?: number, k?: number): number;
  /** Calls back for each cell that is not 0, with its label values in the order of `dimensions`. */
  forEach(visit: (labels: readonly string[], count: number) => void): void;
}

/** @param dimensions up to three closed lists of label values. */
export function createTally(...dimensions: readonly (readonly string[])[]): Tally {
  const [first = ['']] = dimensions;
  const second = dimensions[1] ?? [''];
  const third = dimensions[2] ?? [''];
  const cells = new Float64Array(first.length * second.length * third.length);
  const cellOf = (i: number, j: number, k: number): number => (i * second.length + j) * third.length + k;
  return {
    dimensions,
    add(i = 0, j = 0, k = 0) {
      const cell = cellOf(i, j, k);
      cells[cell] = (cells[cell] as number) + 1; // a cell out of range is a programmer's error and stays NaN-free: typed arrays ignore it
    },
    addMany(by, i = 0, j = 0, k = 0) {
      const cell = cellOf(i, j, k);
      cells[cell] = (cells[cell] as number) + by;
    },
    at: (i = 0, j = 0, k = 0) => cells[cellOf(i, j, k)] ?? 0,
    forEach(visit) {
      cells.forEach((count, cell) => {
        if (count === 0) return;
        const k = cell % third.length;
        const j = Math.floor(cell / third.length) % second.length;
        const i = Math.floor(cell / (third.length * second.length));
        visit([first[i] ?? '', second[j] ?? '', third[k] ?? ''].slice(0, dimensions.length), count);
      });
    },
  };
}

export interface Distribution {
  /** Upper bounds, ascending; a value equal to a bound falls under it, as in Prometheus. */
  readonly bounds: readonly number[];
  /** One count for each bound and one more for what exceeds them all; not cumulative. */
  readonly counts: Float64Array;
  sum: number;
}

export function createDistribution(bounds: readonly number[]): Distribution {
  return { bounds, counts: new Float64Array(bounds.length + 1), sum: 0 };
}

export function observe(distribution: Distribution, value: number): void {
  const { bounds, counts } = distribution;
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
  counts[bucket] = (counts[bucket] as number) + 1;
  distribution.sum += value;
}
