/**
 * What a rule is: a name, a sentence, and a function from sources to what breaks it.
 */
import { lineOf, type Source } from './source.js';
import type ts from 'typescript';

export interface Violation {
  readonly path: string;
  readonly line: number;
  /** What is wrong and what to do. */
  readonly text: string;
  /** What an exception would have to name. */
  readonly what: string;
}

export interface Rule {
  readonly name: string;
  readonly check: (sources: readonly Source[]) => Violation[];
}

/** Tests obey fewer rules. */
export const inHouse = ({ path }: Source): boolean => /^(?:src|bench)\//.test(path);

export function at({ path, tree }: Source, node: ts.Node, text: string, what = ''): Violation {
  return { path, line: lineOf(tree, node), text, what };
}
