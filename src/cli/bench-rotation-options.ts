/**
 * What the command line of `bench rotation` says: which scenario, who is compared, how long, where to, and what is expected.
 */
import { isIPv4 } from 'node:net';
import { parseExpectation, type Expectation } from '../../bench/verdict/expectation.js';
import { measureNames, measures, toldMeasures, type MeasureName } from '../../bench/rotation/measures.js';
import { plainValue, type Setting } from '../config/settings.js';
import { parseAddress, type SocketAddress } from '../service.js';
import { controlFlag, listed, UsageError, wholeNumber, wrongValue } from './flags.js';
import { outputFlag, type Output } from './output.js';
import { settingOf } from './scenario-flags.js';

export interface RotationGiven {
  readonly scenario: string;
  /** Of the scenario; those of faults come later, when it is known. */
  readonly settings: readonly Setting[];
  readonly faults: readonly Fault[];
  /** As typed; none: as the scenario sweeps them, or round-robin and static-list. */
  readonly contenders: readonly ContenderGiven[];
  readonly speed: number;
  readonly seed: number;
  readonly confidence: number;
  readonly measure: MeasureName;
  readonly simulateToo: boolean;
  readonly expectations: readonly Expectation[];
  readonly control: URL | undefined;
  readonly resolver: SocketAddress | undefined;
  readonly dns: SocketAddress | undefined;
  readonly origins: readonly string[];
  readonly path: string;
  readonly keepAlive: boolean;
  readonly json: Output;
  readonly csv: Output;
  readonly html: string | undefined;
}

export interface ContenderGiven {
  readonly policy: string;
  /** `NAME@ADDR:PORT`: a server that runs already. */
  readonly server: SocketAddress | undefined;
}

/** `--kill w3@10s`. */
export interface Fault {
  readonly verb: FaultVerb;
  readonly worker: string;
  readonly atS: number;
  readonly flag: string;
}

export const faultVerbs = ['kill', 'hang', 'return', 'drain', 'enable'] as const;
export type FaultVerb = (typeof faultVerbs)[number];

type Given = Readonly<Record<string, unknown>>;

/** Flags that stand for one key of the scenario. */
const shorthands: Readonly<Record<string, readonly string[]>> = {
  workers: ['workers', 'count'],
  users: ['clients', 'count'],
  duration: ['durationS'],
  rounds: ['repetitions'],
  ttl: ['authority', 'ttl'],
};

/** @throws UsageError, ServiceError for an expectation that is none */
export function rotationGiven(given: Given): RotationGiven {
  for (const flag of ['scenario', 'html', 'path', 'measure', 'resolver', 'dns', 'control']) mustBeOne(flag, given[flag]);
  const json = outputFlag('json', given['json']);
  const csv = outputFlag('csv', given['csv']);
  if (json === '-' && csv === '-') throw new UsageError('--json, --csv: both go to standard output; name a file for one of them (--csv rounds.csv)');
  return {
    scenario: text(given['scenario']) ?? 'short-sessions',
    settings: settingsOf(given),
    faults: faultVerbs.flatMap((verb) => listed(given[verb]).map((typed) => faultOf(verb, typed))),
    contenders: listed(given['policy']).map(contenderOf),
    speed: numberOf(given['speed'], 'speed', 0.01, 1000) ?? 1,
    seed: wholeNumber(given['seed'], 'seed', 0, 2 ** 32 - 1) ?? 1,
    confidence: numberOf(given['confidence'], 'confidence', 0.5, 0.9999) ?? 0.95,
    measure: measureFlag(given['measure']),
    simulateToo: given['simulate-too'] === true,
    expectations: listed(given['expect']).map(expectationOf),
    control: given['control'] === undefined ? undefined : controlFlag(given['control']),
    resolver: given['resolver'] === undefined ? undefined : addressOf(String(given['resolver']), 'resolver'),
    dns: given['dns'] === undefined ? undefined : addressOf(String(given['dns']), 'dns'),
    origins: listed(given['origin']),
    path: pathFlag(given['path']),
    keepAlive: given['keep-alive'] !== false,
    ...{ json, csv },
    html: text(given['html']),
  };
}

