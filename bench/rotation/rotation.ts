/**
 * All rounds of all contenders: in turns, forward and backward (ABBA …), so that what the machine does meanwhile meets all alike,
 * and with the same users in rounds of the same number, so that they differ by the contender and not by chance.
 */
import type { Clock } from '../../src/clock.js';
import { ServiceError } from '../../src/service.js';
import { seedOf } from '../../src/study/seeds.js';
import type { Tick } from '../users/protocol.js';
import type { Contender } from './contender.js';
import { mustSucceed } from './failures.js';
import { liveRound, roundSeconds, type LiveRoundOptions, type Round } from './live-round.js';
import type { Reading } from './readings.js';
import type { ServedDns, TierUnderTest } from './tier-under-test.js';
import { startUsers, type UsersProcess } from './users-process.js';

export interface RotationOptions {
  readonly tier: TierUnderTest;
  readonly contenders: readonly Contender[];
  /** Of each contender. */
  readonly rounds: number;
  readonly seed: number;
  readonly order: Omit<LiveRoundOptions['order'], 'seed'>;
  readonly resolver: ServedDns['at'] | undefined;
  readonly clock: Clock;
  readonly onRound: (round: Round) => void;
  readonly onWarning: (text: string) => void;
}

/** What a person who watches may want to know. */
export interface Progress {
  /** Rounds that are over, and in all. */
  readonly done: number;
  readonly rounds: number;
  /** Part of everything that is over, 0 to 1. */
  readonly part: number;
  readonly contender: string | undefined;
  /** The last readings of this round, oldest first. */
  readonly readings: readonly Reading[];
  readonly tick: Tick;
}

export interface Rotation {
  /** Settles when the last round is over, or the one under way after `stop`; with the rounds that are complete. */
  readonly finished: Promise<readonly Round[]>;
  progress(): Progress;
  /** Ends the round under way and begins no other. */
  stop(): void;
  /** At once. */
  kill(): void;
}

export interface Turn {
  readonly contender: Contender;
  readonly number: number;
}

/** A B, B A, A B, …: whatever drifts in a straight line meets all alike. */
export function turnsOf(contenders: readonly Contender[], rounds: number): Turn[] {
  return Array.from({ length: rounds }, (_, number) => {
    const turns = contenders.map((contender) => ({ contender, number }));
    return number % 2 === 0 ? turns : turns.toReversed();
  }).flat();
}

/** A tier comes up, and goes at the end. */
const startS = 4;

/** Real seconds from the beginning to the end. */
export function secondsOf({ contenders, rounds, order }: Pick<RotationOptions, 'contenders' | 'rounds' | 'order'>): number {
  return startS + rehearsalSMax + contenders.length * rounds * roundSeconds(order.scenario, order.speed);
}

export function startRotation(options: RotationOptions): Rotation {
  const { tier, clock, order } = options;
  const users = startUsers();
  const turns = turnsOf(options.contenders, options.rounds);
  const rounds: Round[] = [];
  let readings: Reading[] = [];
  let turn: Turn | undefined;
  let beganMs = clock.monotonicMs();
  let stopped = false;

  async function takeTurn(next: Turn): Promise<void> {
    turn = next;
    readings = [];
    beganMs = clock.monotonicMs();
    const round = await liveRound({
      ...{ tier, users, clock, contender: next.contender, number: next.number, resolver: options.resolver },
      order: { ...order, seed: seedOf(options.seed, next.number) },
      onReading: (reading) => readings.push(reading),
      onWarning: options.onWarning,
    });
    if (round.run.stopped) return;
    mustSucceed(round, order.scenario.events.length > 0);
    rounds.push(round);
    options.onRound(round);
  }

  async function run(): Promise<readonly Round[]> {
    await users.ready;
    await tier.start();
    await rehearse(options, users);
    for (const next of turns) if (!stopped) await takeTurn(next);
    return rounds;
  }

  return {
    finished: ended(run(), tier, users),
    progress: () => progressOf(options, turns.length, rounds.length, turn, readings, clock.monotonicMs() - beganMs, users.tick()),
    stop() {
      stopped = true;
      users.tell({ kind: 'stop' });
    },
    kill() {
      users.stop();
      tier.kill();
    },
  };
}

/** Or as long as a round, if that is shorter. */
const rehearsalSMax = 3;
const rehearsed: Contender = { name: 'rehearsal', policy: 'round-robin', server: undefined };

/** Some seconds that do not count: code that has never run is slow, and would be the first round's alone. */
async function rehearse({ tier, clock, order, seed, resolver, onWarning }: RotationOptions, users: UsersProcess): Promise<void> {
  const { warmupS, durationS: measuredS } = order.scenario;
  const durationS = Math.min(rehearsalSMax * order.speed, warmupS + measuredS);
  const scenario = { ...order.scenario, warmupS: 0, durationS, intervalS: durationS, events: [] };
  const round = { contender: rehearsed, number: 0, order: { ...order, scenario, seed }, onReading: () => undefined };
  mustSucceed(await liveRound({ ...round, tier, users, clock, resolver, onWarning }), false);
}

/** Whatever happens, nothing is left running. */
async function ended<T>(running: Promise<T>, tier: TierUnderTest, users: UsersProcess): Promise<T> {
  try {
    return await running;
  } catch (error) {
    throw error instanceof Error ? error : new ServiceError(String(error));
  } finally {
    users.stop();
    await tier.stop();
  }
}

function progressOf(
  { order }: RotationOptions,
  rounds: number,
  done: number,
  turn: Turn | undefined,
  readings: readonly Reading[],
  sinceMs: number,
  tick: Tick,
): Progress {
  const here = turn === undefined ? 0 : Math.min(1, sinceMs / 1000 / roundSeconds(order.scenario, order.speed));
  return { done, rounds, part: Math.min(1, (done + (done < rounds ? here : 0)) / rounds), contender: turn?.contender.name, readings, tick };
}
