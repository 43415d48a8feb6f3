/**
 * Expectations: what a person is ready to assert of the results, `maxOverMean(round-robin) < 0.8 * maxOverMean(static-list)`.
 *
 *     comparison = sum ( "<" | "<=" | ">" | ">=" ) sum
 *     sum        = product { ( "+" | "-" ) product }
 *     product    = factor { ( "*" | "/" ) factor }
 *     factor     = NUMBER [ "%" ] | "-" factor | "(" sum ")" | NAME "(" arguments ")"
 *
 * `abs(x)`, `min(x, y)` and `max(x, y)` take sums. Every other NAME is a measure, and its arguments are names as they stand: of
 * a contender, and where the measure asks for it, of a worker. They may hold anything but brackets and commas.
 */
import { ServiceError } from '../../src/service.js';

/** The value of a measure of a contender, and perhaps a worker. */
export type Lookup = (measure: string, names: readonly string[]) => number;

export interface Expectation {
  readonly text: string;
  /** All that it asks for, so that a wrong name is told before hours of measuring. */
  readonly asks: readonly { readonly measure: string; readonly names: readonly string[] }[];
  holds(lookup: Lookup): boolean;
  /** Both sides, for people who want to know how near it was. */
  sides(lookup: Lookup): readonly [left: number, right: number];
}

type Term = (lookup: Lookup) => number;

type Compare = (left: number, right: number) => boolean;

const comparisons: Readonly<Record<string, Compare>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

interface Called {
  readonly arity: number;
  readonly of: (...values: number[]) => number;
}

const functions: ReadonlyMap<string, Called> = new Map(Object.entries({
  abs: { arity: 1, of: Math.abs },
  min: { arity: 2, of: Math.min },
  max: { arity: 2, of: Math.max },
}));

const expressionMax = 1000;

/** @throws ServiceError that says where the text is no expectation. */
export function parseExpectation(text: string): Expectation {
  if (text.length > expressionMax) throw new ServiceError(`--expect: expected at most ${expressionMax} characters, got ${text.length}`);
  const cursor: Cursor = { text, at: 0, depth: 0, asks: [] };
  const left = sum(cursor);
  const compare = comparisons[must(cursor, /[<>]=?/y, 'a comparison: <, <=, > or >=')] as Compare; // the pattern has all four
  const right = sum(cursor);
  must(cursor, /$/y, 'the end');
  return {
    text,
    asks: cursor.asks,
    holds: (lookup) => compare(left(lookup), right(lookup)),
    sides: (lookup) => [left(lookup), right(lookup)],
  };
}

/** How far the text has been read. */
interface Cursor {
  readonly text: string;
  readonly asks: { readonly measure: string; readonly names: readonly string[] }[];
  at: number;
  depth: number;
}

/** Brackets within brackets: deeper is a slip, and would be a stack overflow at last. */
const depthMax = 50;

function fail({ text, at }: Cursor, expected: string): never {
  const found = at >= text.length ? 'the end' : JSON.stringify(text.slice(at, at + 20));
  throw new ServiceError(`--expect ${JSON.stringify(text)}: expected ${expected}, got ${found} (character ${at + 1})`);
}

/** Skips blanks, and takes what the sticky pattern matches there. */
function take(cursor: Cursor, pattern: RegExp): string | undefined {
  while (cursor.text[cursor.at] === ' ') cursor.at += 1;
  pattern.lastIndex = cursor.at;
  const [found] = pattern.exec(cursor.text) ?? [];
  if (found !== undefined) cursor.at += found.length;
  return found;
}

const must = (cursor: Cursor, pattern: RegExp, expected: string): string => take(cursor, pattern) ?? fail(cursor, expected);

function sum(cursor: Cursor): Term {
  let term = product(cursor);
  for (let sign = take(cursor, /[+-]/y); sign !== undefined; sign = take(cursor, /[+-]/y)) {
    const [left, right, factor] = [term, product(cursor), sign === '+' ? 1 : -1];
    term = (lookup) => left(lookup) + factor * right(lookup);
  }
  return term;
}

function product(cursor: Cursor): Term {
  let term = factor(cursor);
  for (let sign = take(cursor, /[*/]/y); sign !== undefined; sign = take(cursor, /[*/]/y)) {
    const [left, right, times] = [term, factor(cursor), sign === '*'];
    term = (lookup) => (times ? left(lookup) * right(lookup) : left(lookup) / right(lookup));
  }
  return term;
}

function factor(cursor: Cursor): Term {
  cursor.depth += 1;
  if (cursor.depth > depthMax) fail(cursor, `at most ${depthMax} brackets and signs within each other`);
  const term = number(cursor) ?? negative(cursor) ?? bracketed(cursor) ?? named(cursor);
  cursor.depth -= 1;
  return term;
}

function number(cursor: Cursor): Term | undefined {
  const digits = take(cursor, /\d+(?:\.\d+)?/y);
  if (digits === undefined) return undefined;
  const value = Number(digits) / (take(cursor, /%/y) === undefined ? 1 : 100);
  return () => value;
}

function negative(cursor: Cursor): Term | undefined {
  if (take(cursor, /-/y) === undefined) return undefined;
  const term = factor(cursor);
  return (lookup) => -term(lookup);
}

function bracketed(cursor: Cursor): Term | undefined {
  if (take(cursor, /\(/y) === undefined) return undefined;
  const term = sum(cursor);
  must(cursor, /\)/y, 'a closing bracket');
  return term;
}

function named(cursor: Cursor): Term {
  const name = must(cursor, /[A-Za-z]\w*/y, 'a number, a bracket or a measure such as maxOverMean(round-robin)');
  must(cursor, /\(/y, `an opening bracket behind ${name}`);
  const called = functions.get(name);
  const term = called === undefined ? measured(cursor, name) : applied(cursor, called);
  must(cursor, /\)/y, 'a closing bracket');
  return term;
}

function measured(cursor: Cursor, measure: string): Term {
  const listed = must(cursor, /[^(),]+(?:,[^(),]+)*/y, `a contender such as ${measure}(round-robin)`);
  const names = listed.split(',').map((name) => name.trim());
  cursor.asks.push({ measure, names });
  return (lookup) => lookup(measure, names);
}

function applied(cursor: Cursor, { arity, of }: Called): Term {
  const terms = [sum(cursor)];
  while (terms.length < arity) {
    must(cursor, /,/y, 'a comma and a second value');
    terms.push(sum(cursor));
  }
  return (lookup) => of(...terms.map((term) => term(lookup)));
}
