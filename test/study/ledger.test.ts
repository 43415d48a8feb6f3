import { expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import type { Run } from '../../src/sim/run.js';
import { createLedger } from '../../src/study/ledger.js';

const run = (seed: number, measuredS = 10): Run => ({ seed, measuredS }) as Run; // the ledger looks at nothing else

function ledgerOf(repetitions: readonly number[]) {
  const told: { point: number; seeds: readonly number[]; wallSeconds: number }[] = [];
  const clock = createVirtualClock();
  const ledger = createLedger(repetitions, clock, (point, runs, wallSeconds) => {
    told.push({ point, seeds: runs.map(({ seed }) => seed), wallSeconds });
  });
  return { told, clock, ledger };
}

it('hands on in order, whatever order runs come in', () => {
  const { told, clock, ledger } = ledgerOf([2, 1]);
  ledger.begun(0);
  ledger.begun(0);
  ledger.begun(1);
  clock.advance(1000);
  ledger.enter(1, 0, run(9));
  ledger.enter(0, 1, run(8));
  expect(told).toEqual([]);
  clock.advance(2000);
  ledger.enter(0, 0, run(7));
  const expected = [{ point: 0, seeds: [7, 8], wallSeconds: 3 }, { point: 1, seeds: [9], wallSeconds: 1 }];
  expect(told).toEqual(expected);
  ledger.close();
  expect(told).toEqual(expected);
});

it('hands on what there is when it is closed early, without what measured nothing', () => {
  const { told, ledger } = ledgerOf([3, 2, 1]);
  [0, 1].forEach((point) => ledger.begun(point));
  ledger.enter(0, 2, run(5));
  ledger.enter(0, 1, run(4, 0));
  ledger.enter(1, 0, run(4, 0));
  ledger.close();
  expect(told).toEqual([{ point: 0, seeds: [5], wallSeconds: 0 }]);
});
