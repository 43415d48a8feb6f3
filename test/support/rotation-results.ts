/**
 * Results of rotation benchmarks that nobody ran, made by the code that makes real ones.
 */
import { aboutOf } from '../../bench/rotation/about.js';
import type { Contender } from '../../bench/rotation/contender.js';
import type { Round } from '../../bench/rotation/live-round.js';
import { resultOf, type ResultContext } from '../../bench/rotation/results.js';
import type { RotationResult } from '../../bench/rotation/result.js';
import { roundOf, type RoundNeeds } from './rounds.js';
import { scenarioOf } from './scenarios.js';

export const contendersOf = (...names: readonly string[]): Contender[] => names.map((name) => ({ name, policy: name, server: undefined }));

export const liveScenario = scenarioOf({
  description: 'Two workers & <many> users.',
  durationS: 2,
  warmupS: 1,
  intervalS: 1,
  workers: { count: 2, capacity: 200 },
});

/** Six rounds of an even and an uneven contender; each round a little different. */
export const sixRounds = (some: RoundNeeds = {}): Round[] =>
  [0, 1, 2, 3, 4, 5].flatMap((number) => [
    roundOf({ contender: 'round-robin', number, requests: [[50, 50 + number], [50, 50]], ...some }),
    roundOf({ contender: 'static-list', number, requests: [[90, 80 + number], [10, 20]], responseS: 0.02, ...some }),
  ]);

export function rotationResult(rounds: readonly Round[], some: Partial<ResultContext> = {}): RotationResult {
  const contenders = some.contenders ?? contendersOf('round-robin', 'static-list');
  const scenario = some.scenario ?? liveScenario;
  return resultOf(rounds, {
    ...{ scenario, contenders, scenarioName: 'two-workers', seed: 1, speed: 1, viaResolver: false, roundsAsked: 6, measure: 'maxOverMean', confidence: 0.95 },
    ...{ expectations: [], simulations: undefined, warnings: [] },
    about: aboutOf({
      ...{ scenario, scenarioName: 'two-workers', rounds: 6, seed: 1, speed: 1, path: '/bytes/100', keepAlive: true, resolver: undefined },
      ...{ command: 'roundhouse bench rotation', tier: 'a tier of its own', beganMs: 1_700_000_000_000, tookS: 96 },
    }),
    ...some,
  });
}
