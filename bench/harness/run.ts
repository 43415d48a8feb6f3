/**
 * A run: rounds in which each contender takes its turn, forwards and backwards by turns (ABC CBA), so that a machine that gets slower
 * or faster does so to all. Who fails is out from then on; the others go on.
 */
import type { Clock } from '../../src/clock.js';
import type { Random } from '../../src/random.js';
import { formatAddress, ServiceError } from '../../src/service.js';
import type { Contender } from './contender.js';
import type { Cores } from './cores.js';
import type { Driver } from './driver.js';
import type { Task } from './task.js';
import { newPlace, start, takeTurn, untilReady, type Measurement, type Ready, type Rig } from './turn.js';
import { createWorkplace } from './workplace.js';

export interface Entrant extends Ready<Contender> {
  /** As it is shown; `dns2 (2)` when the same is in the run twice. */
  readonly name: string;
}

export interface RunOptions {
  readonly task: Task;
  readonly entrants: readonly Entrant[];
  readonly driver: Ready<Driver>;
  readonly cores: Cores;
  readonly rounds: number;
  readonly seconds: number;
  readonly atOnce: number;
  /** Of an open loop; by default half of what ours, or else the first, can serve. */
  readonly perS?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** A turn begins. */
  onTurn(turn: { readonly round: number; readonly name: string; readonly done: number }): void;
  onFailure(name: string, why: string): void;
}

export interface Taken extends Entrant {
  /** One a round, as far as it came. */
  readonly turns: Measurement[];
  /** Why it is out; null while it is not. */
  failed: string | null;
}

export interface Run {
  /** Resolves when all is measured, or what was left when it was stopped. @throws ServiceError when nothing can be measured */
  readonly finished: Promise<readonly Taken[]>;
  /** The rate of an open loop, once it is known. */
  perS(): number | undefined;
  /** Ends all processes at once. Harmless afterwards, and the last thing to do before this process exits. */
  stop(): void;
  stopped(): boolean;
}

export function startRun(options: RunOptions): Run {
  const workplace = createWorkplace();
  const taken = options.entrants.map((entrant): Taken => ({ ...entrant, turns: [], failed: null }));
  let stopped = false;
  let { perS } = options;
  const onRate = (found: number): void => void (perS = found);
  const finished = runAll({ ...options, workplace, onRate }, taken, () => stopped).then(
    () => taken,
    (error: unknown) => {
      if (stopped) return taken; // whatever was under way was cut off
      throw error;
    },
  );
  return {
    finished: finished.finally(workplace.clear),
    perS: () => perS,
    stop() {
      stopped = true;
      workplace.clear();
    },
    stopped: () => stopped,
  };
}

type WholeRig = RunOptions & Rig & { onRate(perS: number): void };

async function runAll(options: WholeRig, taken: readonly Taken[], stopped: () => boolean): Promise<void> {
  const origin = await startOrigin(options);
  const rig = { ...options, perS: await rateOf(options, taken, origin) };
  let done = 0;
  for (let round = 0; round < rig.rounds; round += 1) {
    for (const entrant of round % 2 === 0 ? taken : taken.toReversed()) {
      if (stopped()) return;
      if (entrant.failed === null) await takeOne(entrant, round);
      done += 1;
    }
  }

  async function takeOne(entrant: Taken, round: number): Promise<void> {
    rig.onTurn({ round, name: entrant.name, done });
    try {
      entrant.turns.push(await takeTurn(entrant, origin, rig));
    } catch (error) {
      if (stopped() || !(error instanceof ServiceError)) throw error;
      entrant.failed = error.message;
      rig.onFailure(entrant.name, error.message);
    }
  }
}

/** Half of what one of them does when the same generator asks as fast as it answers. */
async function rateOf(rig: WholeRig, taken: readonly Taken[], origin: string): Promise<number | undefined> {
  if (rig.task.isOpenLoop !== true || rig.perS !== undefined) return rig.perS;
  const measure = taken.find(({ name }) => name === 'ours') ?? taken[0];
  if (measure === undefined) return undefined;
  const { perS } = await takeTurn(measure, origin, { ...rig, perS: undefined });
  const rate = Math.max(1, Math.round(perS / 2));
  rig.onRate(rate);
  return rate;
}

/** @returns where it is; empty when the task has none */
async function startOrigin(rig: Rig): Promise<string> {
  const { task, cores, workplace, clock } = rig;
  const found = task.origin?.find();
  if (task.origin === undefined || found === undefined || 'debian' in found) return '';
  const place = await newPlace('', rig);
  await untilReady(start(task.origin, found, place, cores.load, workplace), () => (task.checkOrigin ?? task.check)(place), clock);
  return formatAddress(place);
}
