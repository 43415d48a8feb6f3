/**
 * What a response is filed under besides its URL: the tags of its origin (`Surrogate-Key`, `Cache-Tag`), by which an operator purges,
 * and its cache groups (RFC 9875), by which its origin invalidates. Pure.
 */
import type { Fields } from '../fields.js';
import { listField } from './directives.js';

/**
 * RFC 9875 §2.1 asks for at least 32 groups of 32 characters; what is beyond these bounds is not filed. Tags and groups have room each,
 * or many tags would leave none for the groups.
 */
const tagsMax = 128;
const tagCharactersMax = 1024;

/**
 * RFC 8941 §3.1, §3.1.2 and §3.3.3, each read from where the last one ended: the time is that of the length, whatever an origin sends.
 */
const stringText = /"((?:[ !#-\[\]-~]|\\["\\])*)"/y;
const parameterText = /;[ ]*[a-z*][a-z0-9_.*-]*(?:=(?:%?"(?:[ !#-\[\]-~]|\\["\\])*"|[^;,"\s]+))?/y;
const commaText = /[ \t]*,[ \t]*/y;

/** Groups of one origin are not those of another. */
export const groupTag = (key: string, group: string): string => `${originOf(key)} ${group}`;

const originOf = (key: string): string => key.slice(0, key.indexOf('/', key.indexOf('//') + 2));

function groupsOf(fields: Fields, name: string): readonly string[] {
  const list = listField(fields, name);
  return list === undefined ? [] : stringsOf(list.replace(/^ +/, '').trimEnd());
}

/** Of a List of Strings, whose parameters say nothing to us; of no such list at all: none (RFC 8941 §4.2). */
function stringsOf(list: string): readonly string[] {
  const strings: string[] = [];
  for (let at = 0; ; ) {
    const found = matchAt(stringText, list, at);
    if (found === null) return [];
    strings.push((found[1] ?? '').replace(/\\(.)/g, '$1'));
    at = stringText.lastIndex;
    while (matchAt(parameterText, list, at) !== null) at = parameterText.lastIndex;
    if (at === list.length) return strings;
    if (matchAt(commaText, list, at) === null) return [];
    at = commaText.lastIndex;
  }
}

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}

/** @param key of the response */
export function tagsOf(key: string, fields: Fields): readonly string[] {
  const words = [listField(fields, 'surrogate-key')?.split(/[ \t,]+/), listField(fields, 'cache-tag')?.split(',')];
  const tags = words.flatMap((some) => some ?? []).map((tag) => tag.trim());
  const groups = groupsOf(fields, 'cache-groups').map((group) => groupTag(key, group));
  if (tags.length === 0 && groups.length === 0) return noTags;
  return [...new Set([...bounded(tags), ...bounded(groups)])];
}

const noTags: readonly string[] = [];

const bounded = (tags: readonly string[]): readonly string[] =>
  [...new Set(tags)].filter((tag) => tag !== '' && tag.length <= tagCharactersMax).slice(0, tagsMax);

/** RFC 9875 §3: the groups that an answer to an unsafe request invalidates. @param key of the request */
export const invalidatedGroups = (key: string, fields: Fields): readonly string[] =>
  groupsOf(fields, 'cache-group-invalidation').slice(0, tagsMax).map((group) => groupTag(key, group));
