/**
 * Loading what people write: defaults < file < command line, checked as a whole. Either everything is right, or one error
 * tells all that is wrong, a line each, with key and line or with the flag, so that nobody mends a file one complaint at a
 * time. What kind of document it is, a configuration or a scenario, comes as data.
 *
 * Lists are replaced and not merged. A section without content (`dns:` with everything below it commented out) means its
 * defaults.
 */
import { dirname, resolve } from 'node:path';
import { formatPath, mappingOf, outlineOf, propertyOf, valueAt, type OutlineNode, type Path, type Schema } from './outline.js';
import { problemsOf, type Problem } from './problems.js';
import { parseSource, readSource, type Source, type SourceProblem } from './source.js';

/** @returns whether somebody wrote the key; what is wrong with a default is told of the key that somebody wrote. */
export type IsGiven = (path: Path) => boolean;

export interface DocumentKind<Value, Finished> {
  /** Begins each complaint about the file: `config`. */
  readonly word: string;
  /** For people: `configuration`. */
  readonly noun: string;
  /** A name that such a file may have. */
  readonly example: string;
  readonly schema: Schema<Value>;
  /** What the schema cannot see: values that are right alone and wrong together. */
  findConflicts(value: Value, isGiven: IsGiven): readonly Problem[];
  /**
   * What needs the disk, and is done only when schema and conflicts leave something to work on.
   *
   * @param baseOf the directory that the path at this key is relative to: the file's, or the working directory for what the
   *   command line gave
   */
  finish(value: Value, baseOf: (key: Path) => string): { readonly value: Finished; readonly problems: readonly Problem[] };
}

export interface Overrides {
  /** What the command line gives, nested as in the file. */
  readonly overrides?: object | undefined;
  /** Which flag gave a key (`dns.ttl` → `--ttl`), for error messages. */
  readonly flagOf?: ReadonlyMap<string, string> | undefined;
}

/** A file that was read, to be checked with one set of overrides or with many. */
export interface OpenDocument<Finished> {
  /** As in the file, unchecked. */
  readonly written: unknown;
  /** What paths in the file are relative to: its directory, or the working directory when there is none. */
  readonly baseDirectory: string;
  /** @throws ConfigError */
  check(overrides?: Overrides): Finished;
}