/** Given twice, the parser makes a list of it. */
function mustBeOne(flag: string, typed: unknown): void {
  if (typed !== undefined && (typeof typed !== 'string' || typed === '')) throw wrongValue(flag, 'one value', typed);
}

const text = (typed: unknown): string | undefined => (typeof typed === 'string' ? typed : undefined);

function settingsOf(given: Given): Setting[] {
  const short = Object.entries(shorthands).flatMap(([flag, path]): Setting[] => {
    const typed = given[flag];
    return typed === undefined ? [] : [{ path, value: plainValue(String(typed)), flag: `--${flag}` }];
  });
  return [...short, ...listed(given['set']).map(settingOf)];
}

/** Real seconds, whatever the speed: `10s`, `500ms`, `2m`, `10`. */
function faultOf(verb: FaultVerb, typed: string): Fault {
  const [, worker, count, unit = 's'] = /^([A-Za-z0-9_-]+)@(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(typed) ?? [];
  if (worker === undefined) throw wrongValue(verb, 'WORKER@TIME such as w3@10s, from the beginning of the measured time of each round', typed);
  const seconds = unit === 'ms' ? 0.001 : unit === 'm' ? 60 : 1;
  return { verb, worker, atS: Number(count) * seconds, flag: `--${verb} ${typed}` };
}

function contenderOf(typed: string): ContenderGiven {
  const at = typed.indexOf('@');
  if (at < 0) return { policy: typed, server: undefined };
  if (at === 0) throw wrongValue('policy', 'a name before @: NAME@ADDR:PORT', typed);
  return { policy: typed.slice(0, at), server: addressOf(typed.slice(at + 1), 'policy') };
}

/** IPv4, as virtual users ask from loopback. */
function addressOf(typed: string, flag: string): SocketAddress {
  const server = parseAddress(typed, 53);
  if (server === undefined || !isIPv4(server.address)) throw wrongValue(flag, 'ADDR:PORT such as 127.0.0.1:5353', typed);
  return server;
}

function numberOf(typed: unknown, flag: string, least: number, most: number): number | undefined {
  if (typed === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(String(typed)) ? Number(typed) : NaN;
  if (!(value >= least && value <= most)) throw wrongValue(flag, `a number from ${least} to ${most}`, typed);
  return value;
}

function measureFlag(typed: unknown): MeasureName {
  if (typed === undefined) return 'maxOverMean';
  const found = toldMeasures.find((name) => name === typed);
  if (found === undefined) throw wrongValue('measure', `one of ${toldMeasures.join(', ')}`, typed);
  return found;
}

function pathFlag(typed: unknown): string {
  const path = text(typed) ?? '/bytes/100';
  if (!/^\/[\x21-\x7e]*$/.test(path)) throw wrongValue('path', 'a path that starts with /, without spaces', typed);
  return path;
}

/** Measures are known now, contenders and workers when the scenario has been read. */
function expectationOf(typed: string): Expectation {
  const expectation = parseExpectation(typed);
  for (const { measure, names } of expectation.asks) {
    const found = measureNames.find((name) => name === measure);
    if (found === undefined) throw new UsageError(`--expect ${JSON.stringify(typed)}: unknown measure ${measure}; known are ${measureNames.join(', ')}`);
    const wanted = 'perWorker' in measures[found] ? 2 : 1;
    if (names.length !== wanted) {
      const form = wanted === 2 ? `${measure}(CONTENDER, WORKER)` : `${measure}(CONTENDER)`;
      throw new UsageError(`--expect ${JSON.stringify(typed)}: expected ${form}, got ${measure}(${names.join(', ')})`);
    }
  }
  return expectation;
}
