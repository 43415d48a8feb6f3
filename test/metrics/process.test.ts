import { performance, PerformanceObserver } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { observeProcess } from '../../src/metrics/process.js';
import type { Distribution } from '../../src/tally.js';

const countOf = ({ counts }: Distribution): number => counts.reduce((sum, count) => sum + count, 0);

/** Fills the young generation until a collection was reported; observers are told in turns of the event loop. */
async function collect(): Promise<void> {
  let seen = false;
  const observer = new PerformanceObserver(() => (seen = true));
  observer.observe({ entryTypes: ['gc'] });
  while (!seen) {
    Array.from({ length: 100_000 }, (_, i) => ({ i }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  observer.disconnect();
}

it('counts the pauses of the collector until it is closed', async () => {
  const { readers, close } = observeProcess();
  const pauses = (): number => {
    let sum = 0;
    readers.nodejs_gc_duration_seconds((distribution) => (sum += countOf(distribution)));
    return sum;
  };
  await collect();
  const before = pauses();
  expect(before).toBeGreaterThan(0);
  close();
  await collect();
  expect(pauses()).toBe(before);
});

it('measures how late the event loop is, without the sampling interval, and says nothing before the first sample', async () => {
  const { readers, close } = observeProcess();
  const read = (): number[] => {
    const values: number[] = [];
    void readers.nodejs_eventloop_lag_max_seconds((value) => values.push(value));
    return values;
  };
  expect(read()).toEqual([]);
  let seen: number[] = [];
  while (seen.length === 0) {
    const until = performance.now() + 100;
    while (performance.now() < until);
    await new Promise((resolve) => setImmediate(resolve));
    seen = read();
  }
  close();
  expect(seen[0]).toBeGreaterThanOrEqual(0.05); // no sample falls into the 100 ms, of which one interval, 20 ms, is no lag
});

it('accounts for all of the loop\'s time, busy or idle', async () => {
  const { readers, close } = observeProcess();
  close();
  const read = (name: 'active' | 'idle'): number => {
    let seconds = NaN;
    void readers[`roundhouse_process_event_loop_${name}_seconds_total`]((value) => (seconds = value));
    return seconds;
  };
  const [activeS, idleS] = [read('active'), read('idle')];
  const until = performance.now() + 100;
  while (performance.now() < until);
  expect(read('active') - activeS).toBeGreaterThanOrEqual(0.1); // of this very turn, which is not over yet
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(read('idle')).toBeGreaterThan(idleS);
});

it('counts descriptors where the system tells', async () => {
  const { readers, close } = observeProcess();
  close();
  const values: number[] = [];
  await readers.process_open_fds((value) => values.push(value));
  if (process.platform === 'linux') expect(values[0]).toBeGreaterThan(2);
  else expect(values).toEqual([]);
});
