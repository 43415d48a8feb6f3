/**
 * Runs as they come in, handed on point by point in order: each point when its last repetition is in and all points before
 * it are complete.
 */
import type { Clock } from '../clock.js';
import type { Run } from '../sim/run.js';

export interface Ledger {
  /** A repetition of the point begins now. */
  begun(point: number): void;
  enter(point: number, repetition: number, run: Run): void;
  /** Hands on what is incomplete, too: nothing more will come. */
  close(): void;
}

/** @param repetitions of each point. @param onPoint never told of runs that measured nothing */
export function createLedger(
  repetitions: readonly number[],
  clock: Clock,
  onPoint: (point: number, runs: readonly Run[], wallSeconds: number) => void,
): Ledger {
  const open = repetitions.map((expected) => ({ expected, runs: new Map<number, Run>(), beganMs: Number.NaN, endedMs: Number.NaN }));
  let next = 0;

  function handOn(point: number): void {
    const entry = open[point];
    if (entry === undefined) return;
    const runs = [...entry.runs].sort(([a], [b]) => a - b).map(([, run]) => run);
    const measured = runs.filter(({ measuredS }) => measuredS > 0);
    if (measured.length > 0) onPoint(point, measured, (entry.endedMs - entry.beganMs) / 1000);
    entry.runs.clear();
  }

  return {
    begun(point) {
      const entry = open[point];
      if (entry !== undefined && Number.isNaN(entry.beganMs)) entry.beganMs = clock.monotonicMs();
    },
    enter(point, repetition, run) {
      const entry = open[point];
      if (entry === undefined) return;
      entry.runs.set(repetition, run);
      entry.endedMs = clock.monotonicMs();
      while ((open[next]?.runs.size ?? -1) === open[next]?.expected) handOn(next++);
    },
    close() {
      while (next < open.length) handOn(next++);
    },
  };
}
