/**
 * From all rounds to the result: contenders, verdicts, expectations, warnings.
 */
import { createRandom } from '../../src/random.js';
import { mean } from '../../src/sim/statistics.js';
import { distribution, resample, type Resamples } from '../verdict/bootstrap.js';
import { meanOf, type Measured } from '../verdict/comparison.js';
import type { Expectation, Lookup } from '../verdict/expectation.js';
import { judge, type Verdict } from '../verdict/verdict.js';
import type { Contender } from './contender.js';
import { contenderResult, type ContenderContext } from './contender-result.js';
import { failedOf } from './failures.js';
import { bottleneckOf, exhaustedOf, strangersOf } from './generator-load.js';
import type { Round } from './live-round.js';
import { measureOf, measures, toldMeasures, type MeasureName } from './measures.js';
import type { About, ContenderResult, ExpectationResult, RotationResult } from './result.js';
import { compareWithSimulated, type Simulation } from './simulated.js';

export interface ResultContext extends ContenderContext {
  readonly about: About;
  readonly contenders: readonly Contender[];
  /** Rounds asked for, of each. */
  readonly roundsAsked: number;
  /** The measure that decides. */
  readonly measure: MeasureName;
  readonly confidence: number;
  readonly expectations: readonly Expectation[];
  readonly simulations: readonly Simulation[] | undefined;
  readonly warnings: readonly string[];
}

export function resultOf(rounds: readonly Round[], context: ResultContext): RotationResult {
  const { contenders, confidence, measure, seed } = context;
  const complete = completeRounds(rounds, contenders.length);
  const results = contenders.flatMap((contender): ContenderResult[] => {
    const own = ofContender(complete, contender.name);
    return own.length === 0 ? [] : [contenderResult(contender, own, context)];
  });
  const count = results[0]?.rounds[measure].length ?? 0;
  const random = createRandom(seed);
  const resamples = resample(Math.max(1, count), random);
  const decide = (name: MeasureName): Verdict => {
    const measured = results.map((result): Measured => ({ name: result.name, values: result.rounds[name] }));
    return judge(measured, { measure: measureOf(name), confidence, random, resamples });
  };
  const order = [measure, ...toldMeasures.filter((name) => name !== measure)];
  return {
    partial: count < context.roundsAsked,
    about: context.about,
    contenders: results,
    verdicts: results.length < contenders.length || count === 0 ? [] : order.map(decide),
    expectations: count === 0 ? [] : context.expectations.map((expectation) => check(expectation, complete, resamples)),
    simulated: context.simulations === undefined ? null : compareWithSimulated(context.simulations, complete, confidence),
    warnings: [...context.warnings, ...warningsOf(results, complete, context.scenario.events.length > 0)],
  };
}

/** Those of a number that every contender has: a pair without its other half compares nothing. */
function completeRounds(rounds: readonly Round[], contenders: number): readonly Round[] {
  return rounds.filter(({ number }) => rounds.filter((other) => other.number === number).length === contenders);
}

function ofContender(rounds: readonly Round[], name: string): Round[] {
  return rounds.filter(({ contender }) => contender === name).sort((a, b) => a.number - b.number);
}

function warningsOf(results: readonly ContenderResult[], rounds: readonly Round[], isDisturbed: boolean): string[] {
  return results
    .flatMap(({ name, generator }) => {
      const own = ofContender(rounds, name);
      return [bottleneckOf(name, generator), exhaustedOf(name, own), strangersOf(name, own), failedOf(name, own, isDisturbed)];
    })
    .filter((text) => text !== undefined);
}

/** The names that expectations may ask for have been checked. */
function check(expectation: Expectation, rounds: readonly Round[], resamples: Resamples): ExpectationResult {
  const { text, asks } = expectation;
  const values = new Map(asks.map(({ measure, names }) => [keyOf(measure, names), valuesOf(rounds, measure, names)]));
  const lookupIn = (drawn: Uint16Array): Lookup => (measure, names) => meanOf(values.get(keyOf(measure, names)) ?? [], drawn);
  const measured = lookupIn(Uint16Array.from({ length: resamples.rounds }, (_, round) => round));
  const [left, right] = expectation.sides(measured);
  const holding = distribution(resamples, (drawn) => (expectation.holds(lookupIn(drawn)) ? 1 : 0));
  return { text, left, right, holds: expectation.holds(measured), resampled: mean(holding) };
}

const keyOf = (measure: string, names: readonly string[]): string => [measure, ...names].join('\n');

/** @param names a contender's, and perhaps a worker's */
function valuesOf(rounds: readonly Round[], measure: string, [contender = '', worker = '']: readonly string[]): number[] {
  const workers = rounds[0]?.run.workers.map(({ name }) => name) ?? [];
  return ofContender(rounds, contender).map((round) => measures[measure as MeasureName].of(round, workers.indexOf(worker)));
}
