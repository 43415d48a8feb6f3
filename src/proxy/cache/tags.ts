/**
 * What a response is filed under besides its URL: the tags of its origin (`Surrogate-Key`, `Cache-Tag`), by which an operator purges,
 * and its cache groups (RFC 9875), by which its origin invalidates. Pure.
 */
import type { Fields } from '../fields.js';
import { listField } from './directives.js';

/** RFC 9875 §2.1 asks for at least 32 groups of 32 characters; what is beyond these bounds is not filed. */
const tagsMax = 128;
const tagCharactersMax = 1024;

/** An RFC 8941 List of Strings, each with parameters that say nothing to us; no such list at all: as if there were none (§4.2). */
const member = '"((?:[ !#-\\[\\]-~]|\\\\["\\\\])*)"(?:;[ ]*[a-z*][a-z0-9_.*-]*(?:=[^;,"]*|="(?:[^"\\\\]|\\\\.)*")?)*';
const memberText = new RegExp(member, 'g');
const listText = new RegExp(`^[ ]*${member.replace('"((', '"(?:(')}(?:[ \\t]*,[ \\t]*${member.replace('"((', '"(?:(')})*[ ]*$`);

/** Groups of one origin are not those of another. */
export const groupTag = (key: string, group: string): string => `${originOf(key)} ${group}`;

const originOf = (key: string): string => key.slice(0, key.indexOf('/', key.indexOf('//') + 2));

function groupsOf(fields: Fields, name: string): readonly string[] {
  const list = listField(fields, name);
  if (list === undefined || !listText.test(list)) return [];
  return [...list.matchAll(memberText)].map(([, group = '']) => group.replace(/\\(.)/g, '$1'));
}

/** @param key of the response */
export function tagsOf(key: string, fields: Fields): readonly string[] {
  const words = [listField(fields, 'surrogate-key')?.split(/[ \t,]+/), listField(fields, 'cache-tag')?.split(',')];
  const tags = words.flatMap((some) => some ?? []).map((tag) => tag.trim());
  const groups = groupsOf(fields, 'cache-groups').map((group) => groupTag(key, group));
  if (tags.length === 0 && groups.length === 0) return noTags;
  const kept = [...tags, ...groups].filter((tag) => tag !== '' && tag.length <= tagCharactersMax);
  return [...new Set(kept)].slice(0, tagsMax);
}

const noTags: readonly string[] = [];

/** RFC 9875 §3: the groups that an answer to an unsafe request invalidates. @param key of the request */
export const invalidatedGroups = (key: string, fields: Fields): readonly string[] =>
  groupsOf(fields, 'cache-group-invalidation').slice(0, tagsMax).map((group) => groupTag(key, group));
