/**
 * How a schema becomes a reference: tables for people, JSON Schema for editors. Which schema it is comes as an argument.
 */
import { expectation, mappingOf, outlineOf, type OutlineNode, type Schema } from './outline.js';

/** JSON Schema, draft 2020-12, of what a person may write; made for completion and hover texts. */
export function jsonSchemaText(schema: Schema<unknown>, title: string): string {
  return `${JSON.stringify({ ...(portable(outlineOf(schema), title) as object), title }, undefined, 2)}\n`;
}

/** Without our own keyword, with titles, and without the range that only says "a safe integer" in the export. */
function portable(value: unknown, title?: string): unknown {
  if (Array.isArray(value)) return value.map((entry) => portable(entry));
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'expects' || (key === 'maximum' && inner === Number.MAX_SAFE_INTEGER)) return [];
    if (key === 'properties') return [[key, titled(inner as object)]]; // that keyword is always a mapping
    return [[key, key === 'default' ? inner : portable(inner)]];
  });
  return { ...(title === undefined ? {} : { title }), ...(Object.fromEntries(copy) as object) };
}

function titled(properties: object): object {
  return Object.fromEntries(Object.entries(properties).map(([key, node]) => [key, portable(node, key)]));
}

/** A section with a table for the top level and, depth first, one for each mapping below. */
export function referenceSections(schema: Schema<unknown>): string[] {
  return sections('', outlineOf(schema), 'Top level');
}

function sections(path: string, node: OutlineNode, title: string): string[] {
  const properties = Object.entries(node.properties ?? {});
  const rows = properties.map(([key, child]) => row(key, child, node.required?.includes(key) ?? false, path));
  const table = ['| key | expects | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const lead = node.description === undefined ? '' : `${node.description}\n\n`;
  return [`## ${title}\n\n${lead}${table}\n`, ...properties.flatMap(([key, child]) => inner(path === '' ? key : `${path}.${key}`, child))];
}

function inner(path: string, node: OutlineNode): string[] {
  if (isSection(node)) return sections(path, node, `\`${path}\``);
  const { items, additionalProperties } = node;
  if (typeof additionalProperties === 'object' && isSection(additionalProperties)) return sections(`${path}.NAME`, additionalProperties, `\`${path}.NAME\`, each entry`);
  if (items?.oneOf !== undefined) return items.oneOf.flatMap((kind) => sections(`${path}[]`, kind, `\`${path}[]\`, ${constantsOf(kind)}`));
  const entry = items === undefined ? undefined : mappingOf(items);
  return entry === undefined ? [] : sections(`${path}[]`, entry, `\`${path}[]\`, each entry`);
}

/** A mapping whose keys are the user's own has no table. */
const isSection = ({ type, properties }: OutlineNode): boolean => type === 'object' && properties !== undefined;

function constantsOf({ properties = {} }: OutlineNode): string {
  return Object.entries(properties)
    .flatMap(([key, node]) => (node.const === undefined ? [] : [`${key} \`${node.const}\``]))
    .join(', ');
}

function row(key: string, node: OutlineNode, required: boolean, path: string): string {
  const below = isSection(node);
  const entry = node.items === undefined ? '' : `: ${expectation(node.items)}`;
  const standard = required ? 'required' : below ? 'see below' : shownDefault(node.default);
  const full = path === '' ? key : `${path}.${key}`;
  return `| ${cell(below ? `[\`${key}\`](#${anchor(full)})` : `\`${key}\``)} | ${cell(expectation(node) + entry)} | ${cell(standard)} | ${cell(node.description ?? '')} |`;
}

function shownDefault(value: unknown): string {
  if (value === undefined || value === '') return '–';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

/** As GitHub makes them: lower case, punctuation dropped. */
const anchor = (path: string): string => path.toLowerCase().replace(/[^a-z0-9]/g, '');

const cell = (text: string): string => text.replace(/\|/g, '\\|');
