/**
 * `roundhouse bench rotation`: policies against each other on real sockets, with a verdict.
 *
 * The first Ctrl-C ends the round under way and tells what the complete ones say, marked as partial; the second ends at once.
 */
import { findTier } from '../../bench/rotation/attached-tier.js';
import { aboutOf } from '../../bench/rotation/about.js';
import type { Round } from '../../bench/rotation/live-round.js';
import { resultOf } from '../../bench/rotation/results.js';
import type { RotationResult } from '../../bench/rotation/result.js';
import { secondsOf, startRotation } from '../../bench/rotation/rotation.js';
import type { Simulation } from '../../bench/rotation/simulated.js';
import { csvText } from '../../bench/report/csv.js';
import { progressLines, roundLine } from '../../bench/report/progress-text.js';
import { summaryText } from '../../bench/report/summary-text.js';
import { systemClock } from '../clock.js';
import { yamlText } from '../config/print.js';
import { loadRotationMaker } from '../pool/policy-loading.js';
import { summarise } from '../sim/summary.js';
import { startStudy } from '../study/study.js';
import { defaultThreads } from '../study/threads.js';
import { jsonText } from '../text/json.js';
import { counted, time } from '../text/numbers.js';
import { rotationGiven, type RotationGiven } from './bench-rotation-options.js';
import { planRotation, type RotationPlan } from './bench-rotation-plan.js';
import { tierFor } from './bench-rotation-tier.js';
import { onInterrupt } from './interrupt.js';
import { checkFile, commandLine, complain, print, writeResult } from './output.js';
import { drawLines, terminalOf } from './screen-lines.js';

/** @returns the exit code: 0, 1 when an expectation does not hold, 130 when it was stopped */
export async function benchRotation(words: Readonly<Record<string, unknown>>): Promise<number> {
  const given = rotationGiven(words);
  if (given.html !== undefined) checkFile('--html', given.html);
  const found = given.control === undefined ? undefined : await findTier(given.control, systemClock);
  const plan = planRotation(given, found);
  const own = plan.contenders.filter(({ server }) => server === undefined);
  for (const { policy } of own) await loadRotationMaker(policy, process.cwd()); // now, and not when its round comes
  const beganMs = systemClock.realtimeMs();
  for (const warning of plan.warnings) complain(`warning: ${warning}`);
  const { rounds, stopped } = await measure(given, plan, await tierFor(given, plan, found));
  const simulations = given.simulateToo && rounds.length > 0 && !stopped ? await simulate(given, plan) : undefined;
  const tookS = (systemClock.realtimeMs() - beganMs) / 1000;
  const command = commandLine(process.argv.slice(2));
  const tier = found === undefined ? 'a tier of its own' : `the tier that runs at ${found.control.origin}`;
  const result = resultOf(rounds, {
    ...plan,
    ...{ scenarioName: given.scenario, seed: given.seed, speed: given.speed, measure: given.measure, confidence: given.confidence },
    ...{ viaResolver: given.resolver !== undefined, expectations: given.expectations, roundsAsked: plan.rounds, simulations },
    about: aboutOf({ ...given, ...plan, scenarioName: given.scenario, command, tier, beganMs, tookS }),
  });
  await show(given, result, yamlText(plan.printed).trimEnd());
  if (stopped) return 130;
  return result.expectations.every(({ holds }) => holds) ? 0 : 1;
}

interface MeasuredRounds {
  readonly rounds: readonly Round[];
  readonly stopped: boolean;
}

async function measure(given: RotationGiven, plan: RotationPlan, tier: Awaited<ReturnType<typeof tierFor>>): Promise<MeasuredRounds> {
  const { scenario, contenders, rounds } = plan;
  const { speed, path, keepAlive, seed, resolver } = given;
  const order = { scenario, speed, path, keepAlive, dnsIsResolver: resolver !== undefined, requestMs };
  const totalS = secondsOf({ contenders, rounds, order });
  const all = contenders.length * rounds;
  complain(`${counted(all, 'round')}, ${contenders.map(({ name }) => name).join(' and ')}${contenders.length > 1 ? ' in turns' : ''}, about ${time(totalS)} in all`);
  let done = 0;
  const terminal = terminalOf(process.stderr);
  const rotation = startRotation({
    ...{ tier, contenders, rounds, seed, order, resolver },
    clock: systemClock,
    onWarning: (text) => screen.note(`warning: ${text}`),
    onRound(round) {
      done += 1;
      if (terminal === undefined) complain(roundLine(round, done, all));
    },
  });
  const names = tier.members.map(({ name }) => name);
  const lines = (): readonly string[] => {
    const progress = rotation.progress();
    return progressLines(progress, (1 - progress.part) * totalS * 1000, names);
  };
  const screen = drawLines({ clock: systemClock, lines, terminal, note: complain });
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    rotation.stop();
    screen.note('stopping; Ctrl-C again ends at once');
  };
  const release = onInterrupt(stop, rotation.kill);
  try {
    return { rounds: await rotation.finished, stopped };
  } finally {
    screen.end();
    release();
  }
}

/** Longer than any response that is worth waiting for. */
const requestMs = 10_000;
/** So many that the model's own error is small beside that of the rounds. */
const repetitionsMin = 20;

async function simulate({ scenario: scenarioName, seed }: RotationGiven, { contenders, definitions }: RotationPlan): Promise<Simulation[]> {
  const simulations: Simulation[] = [];
  const points = definitions.map((scenario) => ({ ...scenario, repetitions: Math.max(scenario.repetitions, repetitionsMin) }));
  const study = startStudy(points, {
    seed,
    threads: defaultThreads(points),
    clock: systemClock,
    onWarning: (text) => complain(`warning: ${text}`),
    onPoint(point, runs, wallSeconds) {
      const [contender, definition] = [contenders[point], points[point]];
      if (contender === undefined || definition === undefined) return;
      const summary = summarise(runs, { scenario: scenarioName, definition, seed, wallSeconds });
      simulations.push({ contender: contender.name, runs, summary });
    },
  });
  const release = onInterrupt(() => study.stop());
  try {
    await study.finished;
  } finally {
    release();
  }
  return simulations;
}

async function show({ json, csv, html }: RotationGiven, result: RotationResult, scenarioYaml: string): Promise<void> {
  if (json === '-') await print(jsonText(result));
  else if (csv === '-') await print(csvText(result).trimEnd());
  else await print(summaryText(result));
  if (json !== undefined && json !== '-') writeResult('--json', json, `${jsonText(result)}\n`);
  if (csv !== undefined && csv !== '-') writeResult('--csv', csv, csvText(result));
  if (html === undefined) return;
  const { rotationPage } = await import('../../bench/report/page.js'); // drawing takes a while to load
  writeResult('--html', html, rotationPage(result, scenarioYaml));
  complain(`the report is in ${html}`);
}
