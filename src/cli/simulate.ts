/**
 * `roundhouse simulate`: a scenario, or a sweep of them, simulated over threads; the result as a table, as JSON or as a page.
 *
 * The first Ctrl-C ends what is under way and shows what there is, marked as partial; the second ends at once.
 */
import { systemClock } from '../clock.js';
import { formatPath } from '../config/outline.js';
import { yamlText } from '../config/print.js';
import { openScenario, type LoadedScenario } from '../config/scenario-load.js';
import { summarise } from '../sim/summary.js';
import { scenarioNames } from '../study/catalogue.js';
import { startStudy } from '../study/study.js';
import { ownSweeps, pointsOf, type Point, type Sweep } from '../study/sweep.js';
import { defaultThreads } from '../study/threads.js';
import { jsonText } from '../text/json.js';
import { table } from '../text/table.js';
import { onInterrupt } from './interrupt.js';
import { complain, print } from './output.js';
import { scenarioFileOf } from './scenario-flags.js';
import { drawLines, terminalOf } from './screen-lines.js';
import { simulateGiven, type SimulateGiven } from './simulate-options.js';
import { progressLine } from './simulate-progress.js';
import { summaryText, sweepText, type SweepRow } from './simulate-table.js';

/** @returns the exit code. */
export async function simulateCommand(words: Readonly<Record<string, unknown>>): Promise<number> {
  const given = simulateGiven(words);
  if (given.scenario === undefined) {
    await print(catalogueText());
    return 0;
  }
  const file = openScenario(scenarioFileOf(given.scenario));
  const base = file.load(given.settings);
  const sweeps = given.sweeps.length > 0 ? given.sweeps : ownSweeps(base.document.sweep ?? {}, given.settings);
  const scenarioYaml = yamlText(printed(base, sweeps)).trimEnd();
  if (given.print) {
    await print(scenarioYaml);
    return 0;
  }
  const writePage = given.html === undefined ? undefined : (await import('./simulate-page.js')).openPage(given.html);
  const points = pointsOf(sweeps);
  const loaded = points.map(({ settings }) => file.load([...given.settings, ...settings]));
  for (const warning of new Set(loaded.flatMap(({ warnings }) => warnings))) complain(`warning: ${warning}`);
  const { results, stopped } = await study(given.scenario, points, loaded, given);
  if (results.length === 0) complain('stopped before anything was measured');
  await show(results, sweeps.length > 0, stopped, given.json);
  const { description } = base.scenario;
  if (results.length > 0) writePage?.({ scenario: given.scenario, description, scenarioYaml, seed: given.seed }, results);
  return stopped ? 130 : 0;
}

function catalogueText(): string {
  const rows = scenarioNames().map((name) => {
    const { description } = openScenario(scenarioFileOf(name)).load([]).scenario;
    return [name, description.split('\n', 1)[0] ?? ''];
  });
  return `${table(['scenario', 'what it shows'], rows)}\n\nRun one with \`roundhouse simulate NAME\`; \`--print\` shows it as a file to start your own from.`;
}

/** The scenario as a file that means the same, a sweep of the command line included. */
function printed({ document }: LoadedScenario, sweeps: readonly Sweep[]): object {
  const { sweep: _own, ...rest } = document;
  if (sweeps.length === 0) return rest;
  return { ...rest, sweep: Object.fromEntries(sweeps.map(({ path, values }) => [formatPath(path), values])) };
}

interface Studied {
  readonly results: readonly SweepRow[];
  readonly stopped: boolean;
}

type Loaded = readonly LoadedScenario[];

async function study(scenario: string, points: readonly Point[], loaded: Loaded, { seed, threads }: SimulateGiven): Promise<Studied> {
  const results: SweepRow[] = [];
  const definitions = loaded.map(({ scenario: definition }) => definition);
  const running = startStudy(definitions, {
    seed,
    threads: threads ?? defaultThreads(definitions),
    clock: systemClock,
    onWarning: (text) => progress.note(`warning: ${text}`),
    onPoint(point, runs, wallSeconds) {
      const definition = definitions[point];
      if (definition === undefined) return;
      results.push({ set: points[point]?.set ?? {}, summary: summarise(runs, { scenario, definition, seed, wallSeconds }) });
    },
  });
  const beganMs = systemClock.monotonicMs();
  const lines = (): readonly string[] => [progressLine(running, systemClock.monotonicMs() - beganMs)];
  const progress = drawLines({ clock: systemClock, lines, terminal: terminalOf(process.stderr), note: complain });
  let stopped = false;
  const release = onInterrupt(() => {
    stopped = true;
    running.stop();
    progress.note('stopping; Ctrl-C again ends at once');
  });
  try {
    await running.finished;
  } finally {
    progress.end();
    release();
  }
  return { results, stopped };
}

async function show(results: readonly SweepRow[], swept: boolean, partial: boolean, json: boolean): Promise<void> {
  const [first] = results;
  if (first === undefined) return json ? print(jsonText({ partial, points: [] })) : undefined; // stopped before there was anything
  if (!json) return print(swept ? sweepText(results, partial) : summaryText(first.summary));
  await print(jsonText(swept ? { partial, points: results.map(({ set, summary }) => ({ set, ...summary })) } : first.summary));
}
