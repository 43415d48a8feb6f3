/**
 * Counts what happens in the measured time; nothing here has an effect on the simulation.
 */
import { createHistogram, record } from './histogram.js';
import type { ChangeRun, Run } from './run.js';
import type { Scenario } from './scenario.js';

/** An event of the scenario whose effect is being followed. */
export interface FollowedChange {
  readonly atS: number;
  readonly kind: string;
  readonly what: string;
  /** The first epoch of answers that show it; Infinity while nobody noticed. */
  epoch: number;
  noticedAfterS: number | undefined;
  readonly requests: Float64Array;
  readonly moved: Float64Array;
}

export interface Recorder {
  begin(): void;
  session(): void;
  /** A request was taken by `worker` at `atS` because of an answer of `epoch`. */
  request(worker: number, atS: number, epoch: number): void;
  /** No address worked. */
  failed(): void;
  /** One that was counted as a request was lost with its worker. */
  lost(arrivedS: number): void;
  attemptFailed(worker: number, costS: number): void;
  departure(worker: number, client: number, arrivedS: number, departedS: number, extraS: number): void;
  interval(utilisations: Float64Array): void;
  follow(change: FollowedChange): void;
  finish(end: Ending): Run;
}

export interface Ending {
  readonly seed: number;
  readonly atS: number;
  readonly stopped: boolean;
  readonly addressRequests: number;
  readonly unfinishedRequests: number;
  readonly names: readonly string[];
  readonly capacities: readonly number[];
  readonly events: number;
}

export function createRecorder({ warmupS, intervalS, durationS }: Scenario, workers: number): Recorder {
  const response = createHistogram();
  const requestsOf = new Float64Array(workers);
  const failedAttempts = new Float64Array(workers);
  const intervalsMax = Math.floor(durationS / intervalS + 1e-9);
  const maxUtilisation = new Float64Array(intervalsMax);
  const utilisation = Array.from({ length: workers }, () => new Float64Array(intervalsMax));
  const changes: FollowedChange[] = [];
  const totals = { requests: 0, completed: 0, failed: 0, sessions: 0, extraConnectS: 0, intervals: 0 };
  let measuring = false;

  function follow(atS: number, epoch: number): void {
    for (const change of changes) {
      const second = Math.floor(atS - change.atS - warmupS);
      if (second < 0 || second >= change.requests.length) continue;
      change.requests[second] = (change.requests[second] as number) + 1;
      if (epoch >= change.epoch) change.moved[second] = (change.moved[second] as number) + 1;
    }
  }

  return {
    begin: () => void (measuring = true),
    session: () => void (totals.sessions += measuring ? 1 : 0),
    request(worker, atS, epoch) {
      if (!measuring) return;
      totals.requests += 1;
      requestsOf[worker] = (requestsOf[worker] as number) + 1; // callers know the workers, here and below
      if (changes.length > 0) follow(atS, epoch);
    },
    failed() {
      if (!measuring) return;
      totals.requests += 1;
      totals.failed += 1;
    },
    lost: (arrivedS) => void (totals.failed += arrivedS >= warmupS ? 1 : 0),
    attemptFailed(worker, costS) {
      if (!measuring) return;
      failedAttempts[worker] = (failedAttempts[worker] as number) + 1;
      totals.extraConnectS += costS;
    },
    departure(_worker, _client, arrivedS, departedS, extraS) {
      if (arrivedS < warmupS) return;
      totals.completed += 1;
      record(response, departedS - arrivedS + extraS);
    },
    interval(utilisations) {
      if (!measuring || totals.intervals === intervalsMax) return;
      let most = 0;
      for (let worker = 0; worker < workers; worker += 1) {
        const busy = utilisations[worker] as number;
        (utilisation[worker] as Float64Array)[totals.intervals] = busy;
        if (busy > most) most = busy;
      }
      maxUtilisation[totals.intervals] = most;
      totals.intervals += 1;
    },
    follow: (change) => void changes.push(change),
    finish({ seed, atS, stopped, addressRequests, unfinishedRequests, names, capacities, events }) {
      const series = utilisation.map((busy) => busy.slice(0, totals.intervals));
      return {
        seed,
        measuredS: Math.max(0, atS - warmupS),
        stopped,
        requests: totals.requests,
        completedRequests: totals.completed,
        failedRequests: totals.failed,
        unfinishedRequests,
        sessions: totals.sessions,
        addressRequests,
        workers: names.map((name, worker) => ({
          name,
          capacity: capacities[worker] as number,
          requests: requestsOf[worker] as number,
          utilisation: meanOf(series[worker] as Float64Array),
          failedAttempts: failedAttempts[worker] as number,
        })),
        maxUtilisation: maxUtilisation.slice(0, totals.intervals),
        utilisation: series,
        response,
        extraConnectS: totals.extraConnectS,
        changes: changes.map(changeRun),
        events,
      };
    },
  };
}

const changeRun = ({ atS, kind, what, noticedAfterS, requests, moved }: FollowedChange): ChangeRun => {
  return { atS, kind, what, noticedAfterS, requests, moved };
};

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
