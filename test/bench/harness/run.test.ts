/**
 * Runs of contenders that are a line for Node each: who takes turns when, who is out, and what is left when it is stopped.
 */
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Contender, Place } from '../../../bench/harness/contender.js';
import type { Aim, Driver, Load } from '../../../bench/harness/driver.js';
import { startRun, type Entrant, type RunOptions, type Taken } from '../../../bench/harness/run.js';
import { closedLoopMeasures, type Task } from '../../../bench/harness/task.js';
import { untilReady } from '../../../bench/harness/turn.js';
import { createWorkplace } from '../../../bench/harness/workplace.js';
import { systemClock } from '../../../src/clock.js';
import { createRandom } from '../../../src/random.js';

/** Where runs of this file work, and leave nothing. */
const workshop = mkdtempSync(join(tmpdir(), 'roundhouse-run-'));
process.env['TMPDIR'] = workshop;
afterEach(() => {
  expect(readdirSync(workshop)).toEqual([]);
});
afterAll(() => rmSync(workshop, { recursive: true }));

const node = { program: process.execPath, version: 'Node' };
const stay = 'setInterval(() => {}, 1000);';
const listen = (place: Place): string => `require('net').createServer().listen(${place.port}, '${place.address}')`;

function contender(name: string, script: (place: Place) => string): Entrant {
  const what: Contender = { name, warmUpSeconds: 1, find: () => node, files: () => ({}), args: (place) => ['-e', script(place)] };
  return { name, what, found: node };
}

/** Says at once what load it made. */
function driver(load: Partial<Load> = {}, script = ''): RunOptions['driver'] {
  const report = JSON.stringify({ seconds: 1, answers: 1000, failures: {}, ...load });
  const what: Driver = {
    ...{ name: 'fake', find: () => node, files: () => ({}) },
    args: () => ['-e', `${script}; console.log(${JSON.stringify(report)})`],
    read: (stdout) => JSON.parse(stdout) as Load,
  };
  return { what, found: node };
}

/** Passes as soon as somebody listens. */
async function check({ address, port }: Place): Promise<void> {
  await fetch(`http://${address}:${port}`, { signal: AbortSignal.timeout(50) }).catch((error: Error) => {
    if (error.name !== 'TimeoutError') throw error;
  });
}

const task: Task = {
  ...{ name: 'dns', title: 'Fakes', unit: 'query', units: 'queries', contenders: [], origin: undefined },
  ...{ lanes: ['query', 'queries'] as const, measures: closedLoopMeasures('query', 'queries') },
  drivers: [driver().what, driver().what],
  check,
};

interface Told {
  readonly turns: string[];
  readonly failures: string[];
}

function started(entrants: readonly Entrant[], options: Partial<RunOptions> = {}): { run: ReturnType<typeof startRun>; told: Told } {
  const told: Told = { turns: [], failures: [] };
  const run = startRun({
    ...{ task, entrants, driver: driver(), rounds: 2, seconds: 1, atOnce: 1, clock: systemClock, random: createRandom(process.pid) },
    cores: { server: undefined, load: undefined, unpinned: 'a test' },
    onTurn: ({ round, name, done }) => told.turns.push(`${round} ${name} ${done}`),
    onFailure: (name, why) => told.failures.push(`${name}: ${why}`),
    ...options,
  });
  return { run, told };
}

