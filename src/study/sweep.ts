/**
 * Sweeps: keys of a scenario with the values each takes in turn. A study has a point for every combination, the last key
 * changing fastest, as a table reads.
 */
import { formatPath, type Path } from '../config/outline.js';
import { shown } from '../config/problems.js';
import { parseKey, type Setting } from '../config/settings.js';
import { ServiceError } from '../service.js';

export interface Sweep {
  readonly path: Path;
  readonly values: readonly unknown[];
  /** Who asked for it, for error messages: `--sweep authority.ttl`. */
  readonly flag: string;
}

export interface Point {
  readonly settings: readonly Setting[];
  /** What distinguishes it, by key. */
  readonly set: Readonly<Record<string, unknown>>;
}

export const pointsMax = 1000;

/** Without sweeps one point, which sets nothing. @throws ServiceError when there are too many */
export function pointsOf(sweeps: readonly Sweep[]): Point[] {
  const count = sweeps.reduce((product, { values }) => product * values.length, 1);
  if (count > pointsMax) throw new ServiceError(`sweep: expected at most ${pointsMax} combinations, got ${count}`);
  let points: readonly (readonly Setting[])[] = [[]];
  for (const { path, values, flag } of sweeps) {
    points = points.flatMap((settings) => values.map((value) => [...settings, { path, value, flag: `${flag}=${plain(value)}` }]));
  }
  return points.map((settings) => ({ settings, set: Object.fromEntries(settings.map(({ path, value }) => [formatPath(path), value])) }));
}

/** A value as it would be typed. */
export const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A scenario's own sweep, without the keys that the command line has decided. @throws ServiceError for what is no key */
export function ownSweeps(written: Readonly<Record<string, readonly unknown[]>>, decided: readonly Setting[]): Sweep[] {
  const taken = new Set(decided.map(({ path }) => formatPath(path)));
  return Object.entries(written).flatMap(([key, values]): Sweep[] => {
    const path = parseKey(key);
    if (path === undefined) throw new ServiceError(`scenario: sweep: expected keys such as authority.ttl, got ${shown(key)}`);
    return taken.has(formatPath(path)) ? [] : [{ path, values, flag: `sweep of the scenario: ${key}` }];
  });
}
