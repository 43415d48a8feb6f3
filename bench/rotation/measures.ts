/**
 * What rounds are compared by: names as in expectations and `--json`, labels as in tables, and how each is read off a round.
 */
import { fairness } from '../../src/pool/fairness.js';
import { quantile } from '../../src/sim/histogram.js';
import { mean } from '../../src/sim/statistics.js';
import { fairnessOf, peakOverMeanOf } from '../../src/sim/summary.js';
import type { Measure } from '../verdict/comparison.js';
import type { Round } from './live-round.js';

export interface RoundMeasure extends Measure {
  /** What it is, in a sentence. */
  readonly what: string;
  /** @param worker index, for a measure of one worker */
  readonly of: (round: Round, worker?: number) => number;
  /** Asks for a worker as well: `share(round-robin, w1)`. */
  readonly perWorker?: true;
}

const ratio = { by: 'ratio', better: 'lower', margin: 0.01 } as const;
/** Two latencies that differ by less are the same to anybody. */
const latency = { by: 'ratio', better: 'lower', margin: 0.05, unit: 's' } as const;

export const measures = {
  maxOverMean: {
    ...ratio,
    label: 'max/mean',
    what: 'requests of the busiest worker in the whole round ÷ mean over the workers; relative to their weight where they have one',
    of: ({ run }) => fairnessOf(run.workers).maxOverMean,
  },
  peakOverMean: {
    ...ratio,
    label: 'max/mean by interval',
    what: 'the same for each interval, averaged over the intervals: what the whole round averages away',
    of: ({ run }) => peakOverMeanOf(run) ?? 1,
  },
  cv: {
    by: 'difference',
    better: 'lower',
    margin: 0.005,
    label: 'CV',
    what: 'standard deviation of requests by worker ÷ mean',
    of: ({ run }) => fairnessOf(run.workers).cv,
  },
  jain: {
    by: 'difference',
    better: 'higher',
    margin: 0.005,
    label: 'Jain index',
    what: '1 is even, 1/n all on one',
    of: ({ run }) => fairnessOf(run.workers).jain,
  },
  maxUtilisation: {
    by: 'difference',
    better: 'lower',
    margin: 0.01,
    label: 'max utilisation',
    what: 'busy part of the event loop of the busiest worker by interval, averaged over the intervals',
    of: ({ run: { maxUtilisation } }) => mean(maxUtilisation),
  },
  requestsPerAnswer: {
    by: 'ratio',
    better: 'lower',
    margin: 0.05,
    label: 'requests/answer',
    what: 'requests ÷ answers of the authority (hidden load): how many requests one decision of DNS was good for',
    of: ({ run: { requests, addressRequests } }) => (addressRequests === 0 ? 0 : requests / addressRequests),
  },
  p50: { ...latency, label: 'p50', what: 'median response time in seconds, from when a request was due', of: quantileOf(0.5) },
  p95: { ...latency, label: 'p95', what: '95th percentile of the same', of: quantileOf(0.95) },
  p99: { ...latency, label: 'p99', what: '99th percentile of the same', of: quantileOf(0.99) },
  failed: {
    by: 'difference',
    better: 'lower',
    margin: 0.001,
    label: 'failed',
    what: 'part of the requests that failed',
    of: ({ run: { requests, failedRequests } }) => (requests === 0 ? 0 : failedRequests / requests),
  },
  share: {
    by: 'difference',
    better: 'lower',
    margin: 0.005,
    label: 'share',
    what: 'part of all requests that the worker took: share(round-robin, w1)',
    perWorker: true,
    of: ({ run: { workers } }, worker = 0) => fairness(workers.map(({ requests }) => requests)).shares[worker] ?? 0,
  },
} as const satisfies Record<string, Omit<RoundMeasure, 'name'>>;

export type MeasureName = keyof typeof measures;

export const measureNames = Object.keys(measures) as MeasureName[]; // keys of the literal

/** As verdicts know it: data alone. */
export function measureOf(name: MeasureName): Measure {
  const { of: _of, ...measure } = measures[name];
  return { name, ...measure };
}

/** What is told of every run, in this order. */
export const toldMeasures: readonly MeasureName[] = measureNames.filter((name) => !('perWorker' in measures[name]));

function quantileOf(part: number): (round: Round) => number {
  return ({ run: { response } }) => quantile(response, part);
}
