/**
 * Loading a scenario: defaults < file < settings of the command line, as for the configuration; then what it names on disk.
 * One reading of the file serves all points of a sweep.
 */
import { resolve } from 'node:path';
import type { Scenario } from '../sim/scenario.js';
import { openDocument, type DocumentKind } from './document.js';
import { isModulePath } from './paths.js';
import { shown, type Problem } from './problems.js';
import { findScenarioConflicts } from './scenario-conflicts.js';
import { asScenario, resolversMax, scenarioSchema, type ScenarioDocument } from './scenario-schema.js';
import { scenarioWarnings } from './scenario-warnings.js';
import { overridesOf, type Setting } from './settings.js';
import { readWeights } from './weights.js';

export { ConfigError } from './document.js';

export interface LoadedScenario {
  readonly scenario: Scenario;
  /** As a file would have it: its own sweep and its file of weights by name. Paths are absolute. */
  readonly document: ScenarioDocument;
  /** What is allowed and seldom meant. */
  readonly warnings: readonly string[];
}

export interface ScenarioFile {
  /** @throws ConfigError that tells all that is wrong. */
  load(settings: readonly Setting[]): LoadedScenario;
}

/** @param file without one: all defaults. @throws ConfigError */
export function openScenario(file: string | undefined): ScenarioFile {
  const document = openDocument(scenarioKind(), file);
  const defaults = scenarioSchema.parse({});
  return { load: (settings) => document.check(overridesOf(settings, document.written, defaults)) };
}

/** A kind for each file that is opened, since it keeps the weights that were read. */
function scenarioKind(): DocumentKind<ScenarioDocument, LoadedScenario> {
  const known = new Map<string, readonly number[]>();
  return {
    word: 'scenario',
    noun: 'scenario',
    example: 'scenario.yaml',
    schema: scenarioSchema,
    findConflicts: findScenarioConflicts,
    finish(written, baseOf) {
      const document = withAbsolutePaths(written, baseOf);
      const { value: scenario, problems } = withWeights(document, known);
      return { value: { scenario, document, warnings: scenarioWarnings(scenario) }, problems };
    },
  };
}

function withAbsolutePaths(document: ScenarioDocument, baseOf: (key: readonly PropertyKey[]) => string): ScenarioDocument {
  const { authority, events, resolvers } = document;
  const absolute = (key: readonly PropertyKey[], policy: string): string => (isModulePath(policy) ? resolve(baseOf(key), policy) : policy);
  const { population } = resolvers;
  const file = population.file === undefined ? {} : { file: resolve(baseOf(['resolvers', 'population', 'file']), population.file) };
  return {
    ...document,
    authority: { ...authority, policy: absolute(['authority', 'policy'], authority.policy) },
    resolvers: { ...resolvers, population: { ...population, ...file } },
    events: events.map((event, index) => (event.kind === 'policy' ? { ...event, policy: absolute(['events', index, 'policy'], event.policy) } : event)),
  };
}

interface Weighted {
  readonly value: Scenario;
  readonly problems: readonly Problem[];
}

function withWeights(document: ScenarioDocument, known: Map<string, readonly number[]>): Weighted {
  const scenario = asScenario(document);
  const { file, ...population } = document.resolvers.population;
  const weightsIn = (weights: readonly number[]): Scenario => ({
    ...scenario,
    resolvers: { ...scenario.resolvers, population: { ...population, law: 'listed', weights, count: weights.length } },
  });
  if (file === undefined) return { value: population.law === 'listed' ? weightsIn(population.weights) : scenario, problems: [] };
  try {
    const weights = known.get(file) ?? readWeights(file, resolversMax);
    known.set(file, weights);
    return { value: weightsIn(weights), problems: ranksBeyond(document, weights.length) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { value: scenario, problems: [{ path: ['resolvers', 'population', 'file'], text: `expected a file of weights, one a line, got ${shown(file)}: ${reason}` }] };
  }
}

function ranksBeyond({ events }: ScenarioDocument, count: number): Problem[] {
  return events.flatMap((event, index): Problem[] => {
    if (event.kind !== 'flash-crowd' || (event.resolver ?? 1) <= count) return [];
    return [{ path: ['events', index, 'resolver'], text: `expected a rank from 1 to ${count}, got ${event.resolver}` }];
  });
}
