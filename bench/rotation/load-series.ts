/**
 * From readings to the load of each worker over time: requests and utilisation of each interval, as the simulator has them.
 *
 * A worker that did not answer is taken to stand where it stood; what it did meanwhile counts in the interval in which it answers
 * again. One that began anew counts from 0.
 */
import type { Reading, WorkerReading } from './readings.js';

export interface LoadSeries {
  /** By worker, then by interval. */
  readonly requests: readonly Float64Array[];
  /** Busy part of the event loop, 0 to 1. */
  readonly utilisation: readonly Float64Array[];
  readonly inFlight: readonly Float64Array[];
  /** CPU seconds of the whole time. */
  readonly cpuS: readonly number[];
  /** First places in answers by member; undefined when DNS did not tell at both ends. */
  readonly firstPlaces: readonly number[] | undefined;
}

/** @param readings one more than there are intervals; with fewer than two there are none. */
export function loadSeries(readings: readonly Reading[]): LoadSeries {
  const count = readings[0]?.workers.length ?? 0;
  const rows = Array.from({ length: count }, (_, worker) => rowOf(readings.map(({ workers }) => workers[worker])));
  const [first, last] = [readings[0]?.firstPlaces, readings.at(-1)?.firstPlaces];
  return {
    requests: rows.map((row) => row.requests),
    utilisation: rows.map((row) => row.utilisation),
    inFlight: rows.map((row) => row.inFlight),
    cpuS: rows.map((row) => row.cpuS),
    firstPlaces: first === undefined || last === undefined ? undefined : last.map((places, member) => places - (first[member] ?? 0)),
  };
}

function rowOf(readings: readonly (WorkerReading | undefined)[]) {
  const intervals = Math.max(0, readings.length - 1);
  const series = (): Float64Array => new Float64Array(intervals);
  const row = { requests: series(), utilisation: series(), inFlight: series(), cpuS: 0 };
  let [before] = readings;
  for (let at = 0; at < intervals; at += 1) {
    const now = readings[at + 1];
    if (now === undefined) continue;
    const base = before;
    before = now;
    if (base === undefined) continue; // how much of it was before nobody knows
    const since = (of: (reading: WorkerReading) => number): number => Math.max(0, of(now) - (base.startS === now.startS ? of(base) : 0));
    const activeS = since((reading) => reading.activeS);
    const idleS = since((reading) => reading.idleS);
    row.requests[at] = since((reading) => reading.requests);
    row.utilisation[at] = activeS + idleS > 0 ? activeS / (activeS + idleS) : 0;
    row.inFlight[at] = now.inFlight;
    row.cpuS += since((reading) => reading.cpuS);
  }
  return row;
}
