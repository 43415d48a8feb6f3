/**
 * From the command line and a scenario to what will be done: who is compared, what a round is, what is expected of whom. Whatever
 * is wrong is told here, before anything is started.
 */
import type { Contender } from '../../bench/rotation/contender.js';
import type { FoundTier } from '../../bench/rotation/attached-tier.js';
import { liveProblems, liveWarnings } from '../../bench/rotation/live-limits.js';
import { measures, type MeasureName } from '../../bench/rotation/measures.js';
import type { Expectation } from '../../bench/verdict/expectation.js';
import { roundsNeeded } from '../../bench/verdict/verdict.js';
import { openScenario, type LoadedScenario, type ScenarioFile } from '../config/scenario-load.js';
import { lateEvents } from '../config/scenario-warnings.js';
import type { Setting } from '../config/settings.js';
import { membersOf } from '../sim/members.js';
import type { Scenario } from '../sim/scenario.js';
import { UsageError } from './flags.js';
import type { ContenderGiven, Fault, FaultVerb, RotationGiven } from './bench-rotation-options.js';
import { scenarioFileOf } from './scenario-flags.js';

export interface RotationPlan {
  readonly scenario: Scenario;
  /** As a file that means the same. */
  readonly printed: object;
  readonly contenders: readonly Contender[];
  /** The scenario of each contender, for the simulator. */
  readonly definitions: readonly Scenario[];
  readonly rounds: number;
  readonly warnings: readonly string[];
}

/** A tail behind the last fault in which its effect can be seen, when nobody says how long a round is. */
const afterFaultS = 10;

/** @param found a tier that runs already. @throws UsageError, ConfigError */
export function planRotation(given: RotationGiven, found: FoundTier | undefined): RotationPlan {
  const file = openScenario(scenarioFileOf(given.scenario));
  const settings = [...given.settings, ...(found === undefined ? [] : workersOf(found))];
  const before = file.load(settings);
  const all = [...settings, ...faultSettings(given, before.scenario, found)];
  const loaded = file.load(all);
  const { scenario } = loaded;
  const contenders = contendersOf(given.contenders, loaded, file, all);
  const rounds = roundsOf(given, scenario, contenders.length);
  const needs = { scenario, speed: given.speed, contenders, hasResolver: given.resolver !== undefined };
  const [problem] = liveProblems(needs);
  if (problem !== undefined) throw new UsageError(problem);
  const names = found === undefined ? membersOf(scenario.workers).map(({ name }) => name) : found.members.map(({ name }) => name);
  for (const expectation of given.expectations) checkNames(expectation, contenders, names);
  return {
    ...{ scenario, contenders, rounds },
    printed: printedOf(loaded, contenders),
    definitions: contenders.map(({ policy, server }) => (server === undefined ? withPolicy(scenario, policy) : scenario)),
    warnings: [...lateEvents(scenario), ...liveWarnings(needs)], // whether modelled workers have enough capacity is the model's
  };
}

/** With the policies that were compared as its sweep. */
function printedOf({ document: { sweep: _own, ...rest } }: LoadedScenario, contenders: readonly Contender[]): object {
  return { ...rest, sweep: { 'authority.policy': [...new Set(contenders.map(({ policy }) => policy))] } };
}

const withPolicy = (scenario: Scenario, policy: string): Scenario => ({ ...scenario, authority: { ...scenario.authority, policy } });

/** A tier that runs has the workers that it has. */
function workersOf({ members, control }: FoundTier): Setting[] {
  const flag = `--control ${control.href}`;
  return [
    { path: ['workers', 'count'], value: members.length, flag },
    { path: ['workers', 'capacities'], value: [], flag },
    { path: ['workers', 'weights'], value: members.map(({ weight }) => weight), flag },
  ];
}

