/**
 * Reads Prometheus's text format (version 0.0.4) back into samples, for `status` and for the benchmarks.
 *
 * It takes any page that follows the format and refuses all others, with the line; sizes are bounded. Comments, HELP and
 * TYPE are skipped: who asks for a sample knows what it is.
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const pageCharactersMax = 16_777_216;
const samplesMax = 200_000;

const lineCharactersMax = 65_536;

// Sticky, one after the other, so that no line can make them go back and forth over it.
const namePattern = /[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*/y;
const labelPattern = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,?)/y;
const bracePattern = /[ \t]*\}/y;
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const specialValues: ReadonlyMap<string, number> = new Map([
  ['nan', NaN],
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
]);

/** @throws RangeError for what is not the format, naming the line, or for more than anybody exposes. */
export function parseExposition(text: string): Sample[] {
  if (text.length > pageCharactersMax) throw new RangeError(`metrics: the page has ${text.length} characters; at most ${pageCharactersMax} are read`);
  const samples: Sample[] = [];
  let number = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end);
    start = end + 1;
    number += 1;
    if (/^[ \t]*(?:#|$)/.test(line)) continue;
    if (samples.length === samplesMax) throw new RangeError(`metrics: more than ${samplesMax} samples on one page`);
    samples.push(parseLine(line, number));
  }
  return samples;
}

function parseLine(line: string, number: number): Sample {
  const sample = line.length > lineCharactersMax ? undefined : sampleIn(line);
  if (sample === undefined) throw new RangeError(`metrics: line ${number} is no sample: ${JSON.stringify(line.slice(0, 100))}`);
  return sample;
}

function sampleIn(line: string): Sample | undefined {
  const name = match(namePattern, line, 0);
  if (name === undefined) return undefined;
  const braced = line[name.end] === '{' ? parseLabels(line, name.end + 1) : { labels: {}, end: name.end };
  if (braced === undefined) return undefined;
  const [text = '', timestampMs = '0', ...more] = line.slice(braced.end).trim().split(/[ \t]+/);
  const value = parseValue(text);
  if (value === undefined || !/^-?\d{1,19}$/.test(timestampMs) || more.length > 0) return undefined;
  return { name: name.groups[0] ?? '', labels: braced.labels, value };
}

/** What a sticky pattern finds at `at`, and where that ends. */
function match(pattern: RegExp, text: string, at: number): { readonly groups: readonly string[]; readonly end: number } | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found === null ? undefined : { groups: found.slice(1), end: pattern.lastIndex };
}

function parseValue(text: string): number | undefined {
  const special = specialValues.get(text.toLowerCase());
  if (special !== undefined) return special;
  return numberPattern.test(text) ? Number(text) : undefined;
}

/** `a="x",b="y"}` from `start` on, a comma at the end allowed. Undefined when it is anything else, or a label stands twice. */
function parseLabels(line: string, start: number): { readonly labels: Sample['labels']; readonly end: number } | undefined {
  const labels = new Map<string, string>();
  let at = start;
  for (let comma = ','; comma === ','; ) {
    const found = match(labelPattern, line, at);
    if (found === undefined) break;
    const [name = '', value = ''] = found.groups;
    if (labels.has(name)) return undefined;
    labels.set(name, unescape(value));
    comma = found.groups[2] ?? '';
    at = found.end;
  }
  const brace = match(bracePattern, line, at);
  return brace === undefined ? undefined : { labels: Object.fromEntries(labels), end: brace.end };
}

/** `\\`, `\"` and `\n`; a backslash before anything else stands for itself. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
