/**
 * The flags that stand for configuration: which key each one overrides, and its text in `--help`. One table, so that a
 * flag, its help and the name in an error message cannot drift apart.
 */
import { plainValue } from '../config/settings.js';

export interface Flag {
  /** The configuration key. */
  readonly key: string;
  readonly type: 'string' | 'number';
  readonly array?: boolean;
  readonly describe: string;
  readonly choices?: readonly string[];
}

export const configFlags = {
  origin: { key: 'origins', type: 'string', array: true, describe: 'master origin; may be given several times' },
  workers: { key: 'workers.count', type: 'number', describe: 'how many workers' },
  policy: {
    key: 'dns.policy',
    type: 'string',
    describe:
      'rotation: round-robin, static-list, fixed, random, weighted, affinity, probabilistic-round-robin, two-tier, ' +
      'probabilistic-two-tier, dal, mrl, least-loaded, least-utilised, least-backlog, nearest, ./mine.js',
  },
  tail: { key: 'dns.tail', type: 'string', choices: ['cyclic', 'shuffled'], describe: 'round-robin: order behind the first place' },
  ttl: { key: 'dns.ttl', type: 'string', describe: 'seconds; MAX/MIN: bounded by health; 240/per-domain, 240/per-domain-and-server: by demand' },
  alarm: { key: 'dns.alarm', type: 'number', describe: 'spare workers that were busier than this, 0 to 1' },
  zone: { key: 'dns.zone', type: 'string', describe: 'zone to be authoritative for' },
  'service-name': { key: 'dns.name', type: 'string', describe: 'rotated name in the zone' },
  'dns-address': { key: 'dns.address', type: 'string', describe: 'address of the DNS server' },
  'dns-port': { key: 'dns.port', type: 'number', describe: 'port of the DNS server' },
  'worker-address': { key: 'workers.address', type: 'string', describe: 'address of the first worker; the others count up' },
  'worker-port': { key: 'workers.port', type: 'number', describe: 'port of the workers' },
  'control-port': { key: 'control.port', type: 'number', describe: 'port of the admin API' },
  'origin-port': { key: 'origin.port', type: 'number', describe: 'port of the built-in origin' },
  host: { key: 'proxy.host', type: 'string', choices: ['rewrite', 'keep'], describe: 'Host the origin sees: its own or the client\'s' },
  'access-log': { key: 'proxy.accessLog', type: 'string', choices: ['all', 'errors', 'off'], describe: 'which exchanges are logged' },
  'access-log-file': { key: 'proxy.accessLogFile', type: 'string', describe: 'where to: - for standard output, stderr, or a file' },
  'log-level': { key: 'log.level', type: 'string', choices: ['debug', 'info', 'warn', 'error', 'silent'], describe: 'log from this level up' },
} as const satisfies Record<string, Flag>;

export interface Overrides {
  /** Nested as in the file; what no flag names is absent. */
  readonly values: object;
  /** Which flag set a key, for error messages. */
  readonly flagOf: ReadonlyMap<string, string>;
}

/** Bad command line: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * @param given the parsed command line, flag names as in `configFlags`
 * @param settings `KEY=VALUE` pairs of `--set`; a value that is JSON is taken as such, anything else as text
 */
export function overridesFrom(given: Readonly<Record<string, unknown>>, settings: readonly string[]): Overrides {
  const values: Record<string, unknown> = {};
  const flagOf = new Map<string, string>();
  for (const [name, flag] of Object.entries(configFlags)) {
    const value = given[name];
    if (value === undefined) continue;
    place(values, flag.key, flag.type === 'number' || name === 'ttl' ? numberIn(value) : value);
    flagOf.set(flag.key, `--${name}`);
  }
  for (const setting of settings) {
    const [key, text] = splitSetting(setting);
    place(values, key, plainValue(text));
    flagOf.set(key, `--set ${setting}`);
  }
  return { values, flagOf };
}

function splitSetting(setting: string): [key: string, text: string] {
  const at = setting.indexOf('=');
  const key = setting.slice(0, at);
  if (at < 1 || !/^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/.test(key)) {
    throw new UsageError(`--set ${setting}: expected KEY=VALUE such as proxy.limits.maxconn=100`);
  }
  return [key, setting.slice(at + 1)];
}

/** The number that was typed; what is none stays as it is, for the message to quote. */
function numberIn(typed: unknown): unknown {
  return typeof typed === 'string' && /^-?\d+(\.\d+)?$/.test(typed) ? Number(typed) : typed;
}

function place(target: Record<string, unknown>, key: string, value: unknown): void {
  const path = key.split('.');
  const last = path.pop() as string; // split gives at least one
  let node = target;
  for (const step of path) {
    const next = node[step] ?? {};
    if (typeof next !== 'object' || Array.isArray(next)) throw new UsageError(`--set ${key}: ${step} has no keys`);
    node[step] = next;
    node = next as Record<string, unknown>; // checked in the line above
  }
  node[last] = value;
}

export const defaultControl = 'http://127.0.0.1:9100';

/** The URL given with `--control`. */
export function controlFlag(given: unknown): URL {
  const text = String(given);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw wrongValue('control', `a URL such as ${defaultControl}`, text);
  return url;
}

/** One sentence for the flags that are no configuration, as loading has it for those that are. */
export function wrongValue(flag: string, expected: string, typed: unknown): UsageError {
  return new UsageError(`--${flag}: expected ${expected}, got ${JSON.stringify(typed)}`);
}

/** Of a flag that may be given several times. */
export const listed = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** @throws UsageError */
export function wholeNumber(typed: unknown, flag: string, least: number, most: number): number | undefined {
  if (typed === undefined) return undefined;
  const number = /^\d{1,10}$/.test(String(typed)) ? Number(typed) : Number.NaN;
  if (!(number >= least && number <= most)) throw wrongValue(flag, `a whole number from ${least} to ${most}`, typed);
  return number;
}

/** Verb, what it does, and when one would use it. */
export const operatorVerbs = [
  ['drain', 'leave a worker out of new answers; it serves whoever still comes', 'before w2 is stopped'],
  ['enable', 'put a worker back into the answers, as long as its probes pass', 'after `drain` or `disable`'],
  ['disable', 'leave a worker out of new answers, and do not probe it', 'while w2 is being repaired'],
] as const;

export const purgeFlags = {
  tag: { type: 'string', describe: 'instead: all with this tag in Surrogate-Key or Cache-Tag' },
  prefix: { type: 'string', describe: 'instead: all whose URL begins so' },
  soft: { type: 'boolean', default: false, describe: 'make them stale, and keep them for as long as a stale one may be used' },
} as const;