const kinds: Readonly<Record<FaultVerb, object>> = {
  kill: { kind: 'worker-dies', how: 'refuse' },
  hang: { kind: 'worker-dies', how: 'black-hole' },
  return: { kind: 'worker-returns' },
  drain: { kind: 'worker-drains' },
  enable: { kind: 'worker-enabled' },
};

/** Faults are events of the scenario, in the order of time; a round lasts until they can be seen. */
function faultSettings({ faults, speed, settings }: RotationGiven, scenario: Scenario, found: FoundTier | undefined): Setting[] {
  const [first] = faults;
  if (first === undefined) return [];
  const events = faults.map((fault) => ({ ...kinds[fault.verb], atS: fault.atS * speed, worker: workerOf(fault, scenario, found) }));
  const all = [...scenario.events, ...events].sort((a, b) => a.atS - b.atS);
  const value = all.map((event) => Object.fromEntries(Object.entries(event).filter(([, given]) => given !== undefined)));
  const lastS = Math.max(...all.map(({ atS }) => atS));
  const isGiven = settings.some(({ path }) => path.join('.') === 'durationS');
  const longer = isGiven || lastS < scenario.durationS ? [] : [{ path: ['durationS'], value: lastS + afterFaultS * speed, flag: first.flag }];
  return [{ path: ['events'], value, flag: faults.map(({ flag }) => flag).join(' ') }, ...longer];
}

/** Scenarios know workers by number. */
function workerOf({ worker, flag }: Fault, { workers }: Scenario, found: FoundTier | undefined): string {
  const names = found?.members.map(({ name }) => name) ?? membersOf(workers).map(({ name }) => name);
  const index = names.indexOf(worker);
  if (index < 0) throw new UsageError(`${flag}: unknown worker ${worker}; known are ${names.join(', ')}`);
  return `w${index + 1}`;
}

const defaults: readonly ContenderGiven[] = ['round-robin', 'static-list'].map((policy) => ({ policy, server: undefined }));

/** As typed, or as the scenario sweeps its policy, or round-robin against static-list; each checked as a policy of the scenario. */
function contendersOf(
  typed: readonly ContenderGiven[],
  loaded: LoadedScenario,
  file: ScenarioFile,
  settings: readonly Setting[],
): Contender[] {
  const swept = (loaded.document.sweep?.['authority.policy'] ?? []).map((policy) => ({ policy: String(policy), server: undefined }));
  const chosen = typed.length > 0 ? typed : swept.length > 0 ? swept : defaults;
  return chosen.map(({ policy, server }, place): Contender => {
    const before = chosen.slice(0, place).filter((other) => other.policy === policy).length;
    const name = before === 0 ? policy : `${policy}#${before + 1}`;
    if (server !== undefined) return { name, policy, server };
    const { scenario } = file.load([...settings, { path: ['authority', 'policy'], value: policy, flag: '--policy' }]);
    return { name, policy: scenario.authority.policy, server };
  });
}

/** As the scenario says, but enough for a verdict unless somebody asked for fewer. */
function roundsOf({ settings, confidence }: RotationGiven, { repetitions }: Scenario, contenders: number): number {
  const isGiven = settings.some(({ path }) => path.join('.') === 'repetitions');
  return isGiven ? repetitions : Math.max(repetitions, roundsNeeded(contenders, confidence));
}

function checkNames({ text, asks }: Expectation, contenders: readonly Contender[], workers: readonly string[]): void {
  for (const { measure, names } of asks) {
    const [contender = '', worker] = names;
    const known = contenders.map(({ name }) => name);
    if (!known.includes(contender)) {
      throw new UsageError(`--expect ${JSON.stringify(text)}: ${contender} does not take part; compared are ${known.join(', ')}`);
    }
    if (worker !== undefined && 'perWorker' in measures[measure as MeasureName] && !workers.includes(worker)) {
      throw new UsageError(`--expect ${JSON.stringify(text)}: unknown worker ${worker}; known are ${workers.join(', ')}`);
    }
  }
}
