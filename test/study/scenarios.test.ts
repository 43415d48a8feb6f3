import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { yamlText } from '../../src/config/print.js';
import { openScenario } from '../../src/config/scenario-load.js';
import type { Setting } from '../../src/config/settings.js';
import { clientsMax } from '../../src/sim/scenario.js';
import { scenarioFile, scenarioNames } from '../../src/study/catalogue.js';
import { repetition } from '../../src/study/repetition.js';
import { ownSweeps, pointsOf } from '../../src/study/sweep.js';
import { defaultThreads } from '../../src/study/threads.js';

const load = (name: string, settings: readonly Setting[] = []) => openScenario(scenarioFile(name)).load(settings);
const noWarning = (text: string): never => expect.unreachable(text);

it('the named ones ship', () => {
  const issue = ['flash-crowd', 'gateways-1998', 'one-worker-dies', 'pools-2020s', 'static-list-vs-round-robin', 'ttl-change'];
  expect(scenarioNames()).toEqual(expect.arrayContaining(issue));
});

it('a name is a name, a path is a path', () => {
  expect(scenarioFile('gateways-1998')).toMatch(/scenarios\/gateways-1998\.yaml$/);
  expect(scenarioFile('./mine.yaml')).toBe('./mine.yaml');
  expect(scenarioFile('package.json')).toBe('package.json');
  expect(scenarioFile('gateway-1998')).toBeUndefined();
});

describe.each(scenarioNames())('%s', (name) => {
  it('loads without a doubt, at every point of its sweep, and says in a line what it shows', () => {
    const { document, scenario } = load(name);
    const points = pointsOf(ownSweeps(document.sweep ?? {}, [])).map(({ settings }) => load(name, settings));
    expect(points.flatMap(({ warnings }) => warnings)).toEqual([]);
    expect(scenario.description.split('\n')[0]).toMatch(/^.{20,120}[.:?]$/);
  });

  it('is printed as a file that loads to the same', () => {
    const directory = mkdtempSync(join(tmpdir(), 'roundhouse-printed-'));
    const file = join(directory, 'printed.yaml');
    const first = load(name);
    writeFileSync(file, yamlText(first.document));
    expect(openScenario(file).load([])).toEqual(first);
    rmSync(directory, { recursive: true });
  });

  it('runs: a short piece of it, twice to the same digits, with nothing lost', async () => {
    const small = name === 'pools-2020s' ? [set(['clients', 'count'], 5000), set(['resolvers', 'population', 'count'], 500)] : [];
    const { scenario } = load(name, [set(['durationS'], 40), set(['warmupS'], 20), set(['events'], []), ...small]);
    const first = await repetition(scenario, { seed: 5, onWarning: noWarning });
    expect(await repetition(scenario, { seed: 5, onWarning: noWarning })).toEqual(first);
    expect(first.requests).toBeGreaterThan(100);
    expect(first.completedRequests + first.failedRequests + first.unfinishedRequests).toBe(first.requests);
  });
});

const set = (path: readonly string[], value: unknown): Setting => ({ path, value, flag: '--set' });

it('gateways-1998 has the parameters of the model', () => {
  const { scenario } = load('gateways-1998');
  expect(scenario).toMatchObject({ durationS: 18_000, warmupS: 1800, intervalS: 16, repetitions: 20 });
  expect(scenario.authority).toMatchObject({ policy: 'round-robin', ttl: 240, alarm: 0.9, answersMax: 7 });
  expect(scenario.resolvers.population).toMatchObject({ law: 'zipf', count: 20, exponent: 1 });
  expect(scenario.resolvers.kinds).toMatchObject([{ order: 'keep', ttlFloorS: 0, staleS: 0 }]);
  const session = { law: 'geometric', requestsMean: 20 };
  expect(scenario.clients).toMatchObject({ count: 500, arrivals: 'open', session, hits: { min: 5, max: 15 } });
  expect(scenario.workers).toMatchObject({ count: 7, capacity: 500, slots: 1, discipline: 'fcfs', service: { law: 'exponential' } });
});

describe('threads', () => {
  it('are one a core, unless memory is short', () => {
    const { scenario } = load('pools-2020s');
    expect(clientsMax(scenario)).toBe(1_000_000);
    expect(defaultThreads([scenario], 64, 1e12)).toBe(64);
    expect(defaultThreads([scenario], 64, 8e9)).toBeLessThan(12);
    expect(defaultThreads([scenario], 64, 1e8)).toBe(1);
  });
});

describe('policies of the user', () => {
  it('are loaded for the scenario and for its events, and reported once when they break the contract', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'roundhouse-policy-'));
    const module = join(directory, 'bad.mjs');
    writeFileSync(module, 'export const createRotation = () => ({ order: () => 0 });');
    const events = [{ kind: 'policy', atS: 5, policy: module }];
    const { scenario } = load('one-worker-dies', [set(['durationS'], 40), set(['warmupS'], 0), set(['events'], events)]);
    const warnings: string[] = [];
    const run = await repetition(scenario, { seed: 1, onWarning: (text) => warnings.push(text) });
    expect(warnings).toEqual([expect.stringMatching(/^policy .*bad\.mjs: order\(\) must return .*; such answers are given in listed order$/)]);
    expect(run.completedRequests + run.unfinishedRequests).toBe(run.requests);
    rmSync(directory, { recursive: true });
    await expect(repetition(scenario, { seed: 1, onWarning: noWarning })).rejects.toThrow('there is no file');
  });
});
