/**
 * Processor time as the kernel tells it, from recorded files and from this very process.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { familyOf, parseStat, spentBetween, spentBy } from '../../../bench/harness/cpu-time.js';

const proc = mkdtempSync(join(tmpdir(), 'roundhouse-proc-'));
afterAll(() => rmSync(proc, { recursive: true }));

const fields = 'S 4242 812 812 0 -1 4194560 2412 0 1 0 1234 567 0 0 20 0 11 0 33511 690872320 13090 18446744073709551615 1 1 0 0';

function processIn(pid: number, parent: number, threads: Readonly<Record<string, string>>): void {
  for (const [thread, schedstat] of Object.entries(threads)) {
    mkdirSync(join(proc, `${pid}/task/${thread}`), { recursive: true });
    if (schedstat !== '') writeFileSync(join(proc, `${pid}/task/${thread}/schedstat`), schedstat);
  }
  writeFileSync(join(proc, `${pid}/stat`), `${pid} (nginx: worker) ${fields.replace('4242', String(parent))}`);
}

describe('a line of /proc/PID/stat', () => {
  it('is read behind the name, whatever that holds', () => {
    expect(parseStat(`17 (node) ${fields}`)).toEqual({ pid: 17, parent: 4242, cpuS: 18.01 });
    expect(parseStat(`18 (a) b (c d) ${fields}`)).toEqual({ pid: 18, parent: 4242, cpuS: 18.01 });
  });

  it('is nothing when the process has gone', () => {
    expect(parseStat('')).toBeUndefined();
  });
});

it('the family of a process are its descendants, and nobody else', () => {
  const stat = (pid: number, parent: number) => ({ pid, parent, cpuS: 1 });
  const family = familyOf(5, [stat(1, 0), stat(5, 1), stat(6, 5), stat(7, 6), stat(8, 1)]);
  expect(family.map(({ pid }) => pid)).toEqual([5, 6, 7]);
});

it('sums nanoseconds of all threads of all descendants', () => {
  processIn(100, 1, { 100: '1500000000 77 3', 101: '250000000 77 3' });
  processIn(200, 100, { 200: '125000000 0 1' });
  processIn(300, 1, { 300: '9000000000 0 1' });
  expect(spentBy(100, proc)?.cpuS).toBeCloseTo(1.875, 9);
});

it('takes the ticks of a process whose nanoseconds are not counted', () => {
  processIn(400, 1, { 400: '' });
  processIn(500, 400, { 500: '0 0 0' });
  expect(spentBy(400, proc)).toMatchObject({ cpuS: expect.closeTo(36.02, 9) });
});

it('does not know without /proc, or of a process that has ended', () => {
  expect(spentBy(100, '/nowhere')).toBeUndefined();
  expect(spentBy(999, proc)).toBeUndefined();
});

describe('between two looks', () => {
  const spent = (cpuS: number, threads: Readonly<Record<string, [ran: number, waited: number]>>) => {
    return { cpuS, threads: new Map(Object.entries(threads).map(([thread, [ranS, waitedS]]) => [thread, { ranS, waitedS }])) };
  };

  it('waiting is that of the thread that ran most, but for its own helpers', () => {
    const before = spent(10, { main: [8, 1], helper: [2, 5] });
    const after = spent(11.5, { main: [9, 1.75], helper: [2.1, 9], late: [0.4, 3] });
    expect(spentBetween(before, after)).toEqual({ ranS: 1.5, waitedS: 0.25 });
    expect(spentBetween(before, spent(12, { main: [9, 1.75], helper: [3, 9] })).waitedS).toBe(0);
  });

  it('waiting is unknown where threads are', () => {
    expect(spentBetween(spent(1, {}), spent(3, {}))).toEqual({ ranS: 2, waitedS: NaN });
  });
});

// Reason: only Linux has /proc.
it.skipIf(process.platform !== 'linux')('counts what this process uses', () => {
  const before = spentBy(process.pid);
  const used = process.cpuUsage();
  while (process.cpuUsage(used).user < 100_000);
  const after = spentBy(process.pid);
  expect(before === undefined || after === undefined ? 0 : spentBetween(before, after).ranS).toBeGreaterThan(0.09);
});
