/**
 * What the members of a pool reported of their load, as policies read it. Who reports (the control process from scraped
 * metrics, the simulator from its queues) and who reads meet here and nowhere else.
 */
import type { Clock } from '../clock.js';

export interface WorkerLoads {
  /** Busy part of the last interval, 0 to 1; NaN when nothing was reported lately. By member index. */
  utilisation(index: number): number;
  /** Requests in service and waiting; NaN when nothing was reported lately. */
  backlog(index: number): number;
  /** Grows with each report. */
  readonly version: number;
}

export interface ReportedLoads extends WorkerLoads {
  report(index: number, utilisation: number, backlog: number): void;
}

/** @param staleAfterMs a report older than this counts as none. */
export function createReportedLoads(members: number, staleAfterMs: number, clock: Clock): ReportedLoads {
  const utilisations = new Float64Array(members).fill(Number.NaN);
  const backlogs = new Float64Array(members).fill(Number.NaN);
  const reportedMs = new Float64Array(members).fill(-Infinity);
  let version = 0;
  const isFresh = (index: number): boolean => clock.monotonicMs() - (reportedMs[index] ?? -Infinity) <= staleAfterMs;
  return {
    utilisation: (index) => (isFresh(index) ? (utilisations[index] as number) : Number.NaN), // fresh ones are in range
    backlog: (index) => (isFresh(index) ? (backlogs[index] as number) : Number.NaN),
    get version() {
      return version;
    },
    report(index, utilisation, backlog) {
      utilisations[index] = utilisation;
      backlogs[index] = backlog;
      reportedMs[index] = clock.monotonicMs();
      version += 1;
    },
  };
}
