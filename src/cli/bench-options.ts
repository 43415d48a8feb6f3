/**
 * What the command line of `bench dns` and `bench proxy` says: who takes part, for how long, driven by what.
 */
import type { Contender } from '../../bench/harness/contender.js';
import type { Driver } from '../../bench/harness/driver.js';
import { slotsMax } from '../../bench/harness/own-dns-load.js';
import { confidence, type Skipped } from '../../bench/harness/result.js';
import type { Entrant, RunOptions } from '../../bench/harness/run.js';
import { pacedRequestsMax } from '../../bench/harness/paced-http-load.js';
import { proxyCases, type ProxyCase } from '../../bench/harness/proxy-task.js';
import type { Task } from '../../bench/harness/task.js';
import type { Ready } from '../../bench/harness/turn.js';
import { roundsFor } from '../../bench/verdict/verdict.js';
import { nearest } from '../config/problems.js';
import { ServiceError } from '../service.js';
import { listed, UsageError, wholeNumber, wrongValue } from './flags.js';
import { outputFlag, type Output } from './output.js';

export interface BenchGiven extends Pick<RunOptions, 'entrants' | 'driver' | 'rounds' | 'seconds' | 'atOnce' | 'perS'> {
  readonly skipped: readonly Skipped[];
  readonly json: Output;
}

const roundsMax = 1000;
const secondsMax = 600;
const secondsDefault = 1;
const atOnceDefault = 64;
const rateMax = 1_000_000;

/** @throws UsageError */
export function caseGiven({ cache, case: given = cache === true ? 'cached' : 'small' }: Readonly<Record<string, unknown>>): ProxyCase {
  if (cache === true && given !== 'cached') throw new UsageError('--cache: it is --case cached, and another case is named');
  const found = proxyCases.find((name) => name === given);
  if (found === undefined) throw wrongValue('case', proxyCases.join(' or '), given);
  return found;
}

/** @throws UsageError for what is wrong; ServiceError for what is named but not installed */
export function benchGiven(given: Readonly<Record<string, unknown>>, task: Task): BenchGiven {
  const names = listed(given['contender']);
  if (given['contender'] !== undefined && names.length === 0) throw wrongValue('contender', 'a name', '');
  const atOnceFlag = task.name === 'dns' ? 'inflight' : 'connections';
  const rounds = wholeNumber(given['rounds'], 'rounds', 1, roundsMax);
  const seconds = wholeNumber(given['seconds'], 'seconds', 1, secondsMax) ?? secondsDefault;
  const atOnce = wholeNumber(given[atOnceFlag], atOnceFlag, 1, slotsMax) ?? atOnceDefault;
  const perS = wholeNumber(given['rate'], 'rate', 1, rateMax);
  if (perS !== undefined && task.isOpenLoop !== true) throw new UsageError('--rate: it has no effect without --case half-load');
  if ((perS ?? 0) * seconds > pacedRequestsMax) throw new UsageError(`--rate: ${perS} requests a second for ${seconds} s are more than ${pacedRequestsMax}`);
  const warmUp = wholeNumber(given['warm-up'], 'warm-up', 0, secondsMax);
  const { entrants, skipped } = names.length === 0 ? all(task.contenders) : { entrants: named(names, task.contenders), skipped: [] };
  return {
    entrants: warmUp === undefined ? entrants : entrants.map((one) => ({ ...one, what: { ...one.what, warmUpSeconds: warmUp } })),
    skipped,
    driver: driverOf(given['driver'], task.drivers),
    rounds: rounds ?? roundsFor(entrants.length - 1, confidence),
    seconds,
    atOnce,
    perS,
    json: outputFlag('json', given['json']),
  };
}

function all(contenders: readonly Contender[]): Pick<BenchGiven, 'entrants' | 'skipped'> {
  const entrants: Entrant[] = [];
  const skipped: Skipped[] = [];
  for (const what of contenders.filter(({ onlyByName }) => onlyByName !== true)) {
    const found = what.find();
    if ('debian' in found) skipped.push({ name: what.name, debian: found.debian });
    else entrants.push({ name: what.name, what, found });
  }
  return { entrants, skipped };
}

/** In the order in which they were named; who is named again is numbered. */
function named(names: readonly string[], contenders: readonly Contender[]): Entrant[] {
  return names.map((name, place) => {
    const what = contenders.find((contender) => contender.name === name);
    if (what === undefined) throw unknown(name, contenders);
    const found = what.find();
    if ('debian' in found) throw notInstalled(`--contender ${name}`, found.debian);
    const times = names.slice(0, place + 1).filter((other) => other === name).length;
    return { name: times === 1 ? name : `${name} (${times})`, what, found };
  });
}

function unknown(name: string, contenders: readonly Contender[]): UsageError {
  const known = contenders.map((contender) => contender.name);
  const close = nearest(name, known);
  const hint = close === undefined ? '' : `did you mean ${close}? `;
  return new UsageError(`--contender: unknown contender ${JSON.stringify(name)}; ${hint}Known are ${known.join(', ')}`);
}

const notInstalled = (what: string, debian: string): ServiceError =>
  new ServiceError(`${what}: it is not installed (\`apt-get install ${debian}\`)`);

/** The first that is installed, of those that are asked for. */
function driverOf(asked: unknown, drivers: Task['drivers']): Ready<Driver> {
  let missing: string | undefined;
  for (const what of drivers.filter(({ name }) => asked === undefined || name === asked)) {
    const found = what.find();
    if (!('debian' in found)) return { what, found };
    missing = found.debian;
  }
  if (missing === undefined) throw wrongValue('driver', drivers.map(({ name }) => name).join(' or '), asked);
  throw notInstalled(`--driver ${String(asked)}`, missing);
}
