/** The table of networks, against a Map that does the same slowly. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNetworkTable, type NetworkTable } from '../../src/pool/network-table.js';

const rowsOf = (table: NetworkTable): number[] => {
  const rows: number[] = [];
  for (let row = table.oldest(); row >= 0; row = table.younger(row)) rows.push(row);
  return rows;
};

// Few hashes, all in few buckets, so that chains form and rows are given out again.
const hashes = fc.integer({ min: 0, max: 11 }).map((n) => (n * 0x10000000 + (n & 1)) >>> 0);
const steps = fc.array(fc.tuple(fc.constantFrom('add', 'touch', 'remove'), hashes), { maxLength: 200 });

it('knows the same networks as a Map, oldest first, and gives the row of the oldest away when it is full', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), steps, (rowsMax, list) => {
      const table = createNetworkTable(rowsMax);
      const model = new Map<number, number>(); // hash → row, oldest first
      let evictions = 0;
      for (const [what, hash] of list) {
        const row = model.get(hash);
        expect(table.find(hash)).toBe(row ?? -1);
        if (what === 'add' && row === undefined) {
          if (model.size === rowsMax) {
            model.delete([...model.keys()][0] ?? -1);
            evictions += 1;
          }
          model.set(hash, table.add(hash));
        } else if (row !== undefined) {
          model.delete(hash);
          if (what === 'remove') table.remove(row);
          else {
            table.touch(row);
            model.set(hash, row);
          }
        }
        expect(rowsOf(table)).toEqual([...model.values()]);
        expect(table.size).toBe(model.size);
      }
      expect(new Set(model.values()).size).toBe(model.size);
      expect([...model.values()].every((row) => row >= 0 && row < rowsMax)).toBe(true);
      expect(table.evictionsTotal).toBe(evictions);
    }),
  );
});

it('lets a row be removed during a walk, once its successor is known', () => {
  const table = createNetworkTable(4);
  const [a, b, c] = [1, 2, 3].map((hash) => table.add(hash)) as [number, number, number]; // three hashes, three rows
  const seen: number[] = [];
  for (let row = table.oldest(); row >= 0; ) {
    const younger = table.younger(row);
    seen.push(row);
    table.remove(row);
    row = younger;
  }
  expect(seen).toEqual([a, b, c]);
  expect(table.size).toBe(0);
  expect(table.oldest()).toBe(-1);
});
