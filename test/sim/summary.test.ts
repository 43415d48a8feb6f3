/** From hand-made runs to what is printed of them. */
import { describe, expect, it } from 'vitest';
import { createHistogram, record } from '../../src/sim/histogram.js';
import type { ChangeRun, Run, WorkerRun } from '../../src/sim/run.js';
import type { Scenario } from '../../src/sim/scenario.js';
import { summarise } from '../../src/sim/summary.js';

// Only what a summary reads; a whole scenario would say nothing more here.
const definition = {
  intervalS: 16,
  thresholds: [0.9, 0.98, 0.985, 1],
  repetitions: 2,
  authority: { policy: 'round-robin', ttl: 240, alarm: 0.9 },
  clients: {
    arrivals: 'open',
    kinds: [
      { share: 2, choice: 'first' },
      { share: 1, choice: 'shuffle' },
      { share: 3, choice: 'first' },
    ],
  },
} as unknown as Scenario;

const idle = { capacity: 100, requests: 0, utilisation: 0, failedAttempts: 0 };
const worker = (name: string, some: Partial<WorkerRun> = {}): WorkerRun => ({ name, ...idle, ...some });

function run(some: Partial<Run> = {}): Run {
  return {
    seed: 1,
    measuredS: 100,
    stopped: false,
    requests: 10,
    completedRequests: 8,
    failedRequests: 1,
    unfinishedRequests: 1,
    sessions: 4,
    addressRequests: 2,
    workers: [worker('w1', { requests: 6, utilisation: 0.5, failedAttempts: 1 }), worker('w2', { requests: 3, utilisation: 0.25 })],
    maxUtilisation: Float64Array.of(0.5, 0.95),
    utilisation: [Float64Array.of(0.5, 0.95), Float64Array.of(0.3, 0.2)],
    requestsByInterval: [Float64Array.of(4, 2), Float64Array.of(0, 3)],
    response: createHistogram(),
    extraConnectS: 0.25,
    changes: [],
    events: 100,
    ...some,
  };
}

const summaryOf = (runs: readonly Run[], some: Partial<Scenario> = {}) =>
  summarise(runs, { scenario: 'by-hand', definition: { ...definition, ...some }, seed: 7, wallSeconds: 1.5 });

function change(some: Partial<ChangeRun>): ChangeRun {
  return { atS: 30, kind: 'worker-dies', what: 'w2 dies', noticedAfterS: undefined, requests: new Float64Array(0), moved: new Float64Array(0), ...some };
}

