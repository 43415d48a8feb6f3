/**
 * What the command line of `simulate` says: which scenario, what is set in it, what is swept, and how to show the result.
 */
import { formatPath } from '../config/outline.js';
import { parseKey, plainValue, type Setting } from '../config/settings.js';
import type { Sweep } from '../study/sweep.js';
import { listed, UsageError, wholeNumber, wrongValue } from './flags.js';
import { settingOf } from './scenario-flags.js';

export interface SimulateGiven {
  readonly scenario: string | undefined;
  readonly settings: readonly Setting[];
  readonly sweeps: readonly Sweep[];
  readonly seed: number;
  /** Undefined: as many as suit the machine. */
  readonly threads: number | undefined;
  readonly json: boolean;
  readonly html: string | undefined;
  readonly print: boolean;
}

const seedMax = 2 ** 32 - 1;
const threadsMax = 256;

/** @throws UsageError */
export function simulateGiven(given: Readonly<Record<string, unknown>>): SimulateGiven {
  for (const flag of ['policy', 'html']) {
    // Given twice, the parser makes a list of it; given without a value, an empty text.
    const typed = given[flag];
    if (typed !== undefined && (typeof typed !== 'string' || typed === '')) throw wrongValue(flag, 'one value', typed);
  }
  const settings = [...shorthands(given), ...listed(given['set']).map(settingOf)];
  const sweeps = listed(given['sweep']).map(sweepOf);
  const decided = new Set(settings.map(({ path }) => formatPath(path)));
  for (const [index, { path, flag }] of sweeps.entries()) {
    const key = formatPath(path);
    const twice = sweeps.slice(0, index).some((earlier) => formatPath(earlier.path) === key);
    if (twice || decided.has(key)) throw new UsageError(`${flag}: the key is given twice on the command line; keep one`);
  }
  return {
    scenario: typeof given['scenario'] === 'string' ? given['scenario'] : undefined,
    settings,
    sweeps,
    seed: wholeNumber(given['seed'], 'seed', 0, seedMax) ?? 1,
    threads: wholeNumber(given['threads'], 'threads', 1, threadsMax),
    json: given['json'] === true,
    html: typeof given['html'] === 'string' ? given['html'] : undefined,
    print: given['print'] === true,
  };
}

function shorthands(given: Readonly<Record<string, unknown>>): Setting[] {
  const { policy, repetitions } = given;
  return [
    ...(typeof policy === 'string' ? [{ path: ['authority', 'policy'], value: policy, flag: '--policy' }] : []),
    ...(repetitions === undefined ? [] : [{ path: ['repetitions'], value: plainValue(String(repetitions)), flag: '--repetitions' }]),
  ];
}

function sweepOf(sweep: string): Sweep {
  const at = sweep.indexOf('=');
  const key = sweep.slice(0, at);
  const path = at < 0 ? undefined : parseKey(key);
  if (path === undefined || at === sweep.length - 1) {
    throw new UsageError(`--sweep ${sweep}: expected KEY=VALUE,VALUE,… such as authority.ttl=0,30,60,240`);
  }
  return { path, values: splitValues(sweep.slice(at + 1)).map(plainValue), flag: `--sweep ${key}` };
}

/** At commas, but not at those inside brackets: `[1,2],[3,4]` are two lists. */
function splitValues(text: string): string[] {
  const values = [''];
  let depth = 0;
  for (const letter of text) {
    if ('[{'.includes(letter)) depth += 1;
    if (']}'.includes(letter)) depth -= 1;
    if (letter === ',' && depth === 0) values.push('');
    else values.push(`${values.pop()}${letter}`);
  }
  return values;
}
