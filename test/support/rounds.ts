/**
 * Rounds that nobody ran: plausible numbers, and whatever a test wants to be different.
 */
import type { LoadSeries } from '../../bench/rotation/load-series.js';
import type { Round } from '../../bench/rotation/live-round.js';
import { createMeasurements, type Measurements } from '../../bench/users/measurements.js';
import { createHistogram, record } from '../../src/sim/histogram.js';

export interface RoundNeeds {
  readonly contender?: string;
  readonly number?: number;
  /** Of each worker, by interval. */
  readonly requests?: readonly (readonly number[])[];
  readonly capacities?: readonly number[];
  readonly failed?: number;
  /** Of each response, in seconds. */
  readonly responseS?: number;
  /** Requests and answers of each resolver. */
  readonly resolvers?: readonly (readonly [requests: number, answers: number])[];
  readonly lateS?: number;
  readonly utilisation?: number;
  readonly machineBusy?: number;
  readonly stopped?: boolean;
  readonly changes?: Round['run']['changes'];
}

export function roundOf(needs: RoundNeeds = {}): Round {
  const { contender = 'round-robin', number = 0, requests = [[50, 50], [50, 50]] } = needs;
  const { failed = 0, responseS = 0.01, stopped = false } = needs;
  const totals = requests.map((values) => values.reduce((sum, value) => sum + value, 0));
  const all = totals.reduce((sum, value) => sum + value, 0);
  const { resolvers = [[all, all]], lateS = 0.001, utilisation = 0.2, machineBusy = 0.5 } = needs;
  const { capacities = totals.map(() => 100), changes = [] } = needs;
  const series = requests.map((values) => Float64Array.from(values));
  const busy = series.map((values) => values.map((value) => value / 100));
  const response = createHistogram();
  for (let at = 0; at < all; at += 1) record(response, responseS);
  return {
    ...{ contender, number, machineBusy },
    run: {
      seed: number,
      measuredS: series[0]?.length ?? 0,
      stopped,
      requests: all + failed,
      completedRequests: all,
      failedRequests: failed,
      unfinishedRequests: 0,
      sessions: all,
      addressRequests: resolvers.reduce((sum, [, answers]) => sum + answers, 0),
      workers: totals.map((total, index) => ({
        ...{ name: `w${index + 1}`, capacity: capacities[index] ?? 100, requests: total, failedAttempts: 0 },
        utilisation: total / 100 / Math.max(1, series[0]?.length ?? 1),
      })),
      maxUtilisation: Float64Array.from(series[0] ?? [], (_, at) => Math.max(...busy.map((values) => values[at] ?? 0))),
      utilisation: busy,
      requestsByInterval: series,
      response,
      extraConnectS: 0,
      changes,
      events: all,
    },
    load: loadOf(series, busy, totals),
    measurements: measurementsOf(totals, resolvers, responseS, lateS),
    generator: { utilisation, cpuS: all * 0.0001, memoryBytes: 1e8, strangers: 0 },
  };
}

function loadOf(series: readonly Float64Array[], busy: readonly Float64Array[], totals: readonly number[]): LoadSeries {
  const inFlight = series.map((values) => values.map(() => 1));
  return { requests: series, utilisation: busy, inFlight, cpuS: totals.map((total) => total * 0.0003), firstPlaces: totals };
}

function measurementsOf(
  totals: readonly number[],
  resolvers: readonly (readonly [number, number])[],
  responseS: number,
  lateS: number,
): Measurements {
  const made = createMeasurements(totals.length, resolvers.length);
  totals.forEach((total, worker) => {
    for (let at = 0; at < total; at += 1) record(made.responseOf[worker] ?? createHistogram(), responseS);
  });
  for (let at = 0; at < 100; at += 1) record(made.lateness, lateS);
  resolvers.forEach(([requests, answers], resolver) => {
    made.requestsOf[resolver] = requests;
    made.answersOf[resolver] = answers;
  });
  return made;
}
