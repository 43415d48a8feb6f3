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
  /** The warm-up is over. */
  begin(): void;
  session(): void;
  /** A request was taken by `worker` at `atS` because of an answer of `epoch`. */
  request(worker: number, atS: number, epoch: number): void;
  /** A request found no address that worked, also because of such an answer. */
  failed(atS: number, epoch: number): void;
  /** One that was counted as a request was lost with its worker. */
  lost(arrivedS: number): void;
  attemptFailed(worker: number, costS: number): void;
  departure(client: number, arrivedS: number, departedS: number, extraS: number): void;
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

export function createRecorder(scenario: Scenario, workers: number): Recorder {
  const { warmupS } = scenario;
  const response = createHistogram();
  const requestsOf = new Float64Array(workers);
  const failedAttempts = new Float64Array(workers);
  const intervals = createIntervals(scenario, workers);
  const changes: FollowedChange[] = [];
  const totals = { requests: 0, completed: 0, failed: 0, sessions: 0, extraConnectS: 0 };
  let measuring = false;

  return {
    begin: () => void (measuring = true),
    session: () => void (totals.sessions += measuring ? 1 : 0),
    request(worker, atS, epoch) {
      if (!measuring) return;
      totals.requests += 1;
      requestsOf[worker] = (requestsOf[worker] as number) + 1; // callers know the workers, here and below
      if (changes.length > 0) followAll(changes, atS - warmupS, epoch);
    },
    failed(atS, epoch) {
      if (!measuring) return;
      totals.requests += 1;
      totals.failed += 1;
      if (changes.length > 0) followAll(changes, atS - warmupS, epoch);
    },
    lost: (arrivedS) => void (totals.failed += arrivedS >= warmupS ? 1 : 0),
    attemptFailed(worker, costS) {
      if (!measuring) return;
      failedAttempts[worker] = (failedAttempts[worker] as number) + 1;
      totals.extraConnectS += costS;
    },
    departure(_client, arrivedS, departedS, extraS) {
      if (arrivedS < warmupS) return;
      totals.completed += 1;
      record(response, departedS - arrivedS + extraS);
    },
    interval: (utilisations) => (measuring ? intervals.add(utilisations, requestsOf) : undefined),
    follow: (change) => void changes.push(change),
    finish({ names, capacities, atS, ...end }) {
      const { maxUtilisation, utilisation, requestsByInterval } = intervals.series();
      return {
        ...end,
        measuredS: Math.max(0, atS - warmupS),
        requests: totals.requests,
        completedRequests: totals.completed,
        failedRequests: totals.failed,
        sessions: totals.sessions,
        extraConnectS: totals.extraConnectS,
        workers: names.map((name, worker) => ({
          name,
          capacity: capacities[worker] as number,
          requests: requestsOf[worker] as number,
          utilisation: meanOf(utilisation[worker] as Float64Array),
          failedAttempts: failedAttempts[worker] as number,
        })),
        maxUtilisation,
        utilisation,
        requestsByInterval,
        response,
        changes: changes.map(changeRun),
      };
    },
  };
}

/** Counts one request for each change that is being followed. */
function followAll(changes: readonly FollowedChange[], sinceS: number, epoch: number): void {
  for (const change of changes) {
    const second = Math.floor(sinceS - change.atS);
    if (second < 0 || second >= change.requests.length) continue;
    change.requests[second] = (change.requests[second] as number) + 1; // in range
    if (epoch >= change.epoch) change.moved[second] = (change.moved[second] as number) + 1;
  }
}

const changeRun = ({ atS, kind, what, noticedAfterS, requests, moved }: FollowedChange): ChangeRun => {
  return { atS, kind, what, noticedAfterS, requests, moved };
};

/** By interval: utilisation and requests of each worker, and the largest utilisation. */
function createIntervals({ durationS, intervalS }: Scenario, workers: number) {
  const most = Math.floor(durationS / intervalS + 1e-9);
  const maxUtilisation = new Float64Array(most);
  const utilisation = Array.from({ length: workers }, () => new Float64Array(most));
  const requestsByInterval = Array.from({ length: workers }, () => new Float64Array(most));
  const before = new Float64Array(workers);
  let count = 0;
  return {
    /** @param requests of each worker since the measured time began. */
    add(utilisations: Float64Array, requests: Float64Array): void {
      if (count === most) return;
      utilisation.forEach((series, worker) => void (series[count] = utilisations[worker] as number)); // one a worker, as below
      requestsByInterval.forEach((series, worker) => void (series[count] = (requests[worker] as number) - (before[worker] as number)));
      before.set(requests);
      maxUtilisation[count] = utilisations.reduce((highest, busy) => Math.max(highest, busy), 0);
      count += 1;
    },
    series: () => ({
      maxUtilisation: maxUtilisation.slice(0, count),
      utilisation: utilisation.map((series) => series.slice(0, count)),
      requestsByInterval: requestsByInterval.map((series) => series.slice(0, count)),
    }),
  };
}

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