/** All that is wrong, one line each: `config: dns.port: expected …, got … (roundhouse.yaml:12)`, or `--dns-port: expected …`. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /** @param fromFlags whether all of it was typed on the command line, so that the file, if any, is right. */
  constructor(
    message: string,
    readonly fromFlags: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const problemsMax = 50;

/** @param file without one: all defaults. @throws ConfigError when it cannot be read or is no YAML */
export function openDocument<Value, Finished>(kind: DocumentKind<Value, Finished>, file: string | undefined): OpenDocument<Finished> {
  const source = file === undefined ? undefined : openSource(file, kind);
  const baseDirectory = file === undefined ? process.cwd() : dirname(resolve(file));
  return { written: source?.value ?? {}, baseDirectory, check: (given = {}) => check(kind, { file, source, baseDirectory, ...given }) };
}

interface Context extends Overrides {
  readonly file: string | undefined;
  readonly source: Source | undefined;
  readonly baseDirectory: string;
}

function check<Value, Finished>(kind: DocumentKind<Value, Finished>, context: Context): Finished {
  const { file, source, baseDirectory, overrides = {} } = context;
  const input = withoutEmptySections(merge(source?.value ?? {}, overrides), outlineOf(kind.schema));
  const baseOf = (key: Path): string => (valueAt(overrides, key).value === undefined ? baseDirectory : process.cwd());
  const verdict = validate(kind, input);
  const finished = verdict.value === undefined ? undefined : kind.finish(verdict.value, baseOf);
  const complaints = [
    ...(source?.problems ?? []).map((problem) => broken(kind.word, file, problem)),
    ...[...verdict.problems, ...(finished?.problems ?? [])].map((problem) => complaint(kind.word, problem, context)),
  ];
  if (finished === undefined || complaints.length > 0) throw errorOf(kind.word, complaints);
  return finished.value;
}

type Names = Pick<DocumentKind<never, never>, 'word' | 'noun' | 'example'>;

function openSource(file: string, names: Names): Source {
  const { word } = names;
  let text: string;
  try {
    text = readSource(file, names);
  } catch (error) {
    throw new ConfigError(`${word}: ${file}: ${error instanceof Error ? error.message : String(error)}`, false, { cause: error });
  }
  const source = parseSource(text);
  if (!source.usable) throw errorOf(word, source.problems.map((problem) => broken(word, file, problem)));
  return source;
}

interface Complaint {
  readonly fromFlags: boolean;
  /** Finding the line of a problem walks the file, so it is done only for those that are told. */
  tell(): string;
}

const broken = (word: string, file: string | undefined, { text, line }: SourceProblem): Complaint => ({
  fromFlags: false,
  tell: () => `${word}: ${text} (${file}:${line})`,
});

function complaint(word: string, { path, text }: Problem, context: Context): Complaint {
  const { file, source, flagOf } = context;
  const key = formatPath(path);
  const named = key === '' ? text : `${key}: ${text}`;
  const author = authorOf(path, context);
  if (author === 'file') return { fromFlags: false, tell: () => `${word}: ${named} (${file}:${source?.lineOf(path) ?? 1})` };
  if (author === 'nobody') return { fromFlags: file === undefined, tell: () => `${word}: ${named}` };
  const flag = flagFor(path, flagOf);
  const sentence = flag === undefined ? `${word}: ${named} (command line)` : `${flag.name}: ${flag.key === key ? text : named}`;
  return { fromFlags: true, tell: () => sentence };
}

function errorOf(word: string, complaints: readonly Complaint[]): ConfigError {
  const more = complaints.length - problemsMax;
  const lines = [...complaints.slice(0, problemsMax).map(({ tell }) => tell()), ...(more > 0 ? [`${word}: … and ${more} more`] : [])];
  return new ConfigError(lines.join('\n'), complaints.every(({ fromFlags }) => fromFlags));
}

interface Verdict<Value> {
  /** Present when the schema accepts the input, though conflicts may remain. */
  readonly value: Value | undefined;
  readonly problems: readonly Problem[];
}

function validate<Value>({ schema, findConflicts }: DocumentKind<Value, unknown>, input: unknown): Verdict<Value> {
  const isGiven = (path: Path): boolean => valueAt(input, path).found;
  const parsed = schema.safeParse(input);
  if (parsed.success) return { value: parsed.data, problems: findConflicts(parsed.data, isGiven) };
  const problems = problemsOf(parsed.error.issues, input, outlineOf(schema));
  // Conflicts among the good keys are worth telling at the same time, so look for them with defaults in the place of the bad ones.
  const mended = schema.safeParse(without(input, new Set(problems.map(({ path }) => formatPath(path)))));
  if (!mended.success) return { value: undefined, problems };
  const touches = (path: Path): boolean => problems.some((problem) => related(problem.path, path));
  const conflicts = findConflicts(mended.data, isGiven).filter(({ path, about = [] }) => ![path, ...about].some(touches));
  return { value: undefined, problems: [...problems, ...conflicts] };
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
  const mapping = mappingOf(node) ?? node;
  if (!isMapping(value) || (mapping.properties ?? mapping.additionalProperties) === undefined) return value;
  const kept = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    const child = propertyOf(mapping, key) ?? {};
    if (inner !== null || child.type !== 'object') return [[key, withoutEmptySections(inner, child)]];
    return mapping.properties === undefined ? [[key, {}]] : []; // the user's own key says something by being there
  });
  return Object.fromEntries(kept);
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
 * Who wrote what is wrong; nobody, if it is a default. What is missing was left out by who wrote what it is missing from.
 * A list on the command line takes the place of the file's, so all in it is the command line's.
 */
function authorOf(path: Path, { file, source, overrides }: Context): 'file' | 'command line' | 'nobody' {
  const around = path.map((_, place) => path.slice(0, path.length - place));
  const given = around.map((part) => valueAt(overrides, part).value).filter((value) => value !== undefined);
  if (given.some((value) => !isMapping(value))) return 'command line';
  if (file !== undefined && (path.length === 0 || around.some((part) => valueAt(source?.value, part).found))) return 'file';
  return given.length > 0 ? 'command line' : 'nobody';
}

function flagFor(path: Path, flagOf: ReadonlyMap<string, string> = new Map()): { readonly name: string; readonly key: string } | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const key = formatPath(path.slice(0, length));
    const name = flagOf.get(key);
    if (name !== undefined) return { name, key };
  }
  return undefined;
}
