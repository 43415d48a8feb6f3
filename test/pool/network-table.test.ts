/** The table of networks, against a Map that does the same slowly. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNetworkTable, type NetworkTable } from '../../src/pool/network-table.js';

const rowsOf = (table: NetworkTable): number[] => Array.from({ length: table.rowsEnd }, (_, row) => row).filter((row) => table.has(row));

// Few hashes, all in few buckets, so that chains form and rows are given out again.
const hashes = fc.integer({ min: 0, max: 11 }).map((n) => (n * 0x10000000 + (n & 1)) >>> 0);
const steps = fc.array(fc.tuple(fc.constantFrom('add', 'touch', 'remove'), hashes), { maxLength: 200 });

it('knows the same networks as a Map, and gives the row of the oldest away when it is full', () => {
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
        expect(rowsOf(table)).toEqual([...model.values()].toSorted((a, b) => a - b));
        expect(table.size).toBe(model.size);
      }
      expect(new Set(model.values()).size).toBe(model.size);
      expect([...model.values()].every((row) => row >= 0 && row < rowsMax)).toBe(true);
      expect(table.evictionsTotal).toBe(evictions);
    }),
  );
});

it('removes rows while one walks over them', () => {
  const table = createNetworkTable(4);
  for (const hash of [1, 2, 3]) table.add(hash);
  for (let row = 0; row < table.rowsEnd; row += 1) table.remove(row);
  expect([table.size, rowsOf(table), table.evictionsTotal]).toEqual([0, [], 0]);
});
