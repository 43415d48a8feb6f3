/**
 * Loading: defaults < file < command line, checked as a whole. Either everything is right, or one error tells all that
 * is wrong, a line each, with key and place, so that nobody mends a file one complaint at a time.
 *
 * Lists are replaced and not merged. A section without content (`dns:` with everything below it commented out) means its
 * defaults.
 */
import { dirname, resolve } from 'node:path';
import { findConflicts } from './conflicts.js';
import { formatPath, mappingOf, outline, valueAt, type OutlineNode, type Path } from './outline.js';
import { problemsOf, type Problem } from './problems.js';
import { configSchema, type Config } from './schema.js';
import { parseSource, readSource, type Source } from './source.js';

export interface LoadOptions {
  /** Without one: all defaults. */
  readonly file?: string | undefined;
  /** What the command line gives, nested as in the file. */
  readonly overrides?: object | undefined;
  /** Which flag gave a key (`dns.ttl` → `--ttl`), for error messages. */
  readonly flagOf?: ReadonlyMap<string, string> | undefined;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly file: string | undefined;
  /** Paths in the configuration are relative to this: the file's directory, or the working directory. */
  readonly baseDirectory: string;
}

/** All that is wrong, one line each: `config: dns.port: expected …, got … (roundhouse.yaml:12)`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const problemsMax = 50;

/** @throws ConfigError */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const { file, overrides = {} } = options;
  const source = file === undefined ? undefined : openSource(file);
  const input = withoutEmptySections(merge(source?.value ?? {}, overrides), outline());
  const broken = (source?.problems ?? []).map(({ text, line }) => `config: ${text} (${file}:${line})`);
  const { config, problems } = validate(input);
  const complaints = [...broken.map((line) => () => line), ...problems.map((problem) => () => sentence(problem, source, options))];
  if (config === undefined || complaints.length > 0) throw new ConfigError(listed(complaints));
  return { config, file, baseDirectory: file === undefined ? process.cwd() : dirname(resolve(file)) };
}

function openSource(file: string): Source {
  let text: string;
  try {
    text = readSource(file);
  } catch (error) {
    throw new ConfigError(`config: ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const source = parseSource(text);
  if (!source.usable) throw new ConfigError(listed(source.problems.map(({ text: what, line }) => () => `config: ${what} (${file}:${line})`)));
  return source;
}

function sentence({ path, text }: Problem, source: Source | undefined, options: LoadOptions): string {
  return `config: ${path.length === 0 ? '' : `${formatPath(path)}: `}${text}${placeOf(path, source, options)}`;
}

/** Finding the place of a problem walks the file, so it is done only for those that are told. */
function listed(complaints: readonly (() => string)[]): string {
  const more = complaints.length - problemsMax;
  return [...complaints.slice(0, problemsMax).map((tell) => tell()), ...(more > 0 ? [`config: … and ${more} more`] : [])].join('\n');
}

interface Verdict {
  /** Present when the schema accepts the input, though conflicts may remain. */
  readonly config: Config | undefined;
  readonly problems: readonly Problem[];
}

function validate(input: unknown): Verdict {
  const isGiven = (path: Path): boolean => valueAt(input, path).found;
  const parsed = configSchema.safeParse(input);
  if (parsed.success) return { config: parsed.data, problems: findConflicts(parsed.data, isGiven) };
  const problems = problemsOf(parsed.error.issues, input);
  // Conflicts among the good keys are worth telling at the same time, so look for them with defaults in the place of the bad ones.
  const mended = configSchema.safeParse(without(input, new Set(problems.map(({ path }) => formatPath(path)))));
  if (!mended.success) return { config: undefined, problems };
  const touches = (path: Path): boolean => problems.some((problem) => related(problem.path, path));
  const conflicts = findConflicts(mended.data, isGiven).filter(({ path, about = [] }) => ![path, ...about].some(touches));
  return { config: undefined, problems: [...problems, ...conflicts] };
}

/** Is one of them the other, or inside it? */
const related = (a: Path, b: Path): boolean => a.slice(0, b.length).every((step, place) => step === b[place]);

type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What is no mapping in the file though it should be stays, to be complained about. `Object.fromEntries` makes own
 * properties, so a key `__proto__` in a file is an unknown key and nothing more.
 */
function merge(under: unknown, over: unknown): unknown {
  if (over === undefined) return under;
  if (under === undefined || under === null || !isMapping(over)) return over;
  if (!isMapping(under)) return under;
  const merged = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) merged.set(key, merge(merged.get(key), value));
  return Object.fromEntries(merged);
}

function withoutEmptySections(value: unknown, node: OutlineNode): unknown {
  const { properties } = mappingOf(node) ?? {};
  if (!isMapping(value) || properties === undefined) return value;
  const kept = Object.entries(value).filter(([key, inner]) => inner !== null || properties[key]?.type !== 'object');
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmptySections(inner, properties[key] ?? {})]));
}

/**
 * A copy without what stands at the paths; an entry of a list cannot be taken out without moving the others, so it stays.
 * It ends on a mapping that contains itself, too: that cannot be right at every level, and is not entered where it is wrong.
 */
function without(value: unknown, paths: ReadonlySet<string>, base: Path = []): unknown {
  const isWrong = (step: PropertyKey): boolean => paths.has(formatPath([...base, step]));
  if (Array.isArray(value)) return value.map((entry, place) => (isWrong(place) ? entry : without(entry, paths, [...base, place])));
  if (!isMapping(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !isWrong(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, without(inner, paths, [...base, key])]));
}

/**
 * ` (roundhouse.yaml:12)` or ` (--ttl)`, for who wrote it; empty for a default. What is missing stands at what it is
 * missing from. A list on the command line takes the place of the file's, so all in it is the command line's.
 */
function placeOf(path: Path, source: Source | undefined, { file, overrides, flagOf = new Map() }: LoadOptions): string {
  const around = path.map((_, place) => path.slice(0, path.length - place));
  const given = around.map((part) => valueAt(overrides, part).value).filter((value) => value !== undefined);
  if (given.some((value) => !isMapping(value))) return flagFor(path, flagOf);
  if (file !== undefined && (path.length === 0 || around.some((part) => valueAt(source?.value, part).found))) {
    return ` (${file}:${source?.lineOf(path) ?? 1})`;
  }
  return given.length > 0 ? flagFor(path, flagOf) : '';
}

function flagFor(path: Path, flagOf: ReadonlyMap<string, string>): string {
  for (let length = path.length; length > 0; length -= 1) {
    const flag = flagOf.get(formatPath(path.slice(0, length)));
    if (flag !== undefined) return ` (${flag})`;
  }
  return ' (command line)';
}