describe('a summary', () => {
  it('names what was simulated', () => {
    expect(summaryOf([run(), run()])).toMatchObject({
      scenario: 'by-hand',
      policy: 'round-robin',
      ttl: '240',
      seed: 7,
      repetitions: 2,
      partial: false,
      measuredS: 100,
      intervalS: 16,
      alarm: 0.9,
      arrivals: 'open',
      choices: 'first 0.833, shuffle 0.167',
      wallSeconds: 1.5,
    });
  });

  it('says when there is no alarm', () => {
    expect(summaryOf([run()], { authority: { ...definition.authority, alarm: undefined } }).alarm).toBeNull();
  });

  it.each([
    ['a repetition is missing', [run()]],
    ['one was stopped', [run(), run({ stopped: true, measuredS: 50 })]],
  ])('is partial when %s', (_, runs) => {
    expect(summaryOf(runs).partial).toBe(true);
  });

  it('adds counts up and divides them once, not by repetition', () => {
    const found = summaryOf([run(), run({ requests: 90, sessions: 16, addressRequests: 8, events: 1 })]);
    expect(found).toMatchObject({
      requests: 100,
      completedRequests: 16,
      failedRequests: 2,
      unfinishedRequests: 2,
      sessions: 20,
      addressRequests: 10,
      addressRequestsPerSession: 0.5,
      controlledShare: 0.1,
      extraConnectS: 0.5,
      events: 101,
    });
  });

  it('has shares and utilisation of each worker, and evenness relative to capacity', () => {
    const second = [worker('w1', { requests: 6, utilisation: 0.8 }), worker('w2', { requests: 5, utilisation: 0.55, failedAttempts: 3 })];
    const { workers, fairness } = summaryOf([run(), run({ workers: second, measuredS: 200 })]);
    expect(workers).toEqual([
      { name: 'w1', capacity: 100, share: 0.6, utilisation: expect.closeTo(0.7, 12), failedAttempts: 1 },
      { name: 'w2', capacity: 100, share: 0.4, utilisation: expect.closeTo(0.45, 12), failedAttempts: 3 },
    ]);
    expect(fairness).toEqual({ jain: expect.closeTo(1 / 1.04, 12), maxOverMean: expect.closeTo(1.2, 12), cv: expect.closeTo(0.2, 12) });
    const fair = [worker('w1', { requests: 20, capacity: 200 }), worker('w2', { requests: 10 })];
    expect(summaryOf([run({ workers: fair })]).fairness).toEqual({ jain: 1, maxOverMean: 1, cv: 0 });
  });

  it('has the maximum over mean by interval, relative to capacity, of intervals that had requests', () => {
    expect(summaryOf([run()]).peakOverMean).toEqual({ mean: expect.closeTo((2 + 1.2) / 2, 12), halfWidth: null });
    const workers = [worker('w1', { capacity: 200 }), worker('w2')];
    const halved = run({ workers, requestsByInterval: [Float64Array.of(20, 0, 10), Float64Array.of(10, 0, 15)] });
    const { mean, halfWidth } = summaryOf([run(), halved]).peakOverMean;
    expect(mean).toBeCloseTo((1.6 + (1 + 1.5) / 2) / 2, 12);
    expect(halfWidth).toBeGreaterThan(0);
    expect(summaryOf([run({ requestsByInterval: [] })]).peakOverMean).toEqual({ mean: 0, halfWidth: null });
  });

  it('has the maximum utilisation: by repetition with confidence, pooled for quantiles', () => {
    const { maxUtilisation, series } = summaryOf([run(), run({ maxUtilisation: Float64Array.of(0.9, 0.97, 0.985, 1) })]);
    expect(maxUtilisation.mean).toBeCloseTo((0.725 + 0.96375) / 2, 12);
    expect(maxUtilisation.halfWidth).toBeCloseTo(12.7062 * ((0.96375 - 0.725) / 2), 6);
    expect(maxUtilisation.p50).toBeCloseTo(0.96, 12);
    expect(maxUtilisation.p95).toBeCloseTo(0.99625, 12);
    expect(Object.keys(maxUtilisation.below)).toEqual(['0.90', '0.98', '0.985', '1.00']);
    expect(Object.values(maxUtilisation.below).map(({ mean }) => mean)).toEqual([0.25, 0.75, 0.75, 0.875]);
    expect(series.maxUtilisation).toEqual([0.5, 0.95]);
    expect(series.utilisation).toEqual([[0.5, 0.95], [0.3, 0.2]]);
    expect(series.cumulative).toHaveLength(101);
    expect([49, 50, 90, 100].map((percent) => series.cumulative[percent])).toEqual([0, 1 / 6, 2 / 6, 1]);
  });

  it('has no confidence of one repetition', () => {
    const { maxUtilisation } = summaryOf([run()]);
    expect([maxUtilisation.halfWidth, maxUtilisation.below['0.90']]).toEqual([null, { mean: 0.5, halfWidth: null }]);
  });

  it('has response times of all repetitions together', () => {
    const [some, others] = [createHistogram(), createHistogram()];
    for (let ms = 1; ms <= 1000; ms += 1) record(ms % 2 === 0 ? some : others, ms / 1000);
    const { response, series } = summaryOf([run({ response: some }), run({ response: others })]);
    expect(response.mean).toBeCloseTo(0.5005, 6);
    expect([response.p50 / 0.5, response.p95 / 0.95, response.p99 / 0.99].every((part) => Math.abs(part - 1) < 0.005)).toBe(true);
    expect(series.response.at(-1)![1]).toBe(1);
  });

  it('has numbers where nothing happened', () => {
    const counts = { requests: 0, sessions: 0, addressRequests: 0, measuredS: 0 };
    const found = summaryOf([run({ ...counts, workers: [worker('w1')], maxUtilisation: new Float64Array(0) })]);
    JSON.stringify(found, (key, value: unknown) => {
      if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${key} is ${value}`);
      return value;
    });
    expect(found.maxUtilisation.below['0.90']).toEqual({ mean: 0, halfWidth: null });
    expect([found.addressRequestsPerSession, found.controlledShare, found.workers[0]!.share, found.response.mean]).toEqual([0, 0, 0, 0]);
  });
});

describe('after a change', () => {
  const moved = (requests: number[], parts: number[]): Partial<ChangeRun> => ({
    requests: Float64Array.from(requests),
    moved: Float64Array.from(requests, (count, second) => count * parts[second]!),
  });
  const movedAfter = (...changes: Partial<ChangeRun>[]) => summaryOf(changes.map((some) => run({ changes: [change(some)] }))).movedAfter;

  it('a part has moved when it stays so', () => {
    expect(movedAfter(moved([10, 10, 10, 10, 10], [0.1, 0.6, 0.4, 0.9, 1]))).toEqual({ p50: 3, p90: 3, p99: 4 });
  });

  it('seconds without requests tell nothing', () => {
    expect(movedAfter(moved([10, 0, 10, 0], [0, 0, 1, 0]))).toEqual({ p50: 1, p90: 1, p99: 1 });
  });

  it.each([
    ['what never moves has no time', moved([10, 10], [0.2, 0.6]), { p50: 1, p90: null, p99: null }],
    ['what moves at once has none either', moved([10, 10], [1, 1]), { p50: 0, p90: 0, p99: 0 }],
    ['nobody asked', moved([0, 0], [0, 0]), { p50: null, p90: null, p99: null }],
  ])('%s', (_, some, expected) => {
    expect(movedAfter(some)).toEqual(expected);
  });

  it('repetitions are pooled, also when one was shorter', () => {
    expect(movedAfter(moved([30, 10], [0.4, 1]), moved([10], [1]))).toEqual({ p50: 0, p90: 1, p99: 1 });
  });

  it('each change is told, the first one beside the others', () => {
    const first = change({ noticedAfterS: 4, ...moved([10, 10], [0, 1]) });
    const second = change({ atS: 60, kind: 'ttl', what: 'TTL 5' });
    const later = { ...first, noticedAfterS: 6 };
    const { changes, movedAfter: shown } = summaryOf([run({ changes: [first, second] }), run({ changes: [later] })]);
    expect(changes.map(({ atS, kind, what, noticedAfterS }) => [atS, kind, what, noticedAfterS])).toEqual([
      [30, 'worker-dies', 'w2 dies', 5],
      [60, 'ttl', 'TTL 5', null],
    ]);
    expect(shown).toEqual(changes[0]!.movedAfter);
    expect(shown).toEqual({ p50: 1, p90: 1, p99: 1 });
  });

  it('there is nothing to tell without one', () => {
    expect(summaryOf([run()])).toMatchObject({ movedAfter: null, changes: [] });
  });
});
