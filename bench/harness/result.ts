/**
 * What a run found: each contender's rounds and what is said of them. This is what `--json` prints.
 */
import { createRandom } from '../../src/random.js';
import { judgeAgainst, type VerdictAgainst } from '../verdict/against.js';
import type { Cores } from './cores.js';
import { sumOf } from './failures.js';
import type { Facts } from './machine.js';
import type { Taken } from './run.js';
import { medianOf, spreadOf, type Spread } from './spread.js';
import { figureNames, type FigureName, type Task } from './task.js';
import type { Measurement } from './turn.js';

export interface Result extends Setting {
  readonly partial: boolean;
  /** What the others are compared with; null when nothing was measured. */
  readonly reference: string | null;
  readonly contenders: readonly ContenderResult[];
  /** By each measure; none before the first round was complete. */
  readonly verdicts: readonly VerdictAgainst[];
}

/** What was to be done, and where. */
export interface Setting {
  readonly task: Task['name'];
  readonly case: string | null;
  readonly facts: Facts;
  readonly driver: string;
  readonly atOnce: number;
  /** Of an open loop, in requests a second. */
  readonly rate: number | null;
  readonly cores: Cores;
  readonly rounds: number;
  readonly seconds: number;
  readonly skipped: readonly Skipped[];
}

/** Not installed. */
export interface Skipped {
  readonly name: string;
  readonly debian: string;
}

export interface ContenderResult extends Readonly<Record<FigureName, Compared | null>> {
  readonly name: string;
  readonly version: string;
  readonly warmUpSeconds: number;
  /** Why it was not measured to the end; null when it was. */
  readonly failed: string | null;
  /** Median part of the time in which the server used its core. */
  readonly busy: number | null;
  /** The same for waiting for it. */
  readonly waiting: number | null;
  /** Of all turns together. */
  readonly failures: Readonly<Record<string, number>>;
  readonly turns: readonly Measurement[];
}

export interface Compared extends Spread {
  /** Of its median to the reference's. */
  readonly ratio: number | null;
}

/** All verdicts by one measure together. */
export const confidence = 0.95;
export function resultOf(task: Task, taken: readonly Taken[], partial: boolean, setting: Omit<Setting, 'task' | 'case'>): Result {
  const whole = taken.filter(({ turns, failed }) => turns.length > 0 && failed === null);
  const reference = whole.find(({ name }) => name === 'ours') ?? whole[0];
  return {
    task: task.name,
    case: task.case ?? null,
    ...setting,
    partial,
    reference: reference?.name ?? null,
    contenders: taken.map((one) => contenderResult(one, reference)),
    verdicts: reference === undefined ? [] : verdictsOf(task, reference, whole),
  };
}

function contenderResult({ name, what, found, failed, turns }: Taken, reference: Taken | undefined): ContenderResult {
  return {
    name,
    version: found.version,
    warmUpSeconds: what.warmUpSeconds,
    failed,
    ...figuresOf(turns, reference?.turns ?? []),
    busy: medianOf(known('busy', turns)),
    waiting: medianOf(known('waiting', turns)),
    failures: sumOf(turns.map(({ failures }) => failures)),
    turns,
  };
}

type Figure = FigureName | 'busy' | 'waiting';

const known = (figure: Figure, turns: readonly Measurement[]): number[] => turns.flatMap((turn) => turn[figure] ?? []);

function figuresOf(turns: readonly Measurement[], ofReference: readonly Measurement[]): Record<FigureName, Compared | null> {
  const entries = figureNames.map((name) => [name, comparedOf(name, turns, ofReference)]);
  return Object.fromEntries(entries) as Record<FigureName, Compared | null>; // one for each name
}

function comparedOf(figure: Figure, turns: readonly Measurement[], ofReference: readonly Measurement[]): Compared | null {
  const [spread, reference] = [spreadOf(known(figure, turns)), medianOf(known(figure, ofReference))];
  return spread === null ? null : { ...spread, ratio: reference === null ? null : spread.median / reference };
}

/** By the rounds that all have; a measure that the system does not tell has no verdict. */
function verdictsOf(task: Task, reference: Taken, whole: readonly Taken[]): VerdictAgainst[] {
  const rounds = Math.min(...whole.map(({ turns }) => turns.length));
  return task.measures.flatMap((measure) => {
    const [first, ...others] = [reference, ...whole.filter((one) => one !== reference)].map(({ name, turns }) => {
      return { name, values: known(measure.name, turns.slice(0, rounds)) };
    });
    if (first === undefined || first.values.length < rounds || others.some(({ values }) => values.length < rounds)) return [];
    return judgeAgainst(first, others, { measure, confidence, random: createRandom(1) });
  });
}
