/**
 * Cache-Control as it stands on the wire: names, arguments in both forms, and what is made of those that are no good.
 *
 * Recipients ought to accept an argument as a token and as a quoted string (RFC 9111 §5.2). Of a directive that comes twice the
 * first counts (§4.2.1); field names of several are taken together, as more of them forbid more. Unknown ones are ignored (§5.2.3).
 */
import type { Fields } from '../fields.js';
import { isNamed } from '../fields.js';

/** Lower-case names to arguments; `true` where there was none. */
export type Directives = ReadonlyMap<string, string | true>;

export const noDirectives: Directives = new Map();

/** Of delta-seconds: "consider the value to be 2147483648" when it is greater than can be represented (RFC 9111 §1.2.2). */
const deltaSecondsMax = 2_147_483_648;

/** All lines of a list field as one; undefined when there is none. `lowerName` in lower case. */
export function listField(fields: Fields, lowerName: string): string | undefined {
  let list: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    if (!isNamed(fields[i] as string, lowerName)) continue; // i < length, and the array is of pairs
    list = list === undefined ? fields[i + 1] : `${list}, ${fields[i + 1]}`;
  }
  return list;
}

const nameLists: ReadonlySet<string> = new Set(['private', 'no-cache']);

/** A name, then perhaps `=` and a quoted string or whatever stands up to the comma. What makes no sense before a name is skipped. */
const element = /[\t ,="]*([^\t ,="]+)[\t ]*(?:=[\t ]*(?:"((?:[^"\\]|\\.)*)"|([^,]*)))?[^,]*/gy;

export function parseDirectives(list: string | undefined): Directives {
  if (list === undefined || list === '') return noDirectives;
  const directives = new Map<string, string | true>();
  for (const [, name = '', quoted, plain] of list.matchAll(element)) {
    const lower = name.toLowerCase();
    const argument = quoted?.replace(/\\(.)/g, '$1') ?? plain?.trim() ?? true;
    const earlier = directives.get(lower);
    if (earlier === undefined) directives.set(lower, argument);
    else if (nameLists.has(lower)) directives.set(lower, earlier === true || argument === true ? true : `${earlier},${argument}`);
  }
  return directives;
}

/**
 * A targeted field (RFC 9213 §2.1), which is a Dictionary of RFC 8941 and is ignored as a whole where it is not.
 *
 * @returns undefined when there is none that counts: an empty one does not.
 */
export function parseTargeted(list: string | undefined): Directives | undefined {
  if (list === undefined || list.trim() === '' || !dictionary.test(list)) return undefined;
  const directives = new Map<string, string | true>();
  for (const [, name = '', value] of list.matchAll(member)) {
    if (countsSeconds(name) && !/^\d+$/.test(value ?? '')) return undefined; // §2.1: what is no Integer makes the field no good
    if (value === '?0') directives.delete(name);
    else directives.set(name, value === undefined || value === '?1' ? true : unquoted(value)); // the last one counts (RFC 8941 §4.2.2)
  }
  return directives;
}

const countsSeconds = (name: string): boolean =>
  ['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'].includes(name);

const bareItem = '-?\\d{1,15}(?:\\.\\d{1,3})?|"(?:[ !#-\\[\\]-~]|\\\\["\\\\])*"|[A-Za-z*][\\w!#$%&\'*+.^`|~:/-]*|\\?[01]|:[A-Za-z0-9+/=]*:';
const key = '[a-z*][a-z0-9_.*-]*';
const parameters = `(?:;[ ]*${key}(?:=(?:${bareItem}))?)*`;
const memberText = `(${key})(?:=(${bareItem}))?${parameters}`;
const dictionary = new RegExp(`^[ ]*${memberText.replaceAll(/\((?!\?)/g, '(?:')}(?:[ \\t]*,[ \\t]*${memberText.replaceAll(/\((?!\?)/g, '(?:')})*[ ]*$`);
const member = new RegExp(`[ \\t,]*${memberText}`, 'gy');

const unquoted = (value: string): string => (value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value);

/** @returns whole seconds; undefined when the directive is not there, NaN when its argument is none. */
export function deltaSeconds(directives: Directives, name: string): number | undefined {
  const argument = directives.get(name);
  if (argument === undefined) return undefined;
  if (argument === true || !/^\d+$/.test(argument)) return NaN;
  return Math.min(deltaSecondsMax, Number(argument));
}

/** Age (RFC 9111 §5.1): the first of several; what is no number is as good as none. */
export function ageSeconds(value: string | undefined): number {
  const first = value?.split(',', 1)[0]?.trim() ?? '';
  return /^\d+$/.test(first) ? Math.min(deltaSecondsMax, Number(first)) : 0;
}

/** Field names that `private` or `no-cache` names, in lower case: `all` without an argument, undefined without the directive. */
export function namedFields(directives: Directives, name: 'private' | 'no-cache'): 'all' | ReadonlySet<string> | undefined {
  const argument = directives.get(name);
  if (argument === undefined || argument === true) return argument === true ? 'all' : undefined;
  const names = argument.toLowerCase().split(',').map((field) => field.trim()).filter((field) => field !== '');
  return names.length === 0 ? 'all' : new Set(names);
}
