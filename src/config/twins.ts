/**
 * Values that must be different from each other.
 */
import type { Path } from './outline.js';
import { shown, type Problem } from './problems.js';

export interface Entry {
  readonly path: Path;
  /** What must be unique. */
  readonly value: string;
  readonly shown: string;
}

/** A problem for each entry whose value an earlier one has. */
export function twins(entries: readonly Entry[]): Problem[] {
  const first = new Map<string, Entry>();
  return entries.flatMap((entry) => {
    const earlier = first.get(entry.value);
    first.set(entry.value, earlier ?? entry);
    if (earlier === undefined) return [];
    return [{ path: entry.path, about: [earlier.path], text: `expected one that no other has, got ${shown(entry.shown)} again` }];
  });
}
