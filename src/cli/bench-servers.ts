/**
 * `roundhouse bench dns` and `bench proxy`: our server beside others, as Markdown or as JSON.
 *
 * The first Ctrl-C ends what is under way and shows what there is, marked as partial; the second ends at once. Whichever way this
 * process goes, the servers go with it.
 */
import { chooseCores, systemCores } from '../../bench/harness/cores.js';
import { dnsTask } from '../../bench/harness/dns-task.js';
import { factsOf } from '../../bench/harness/machine.js';
import { markdownText } from '../../bench/harness/markdown.js';
import { proxyTasks } from '../../bench/harness/proxy-task.js';
import { resultOf } from '../../bench/harness/result.js';
import { startRun, type RunOptions, type Taken } from '../../bench/harness/run.js';
import { systemClock } from '../clock.js';
import { systemRandom } from '../random.js';
import { jsonText } from '../text/json.js';
import { benchGiven, caseGiven, type BenchGiven } from './bench-options.js';
import { roundLine } from './bench-progress.js';
import { onInterrupt } from './interrupt.js';
import { commandLine, complain, print, writeResult } from './output.js';
import { drawLines, terminalOf } from './screen-lines.js';

/** @returns the exit code. */
export async function benchServersCommand(name: 'dns' | 'proxy', words: Readonly<Record<string, unknown>>): Promise<number> {
  const task = name === 'dns' ? dnsTask : proxyTasks[caseGiven(words)];
  const given = benchGiven(words, task);
  const { entrants, skipped, driver, rounds, seconds, atOnce, perS } = given;
  const cores = chooseCores(systemCores);
  const { taken, stopped, rate } = await measure({ task, entrants, driver, cores, rounds, seconds, atOnce, perS });
  const facts = factsOf(commandLine(process.argv.slice(2)), versionsOf(given));
  const result = resultOf(task, taken, stopped, { facts, driver: driver.found.version, atOnce, rate, cores, rounds, seconds, skipped });
  await print(given.json === '-' ? jsonText(result) : markdownText(result, task));
  if (given.json !== undefined && given.json !== '-') writeResult('--json', given.json, `${jsonText(result)}\n`);
  if (stopped) return 130;
  return taken.some(({ failed }) => failed !== null) ? 1 : 0;
}

interface Measured {
  readonly taken: readonly Taken[];
  readonly stopped: boolean;
  readonly rate: number | null;
}

async function measure(what: Omit<RunOptions, 'clock' | 'random' | 'onTurn' | 'onFailure'>): Promise<Measured> {
  const beganMs = systemClock.monotonicMs();
  const terminal = terminalOf(process.stderr);
  const all = { rounds: what.rounds, turns: what.entrants.length };
  let now = '';
  let told = -1;
  const screen = drawLines({ clock: systemClock, lines: () => [now], terminal, note: complain });
  const run = startRun({
    ...what,
    clock: systemClock,
    random: systemRandom(),
    onTurn({ round, name, done }) {
      const line = roundLine(round, done, all, systemClock.monotonicMs() - beganMs);
      now = `${line} · ${name}`;
      if (terminal === undefined && round > told) screen.note(line);
      told = round;
    },
    onFailure: (name, why) => screen.note(`${name} failed: ${why}`),
  });
  process.on('exit', run.stop);
  const release = onInterrupt(() => {
    run.stop();
    screen.note('stopping; Ctrl-C again ends at once');
  });
  try {
    return { taken: await run.finished, stopped: run.stopped(), rate: run.perS() ?? null };
  } finally {
    screen.end();
    release();
  }
}

function versionsOf({ entrants, driver }: BenchGiven): Record<string, string> {
  return Object.fromEntries([...entrants.map(({ what, found }) => [what.name, found.version]), [driver.what.name, driver.found.version]]);
}
