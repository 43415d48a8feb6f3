/**
 * From the rounds of one contender to its results.
 */
import { createHistogram } from '../../src/sim/histogram.js';
import type { Scenario } from '../../src/sim/scenario.js';
import { estimate } from '../../src/sim/statistics.js';
import { summarise } from '../../src/sim/summary.js';
import type { Contender } from './contender.js';
import { failuresOf } from './failures.js';
import { generatorOf } from './generator-load.js';
import { hiddenLoadOf } from './hidden-load.js';
import { latencyOf } from './latency.js';
import type { Round } from './live-round.js';
import { measureNames, measures, type MeasureName } from './measures.js';
import type { ContenderResult, WorkerResult } from './result.js';

export interface ContenderContext {
  readonly scenario: Scenario;
  readonly scenarioName: string;
  readonly seed: number;
  readonly speed: number;
  readonly viaResolver: boolean;
}

/** @param rounds of this contender alone, in order of their numbers; at least one. */
export function contenderResult(contender: Contender, rounds: readonly Round[], context: ContenderContext): ContenderResult {
  const { scenario, scenarioName, seed, speed, viaResolver } = context;
  const definition = { ...scenario, authority: { ...scenario.authority, policy: contender.policy } };
  const values = byMeasure((name) => rounds.map((round) => measures[name].of(round)));
  return {
    name: contender.name,
    policy: contender.policy,
    rounds: values,
    means: byMeasure((name) => estimate(values[name])),
    workers: workersOf(rounds),
    hiddenLoad: hiddenLoadOf(rounds, scenario, viaResolver),
    generator: generatorOf(rounds, scenario, speed),
    latency: {
      lookup: latencyOf(rounds.map(({ measurements }) => measurements.lookup)),
      connect: latencyOf(rounds.map(({ measurements }) => measurements.connect)),
    },
    failures: failuresOf(rounds),
    summary: summarise(rounds.map(({ run }) => run), { scenario: scenarioName, definition, seed, wallSeconds: 0 }),
    series: {
      requests: joined(rounds.map(({ load }) => load.requests)),
      utilisation: joined(rounds.map(({ load }) => load.utilisation)),
      inFlight: joined(rounds.map(({ load }) => load.inFlight)),
    },
  };
}

function byMeasure<Value>(of: (name: MeasureName) => Value): Record<MeasureName, Value> {
  return Object.fromEntries(measureNames.map((name) => [name, of(name)])) as Record<MeasureName, Value>; // all of them
}

function workersOf(rounds: readonly Round[]): WorkerResult[] {
  const places = rounds.map(firstPlaceShares);
  return (rounds[0]?.run.workers ?? []).map(({ name }, index) => {
    const requests = rounds.reduce((sum, { run }) => sum + (run.workers[index]?.requests ?? 0), 0);
    const cpuS = rounds.reduce((sum, { load }) => sum + (load.cpuS[index] ?? 0), 0);
    return {
      name,
      requests,
      share: estimate(rounds.map((round) => measures.share.of(round, index))),
      firstPlaces: places.every((shares) => shares !== undefined) ? estimate(places.map((shares) => shares[index] ?? 0)) : null,
      utilisation: estimate(rounds.map(({ run }) => run.workers[index]?.utilisation ?? 0)),
      cpuPerRequestS: requests === 0 ? 0 : cpuS / requests,
      response: latencyOf(rounds.map(({ measurements }) => measurements.responseOf[index] ?? createHistogram())),
    };
  });
}

function firstPlaceShares({ load: { firstPlaces } }: Round): readonly number[] | undefined {
  const all = firstPlaces?.reduce((sum, places) => sum + places, 0) ?? 0;
  return firstPlaces?.map((places) => (all === 0 ? 0 : places / all));
}

/** The rounds one after the other, by worker. */
function joined(series: readonly (readonly Float64Array[])[]): number[][] {
  return (series[0] ?? []).map((_, worker) => series.flatMap((round) => [...(round[worker] ?? [])]));
}
