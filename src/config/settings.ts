/**
 * Single keys given on the command line, `clients.kinds[0].choice=shuffle`: what they mean, and how they go over a file.
 *
 * Loading replaces lists as a whole. A setting that reaches into one is completed with the rest of the list, from the file
 * or else from the defaults.
 */
import { formatPath, valueAt, type Path } from './outline.js';

export interface Setting {
  readonly path: Path;
  readonly value: unknown;
  /** What was typed, for error messages: `--policy`, `--set clients.count=5`. */
  readonly flag: string;
}

/** `workers.capacities[0]` → its steps; undefined for what is no key. */
export function parseKey(key: string): Path | undefined {
  if (!/^[A-Za-z]\w*(\[\d{1,6}\])*(\.[A-Za-z]\w*(\[\d{1,6}\])*)*$/.test(key)) return undefined;
  return [...key.matchAll(/([A-Za-z]\w*)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
}

/** What a value on the command line means: JSON where it is such, otherwise text. */
export function plainValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * @param written the file's content
 * @param defaults what stands in for lists that the file does not have
 * @returns overrides for loading, and which flag gave which key
 */
export function overridesOf(settings: readonly Setting[], written: unknown, defaults: unknown) {
  const flagOf = new Map(settings.map(({ path, flag }) => [formatPath(path), flag]));
  let overrides: unknown = {};
  for (const { path, value } of settings) overrides = placed(overrides, path, value, [written, defaults]);
  return { overrides: overrides as object, flagOf }; // `placed` makes an object of one, and a path begins with a name
}

/** A copy of `target` with `value` at `path`. @param under what the same place holds elsewhere, the more important first */
function placed(target: unknown, path: Path, value: unknown, under: readonly unknown[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const below = under.map((base) => valueAt(base, [step]).value);
  if (typeof step === 'number') {
    const list = [target, ...under].find(Array.isArray) as readonly unknown[] | undefined; // what `isArray` found
    const copy = [...(list ?? [])];
    // Without a hole: an index beyond the end is told by the schema as an entry that is nothing.
    while (copy.length <= step) copy.push(undefined);
    copy[step] = placed(copy[step], rest, value, below);
    return copy;
  }
  const own = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  return { ...own, [step]: placed(valueAt(own, [step]).value, rest, value, below) };
}
