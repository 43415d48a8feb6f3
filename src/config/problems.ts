/**
 * From what zod reports to what a person can act on: one sentence per wrong value, in the words of the outline.
 *
 * zod says which of its checks failed; a person wants to know what the key expects, whichever check it was. So all but
 * unknown keys come out as "expected …, got …", once per path, and unions say what their fitting branch found wrong.
 */
import { expectation, formatPath, mappingOf, nodeAt, valueAt, type OutlineNode, type Path } from './outline.js';
import type { SchemaIssue } from './kinds.js';

export interface Problem {
  readonly path: Path;
  /** Other keys that have to do with it. */
  readonly about?: readonly Path[];
  /** What is wrong and what was expected, without path and place. */
  readonly text: string;
}

/** A file of the largest size has room for 170,000 unknown keys; nobody reads so many suggestions. */
const suggestionsMax = 100;

/** @param input what was checked, to quote from. @param root the outline it was checked against */
export function problemsOf(issues: readonly SchemaIssue[], input: unknown, root: OutlineNode): Problem[] {
  const byPath = new Map<string, Problem>();
  for (const problem of issues.flatMap((issue) => explain(issue, [], input, root))) {
    const key = formatPath(problem.path);
    if (!byPath.has(key)) byPath.set(key, problem);
  }
  return [...byPath.values()];
}

function explain(issue: SchemaIssue, base: Path, input: unknown, root: OutlineNode): Problem[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key, place) => ({ path: [...path, key], text: place < suggestionsMax ? unknownKey(path, key, root) : 'unknown key' }));
  }
  if (issue.code === 'invalid_union') {
    const fitting = issue.errors.find((branch) => branch.length > 0 && branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'));
    if (fitting !== undefined) return fitting.flatMap((inner) => explain(inner, path, input, root));
  }
  if (issue.code === 'invalid_key') {
    const names = nodeAt(root, path.slice(0, -1))?.propertyNames ?? {};
    return [{ path, text: `expected ${expectation(names)}, as the key, got ${shown(path.at(-1))}` }];
  }
  const node = nodeAt(root, path);
  return [{ path, text: `expected ${node === undefined ? 'something else' : expectation(node)}, got ${shown(valueAt(input, path).value)}` }];
}

function unknownKey(path: Path, key: string, root: OutlineNode): string {
  const keys = Object.keys(mappingOf(nodeAt(root, path) ?? root)?.properties ?? {});
  const close = nearest(key, keys);
  if (close !== undefined) return `unknown key; did you mean ${close}?`;
  const home = sectionsWith(key, root);
  if (home.length === 1) return `unknown key here; did you mean ${home[0]}?`;
  return `unknown key; expected one of ${keys.join(', ')}`;
}

/** Where the key would be right, when only its place is wrong: `negativeTtlS` at the top is meant for `dns`. */
function sectionsWith(key: string, root: OutlineNode): string[] {
  const top = Object.entries(root.properties ?? {});
  const homes = top.filter(([, { properties = {} }]) => Object.hasOwn(properties, key));
  return homes.map(([section]) => `${section}.${key}`);
}

const shownMax = 60;

/** The value as the message quotes it: short, on one line, without passwords. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return String(value);
  const text = JSON.stringify(value.replace(/\/\/[^/@]*@/g, '//…@'));
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…"`;
}

/** The candidate that is a slip of the finger away from `word`, if there is one. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > 40) return undefined;
  const ranked = candidates.map((candidate) => ({ candidate, distance: distanceOf(word.toLowerCase(), candidate.toLowerCase()) }));
  const best = ranked.sort((a, b) => a.distance - b.distance)[0];
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** Edits (insert, delete, replace, swap of neighbours) between two short words: optimal string alignment. */
function distanceOf(a: string, b: string): number {
  let older: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const at = (from: readonly number[], k: number): number => from[k] ?? Infinity;
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(older, j - 2) + 1 : Infinity;
      row.push(Math.min(at(row, j - 1) + 1, at(above, j) + 1, at(above, j - 1) + same, swap));
    }
    [older, above] = [above, row];
  }
  return above[b.length] ?? Infinity;
}