describe('a run', () => {
  it('takes turns forwards and backwards', async () => {
    const { run, told } = started([contender('a', listen), contender('b', listen)]);
    const [a, b] = (await run.finished) as [Taken, Taken];
    expect(told).toEqual({ turns: ['0 a 0', '0 b 1', '1 b 2', '1 a 3'], failures: [] });
    expect(a.turns).toHaveLength(2);
    expect(b.turns[0]).toMatchObject({ perS: 1000, seconds: 1, answers: 1000, failures: {} });
    // Linux tells processor time; elsewhere it is unknown.
    if (existsSync('/proc/self/stat')) expect(b.turns[0]?.cpuUs).toBeGreaterThanOrEqual(0);
    else expect(b.turns[0]).toMatchObject({ cpuUs: null, busy: null });
  });

  it.each([
    [undefined, 50, ['closed', 'open 50', 'open 50']],
    [7, 7, ['open 7', 'open 7']],
  ])('in an open loop has one rate for all: %s asked for, %i', async (perS, expected, loops) => {
    const seen = join(workshop, 'seen');
    const saying = driver({ answers: 100 });
    const args = (aim: Aim): readonly string[] => {
      appendFileSync(seen, `${aim.perS === undefined ? 'closed' : `open ${aim.perS}`}\n`);
      return saying.what.args(aim);
    };
    const cold = (name: string): Entrant => ({ ...contender(name, listen), what: { ...contender(name, listen).what, warmUpSeconds: 0 } });
    const options = { task: { ...task, isOpenLoop: true }, driver: { ...saying, what: { ...saying.what, args } }, rounds: 1, perS };
    const { run } = started([cold('a'), cold('ours')], options);
    await run.finished;
    expect([run.perS(), readFileSync(seen, 'utf8').trim().split('\n')]).toEqual([expected, loops]);
    rmSync(seen);
  });

  it('goes on without those that fail, and says what they said', async () => {
    const dying = contender('dying', () => "console.error('no such zone'); process.exit(7)");
    const { run, told } = started([dying, contender('b', listen)]);
    const [first, second] = (await run.finished) as [Taken, Taken];
    expect(told.failures).toEqual(['dying: it ended before it answered (exit code 7); it said:\nno such zone']);
    expect(told.turns).toEqual(['0 dying 0', '0 b 1', '1 b 2']);
    expect([first.failed, first.turns.length, second.failed, second.turns.length]).toEqual([told.failures[0]?.slice(7), 0, null, 2]);
  });

  it.each([
    ['a driver that fails', driver({}, "console.error('no route'); process.exit(2)"), /^a: fake could not load it: exit code 2; it said:\nno route$/],
    ['a driver without a report', driver({}, "console.log('{')"), /^a: fake could not load it: .*JSON/],
    ['a server that answers nothing', driver({ answers: 0 }), /^a: it answered nothing under load$/],
  ])('takes %s for a failure', async (_, broken, complaint) => {
    const { run, told } = started([contender('a', listen)], { driver: broken });
    await run.finished;
    expect(told.failures).toEqual([expect.stringMatching(complaint)]);
  });

  it('notices a server that ends while it is measured', async () => {
    const brief = contender('brief', (place) => `${listen(place)}.on('connection', () => setTimeout(process.exit, 100, 5))`);
    const { run, told } = started([brief], { driver: driver({}, 'setTimeout(() => {}, 1000)') });
    await run.finished;
    expect(told.failures).toEqual(['brief: it ended while it was measured (exit code 5)']);
  });

  it('stops at once, with what there is', async () => {
    let turns = 0;
    const { run } = started([contender('a', listen)], {
      rounds: 100,
      onTurn() {
        turns += 1;
        if (turns === 3) run.stop();
      },
    });
    const [taken] = await run.finished;
    expect([run.stopped(), taken?.turns.length, taken?.failed]).toEqual([true, 2, null]);
  });
});

it('who does not answer as it must within its time is told with the complaint', async () => {
  const workplace = createWorkplace();
  const server = workplace.launch([process.execPath, '-e', `console.error('waiting'); ${stay}`], workplace.directoryWith({}));
  const refuse = async (): Promise<void> => {
    while (server.lastWords() === '') await new Promise(setImmediate);
    throw new Error('it answered REFUSED');
  };
  await expect(untilReady(server, refuse, systemClock, 100)).rejects.toThrow('it did not answer as it must within 0.1 s: it answered REFUSED; it said:\nwaiting');
  workplace.clear();
});
