/**
 * Rules about who imports whom.
 */
import { isBuiltin } from 'node:module';
import { entries } from './exceptions.js';
import { rankOf, roomOf } from './ranks.js';
import { inHouse, type Rule, type Violation } from './rule.js';
import type { Import, Source } from './source.js';

const dependencies = ({ imports }: Source): readonly Import[] => imports.filter(({ byUrl }) => !byUrl);

/** Each room has a rank. */
const rooms: Rule = {
  name: 'rooms',
  check(sources) {
    const unranked = new Map<string, Violation>();
    for (const { path } of sources.filter(inHouse)) {
      const room = roomOf(path);
      if (room === undefined || rankOf(room) !== undefined || unranked.has(room)) continue;
      const text = `the room ${room} has no rank: give it one in test/house/ranks.ts and ARCHITECTURE.md`;
      unranked.set(room, { path, line: 1, text, what: room });
    }
    return [...unranked.values()];
  },
};

/** Imports point to lower ranks, or stay in the room. */
const importRanks: Rule = {
  name: 'ranks',
  check: (sources) => sources.filter(inHouse).flatMap((source) => dependencies(source).flatMap((used) => wrongRank(source, used))),
};

function wrongRank({ path }: Source, { target, specifier, line }: Import): Violation[] {
  const from = roomOf(path);
  if (target === undefined || from === undefined) return [];
  const to = roomOf(target);
  if (to === undefined) return [{ path, line, text: `${specifier} is outside the house`, what: specifier }];
  const [rankFrom, rankTo] = [rankOf(from), rankOf(to)];
  if (from === to || rankFrom === undefined || rankTo === undefined || rankTo < rankFrom) return [];
  return [{ path, line, text: `${from} (rank ${rankFrom}) must not import ${to} (rank ${rankTo})`, what: to }];
}

/** No file depends on itself, by whatever way round. */
const cycles: Rule = {
  name: 'cycles',
  check(sources) {
    const byPath = new Map(sources.filter(inHouse).map((source) => [source.path, source]));
    const done = new Set<string>();
    const found: Violation[] = [];
    const walk = (path: string, way: readonly string[]): void => {
      const source = byPath.get(path);
      for (const { target, line } of source === undefined ? [] : dependencies(source)) {
        if (target === undefined || done.has(target)) continue;
        const round = [...way, path];
        const start = round.indexOf(target);
        if (start >= 0) found.push({ path, line, text: `imports go round: ${[...round.slice(start), target].join(' → ')}`, what: target });
        else walk(target, round);
      }
      done.add(path);
    };
    for (const path of byPath.keys()) if (!done.has(path)) walk(path, []);
    return found;
  },
};

/** A third-party package has one importer, which is the place to look when it changes or goes. Benches measure packages, too. */
const packages: Rule = {
  name: 'packages',
  check(sources) {
    const importers = new Map<string, Violation[]>();
    const found: Violation[] = [];
    for (const { path, imports } of sources.filter(inHouse).filter(({ path: file }) => !file.startsWith('bench/'))) {
      const seen = new Set<string>();
      for (const { specifier, target, line } of imports) {
        if (target !== undefined || specifier.startsWith('node:')) continue;
        const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
        if (isBuiltin(name)) found.push({ path, line, text: `write node:${specifier}`, what: name });
        else if (!seen.has(name)) importers.set(name, [...(importers.get(name) ?? []), { path, line, text: '', what: name }]);
        seen.add(name);
      }
    }
    for (const [name, files] of importers) {
      const text = `${name} is imported by ${files.map(({ path }) => path).join(', ')}; one of them should own it`;
      const what = files.length > 2 ? 'more than any exception allows' : name;
      if (files.length > 1) found.push(...files.map((file) => ({ ...file, text, what })));
    }
    return found;
  },
};

/** Everything in the house is used by something in the house, or is an entry. */
const deadFiles: Rule = {
  name: 'dead-files',
  check(sources) {
    const own = sources.filter(inHouse);
    const used = new Set(own.flatMap(({ path, imports }) => imports.map(({ target }) => target).filter((target) => target !== path)));
    const text = 'nothing imports this file: use it, delete it, or make it an entry in test/house/exceptions.ts';
    return own.filter(({ path }) => !used.has(path) && !entries.includes(path)).map(({ path }) => ({ path, line: 1, text, what: path }));
  },
};

export const graphRules: readonly Rule[] = [rooms, importRanks, cycles, packages, deadFiles];
