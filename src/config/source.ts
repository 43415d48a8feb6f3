/**
 * A YAML file that a person wrote: bounded reading, YAML 1.2, and where each key stands.
 *
 * Keys given twice are found here and not by the parser, whose own check takes nine minutes for a mapping that fills the
 * largest file we read (measured: quadratic). Positions are looked up when a message needs one, not recorded.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { Path } from './outline.js';

export const fileBytesMax = 1_048_576;
/** How often a file may use its anchors in all; more is an attempt to fill memory. */
const aliasesMax = 100;

export interface SourceProblem {
  readonly text: string;
  readonly line: number;
}

export interface Source {
  /** What the file says; an empty mapping for an empty file. */
  readonly value: unknown;
  /** What is wrong with the YAML itself. `value` is usable if these are only keys given twice. */
  readonly problems: readonly SourceProblem[];
  readonly usable: boolean;
  /** Line of the key or entry at `path`, or of the nearest one around it; counted from 1. */
  lineOf(path: Path): number;
}

/** What a file of this kind is called, and might be named, in advice about it. */
export interface SourceNames {
  readonly noun: string;
  readonly example: string;
}

/** @throws Error with a text for a person. */
export function readSource(file: string, names: SourceNames): string {
  try {
    return decode(readBounded(file, names.noun));
  } catch (error) {
    // node:fs throws nothing else, and `decode` plain errors
    throw new Error(readAdvice(error as NodeJS.ErrnoException, names), { cause: error });
  }
}

/** Reads at most the limit whatever the size seems to be: the file may be a pipe. */
function readBounded(file: string, noun: string): Buffer {
  const buffer = Buffer.allocUnsafe(fileBytesMax + 1);
  const descriptor = openSync(file, 'r');
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
    }
    if (length > fileBytesMax) throw new Error(`the file is larger than ${fileBytesMax} bytes; is it a ${noun}?`);
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('the file is not UTF-8 text');
  }
}

function readAdvice(error: NodeJS.ErrnoException, { example }: SourceNames): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return `this is a directory; name a file in it, such as ${example}`;
    case 'EACCES':
      return 'reading the file is not permitted';
    default:
      return error.message;
  }
}

export function parseSource(text: string): Source {
  const lines = new LineCounter();
  const options = { lineCounter: lines, prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const;
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const document = attempt(() => parseDocument(text, options));
  if (document === undefined) return unusable([{ text: 'the file is nested too deeply', line: 1 }]);
  const flaws = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    text: code === 'MULTIPLE_DOCS' ? 'the file has several documents (---); keep one' : `not valid YAML: ${message}`,
    line: lineAt(pos[0]),
  }));
  if (flaws.length > 0) return unusable(flaws);
  const converted = attempt(() => ({ value: document.toJS({ maxAliasCount: aliasesMax }) as unknown }));
  if (converted === undefined) return unusable([{ text: `anchors are used more than ${aliasesMax} times, or nested too deeply`, line: 1 }]);
  return {
    value: converted.value ?? {},
    problems: duplicates(document.contents, lineAt),
    usable: true,
    lineOf: (path) => lineAt(offsetOf(document, path)),
  };
}

const unusable = (problems: readonly SourceProblem[]): Source => ({ value: {}, problems, usable: false, lineOf: () => 1 });

/** The library recurses and counts aliases; too much of either ends in one of these two errors. */
function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError || error instanceof ReferenceError) return undefined;
    throw error;
  }
}

/** A walk without recursion: a file may nest as deep as the parser lets it. */
function duplicates(root: Node | null, lineAt: (offset: number) => number): SourceProblem[] {
  const problems: SourceProblem[] = [];
  const waiting: { readonly node: unknown; readonly path: string }[] = [{ node: root, path: '' }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, path } = next;
    if (isSeq(node)) node.items.forEach((item, place) => waiting.push({ node: item, path: `${path}[${place}]` }));
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = keyText(key);
      const full = path === '' ? name : `${path}.${name}`;
      if (seen.has(name)) problems.push({ text: `${full}: the key is given twice; keep one`, line: lineAt(startOf(key) ?? 0) });
      seen.add(name);
      waiting.push({ node: value, path: full });
    }
  }
  return problems.sort((a, b) => a.line - b.line);
}

function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    let at: number | undefined;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => keyText(key) === String(step));
      at = startOf(pair?.key);
      node = pair?.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      at = startOf(node);
    } else {
      return offset;
    }
    if (at === undefined) return offset;
    offset = at;
  }
  return offset;
}

const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key);

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);
