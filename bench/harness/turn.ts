/**
 * One turn of one contender: started anew, asked until it answers as it must, warmed up, measured, killed.
 *
 * Started anew each time, because one start differs from the next (where memory lies, what the compiler decided) and keeps that
 * difference as long as it runs: rounds of one process would agree with each other more than with the truth.
 */
import { sleep, type Clock } from '../../src/clock.js';
import type { Random } from '../../src/random.js';
import { ServiceError } from '../../src/service.js';
import type { Contender, Place } from './contender.js';
import { pinned, type Cores } from './cores.js';
import { spentBetween, spentBy, type ThreadTimes } from './cpu-time.js';
import type { Driver, Load } from './driver.js';
import { freePort, loopback } from './ports.js';
import type { Found, Startable } from './programs.js';
import type { Task } from './task.js';
import type { Running, Workplace } from './workplace.js';

/** What a turn is taken with. */
export interface Rig {
  readonly task: Task;
  readonly driver: Ready<Driver>;
  readonly cores: Cores;
  readonly workplace: Workplace;
  readonly seconds: number;
  readonly atOnce: number;
  /** Of an open loop. */
  readonly perS?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** Something that was found. */
export interface Ready<What> {
  readonly what: What;
  readonly found: Found;
}

export interface Measurement {
  /** Of one query or request; null where the system does not tell. */
  readonly cpuUs: number | null;
  readonly perS: number;
  /** Of an open loop; null of a closed one. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly p999Ms: number | null;
  readonly lateP99Ms: number | null;
  /** The part of the time in which the server used its core; null where the system does not tell. */
  readonly busy: number | null;
  /** The part of the time in which it could have used its core, and somebody else did; null where the system does not tell. */
  readonly waiting: number | null;
  readonly seconds: number;
  readonly answers: number;
  readonly failures: Readonly<Record<string, number>>;
}

const readyMsMax = 10_000;
const askAgainMs = 20;
/** A driver that is not done so long after it should be never will be. */
const driverGraceMs = 15_000;

/** @param origin ADDR:PORT of what it forwards to. @throws ServiceError that says what was wrong with the contender */
export async function takeTurn({ what, found }: Ready<Contender>, origin: string, rig: Rig): Promise<Measurement> {
  const place = await newPlace(origin, rig);
  const server = start(what, found, place, rig.cores.server, rig.workplace);
  try {
    await untilReady(server, () => rig.task.check(place), rig.clock);
    if (what.warmUpSeconds > 0) await drive(place, what.warmUpSeconds, rig);
    const before = spentBy(server.pid ?? 0);
    const load = await drive(place, rig.seconds, rig);
    const after = spentBy(server.pid ?? 0);
    if (server.ending() !== undefined) throw ended(server, 'while it was measured');
    return measured(load, before === undefined || after === undefined ? unknown : spentBetween(before, after));
  } finally {
    await server.kill();
  }
}

export async function newPlace(origin: string, { random }: Pick<Rig, 'random'>): Promise<Place> {
  return { address: loopback, port: await freePort(random), sparePort: await freePort(random), origin };
}

export function start<On>(what: Startable<On>, { program }: Found, on: On, cores: string | undefined, workplace: Workplace): Running {
  const directory = workplace.directoryWith(what.files(on));
  return workplace.launch(pinned(cores, [program, ...what.args(on)]), directory);
}

/** Resolves when the check passes. @throws ServiceError when the server ends before, or takes too long */
export async function untilReady(server: Running, check: () => Promise<void>, clock: Clock, withinMs = readyMsMax): Promise<void> {
  const endMs = clock.monotonicMs() + withinMs;
  for (;;) {
    const complaint = await check().then(() => undefined, (error: Error) => error.message); // checks throw nothing else
    if (server.ending() !== undefined) throw ended(server, 'before it answered');
    if (complaint === undefined) return;
    if (clock.monotonicMs() > endMs) throw new ServiceError(`it did not answer as it must within ${withinMs / 1000} s: ${complaint}${saidBy(server)}`);
    await Promise.race([sleep(clock, askAgainMs), server.ended]); // the timer alone would not keep this process alive
  }
}

const ended = (server: Running, when: string): ServiceError => new ServiceError(`it ended ${when} (${server.ending()})${saidBy(server)}`);

const saidBy = (running: Running): string => (running.lastWords() === '' ? '' : `; it said:\n${running.lastWords()}`);

async function drive(server: Place, seconds: number, rig: Rig): Promise<Load> {
  const { driver: { what, found }, task: { path }, cores, workplace, atOnce, perS, clock } = rig;
  const running = start(what, found, { server, seconds, atOnce, path, perS }, cores.load, workplace);
  try {
    const late = sleep(clock, 1000 * seconds + driverGraceMs).then(() => 'it does not end');
    const how = await Promise.race([running.ended, late]);
    if (how !== 'exit code 0') throw new Error(`${how}${saidBy(running)}`);
    return what.read(running.stdout());
  } catch (error) {
    throw new ServiceError(`${what.name} could not load it: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    await running.kill();
  }
}

const unknown: ThreadTimes = { ranS: NaN, waitedS: NaN };

function measured({ seconds, answers, failures, latency }: Load, { ranS, waitedS }: ThreadTimes): Measurement {
  if (answers === 0) throw new ServiceError('it answered nothing under load');
  return {
    cpuUs: known((1e6 * ranS) / answers),
    perS: answers / seconds,
    ...(latency ?? { p50Ms: null, p99Ms: null, p999Ms: null, lateP99Ms: null }),
    busy: known(ranS / seconds),
    waiting: known(waitedS / seconds),
    seconds,
    answers,
    failures,
  };
}

const known = (value: number): number | null => (Number.isNaN(value) ? null : value);
