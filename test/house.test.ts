/**
 * The house rules, as a test: ranks, cycles, one importer per package, injected effects, sizes, dead files and the rest.
 * Each rule proves itself on planted violations before it may say that the house is clean.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { canaries } from './house/canaries.js';
import { exceptions } from './house/exceptions.js';
import { fileRules, machinePathsIn } from './house/file-rules.js';
import { graphRules } from './house/graph-rules.js';
import { rankOf, ranks, roomOf } from './house/ranks.js';
import type { Violation } from './house/rule.js';
import { createSource, listFiles, readSources } from './house/source.js';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const rules = [...graphRules, ...fileRules];
const sources = readSources(root, ['src', 'test', 'bench']);

const show = ({ path, line, text }: Violation): string => `${path}:${line} ${text}`;

describe.each(canaries)('the canary of $rule', ({ rule, files, found }) => {
  it('is caught where it sits, and nothing else is', () => {
    const planted = Object.entries(files).map(([path, text]) => createSource(path, text));
    const violations = rules.find(({ name }) => name === rule)?.check(planted) ?? [];
    expect(violations.map(({ path, line }) => `${path}:${line}`).toSorted()).toEqual(found.toSorted());
  });
});

it('every rule has its canary', () => {
  expect(canaries.map(({ rule }) => rule).toSorted()).toEqual(rules.map(({ name }) => name).toSorted());
});

describe.each(rules)('rule $name', ({ name, check }) => {
  const violations = check(sources);
  const allowed = exceptions[name] ?? [];

  it('is kept', () => {
    const bad = violations.filter(({ path, what }) => !allowed.some((exception) => exception.path === path && exception.what === what));
    expect(bad.map(show)).toEqual([]);
  });

  it('has no exception that nobody needs', () => {
    const stale = allowed.filter((exception) => !violations.some(({ path, what }) => exception.path === path && exception.what === what));
    expect(stale).toEqual([]);
  });
});

it('exceptions are made to rules that exist', () => {
  expect(rules.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(exceptions)));
});

it('each room is ranked once', () => {
  const rooms = ranks.flatMap(({ rooms: list }) => list);
  expect(new Set(rooms).size).toBe(rooms.length);
  expect([roomOf('src/pool/policies/fixed.ts'), roomOf('src/clock.ts'), roomOf('test/pool/a.ts')]).toEqual(['pool/', 'clock.ts', undefined]);
  expect(rooms.map(rankOf)).toEqual(ranks.flatMap(({ rank, rooms: list }) => list.map(() => rank)));
});

it('pages and scripts name no path of one machine either', () => {
  const top = ['package.json', 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
  const pages = [...top, ...listFiles(root, ['docs', '.ci', 'bench', 'test'], /\.(?:md|json|ya?ml|sh|mjs)$|^run$/)];
  const bad = pages.flatMap((path) => machinePathsIn(path, readIfThere(path)));
  expect(bad.map(show)).toEqual([]);
});

/** Not all pages need to be written for the house to stand. */
function readIfThere(path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return '';
  }
}
