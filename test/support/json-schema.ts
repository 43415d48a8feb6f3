/**
 * The part of JSON Schema that our own schemas use, as a check: what a value has that the schema does not allow.
 */
import type { SchemaNode } from '../../src/study/summary-schema.js';

const kinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  number: (value) => Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  null: (value) => value === null,
};

/** @returns a line for each violation; of alternatives, those of the one that fits best. */
export function violations(value: unknown, schema: SchemaNode, path = '$'): string[] {
  if (schema.anyOf !== undefined) {
    const branches = schema.anyOf.map((branch) => violations(value, branch, path));
    return branches.toSorted((a, b) => a.length - b.length)[0] ?? [];
  }
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.some((type) => kinds[type]?.(value) === true)) return [`${path}: expected ${types.join(' or ')}, got ${JSON.stringify(value)}`];
  if (typeof value === 'number') return inRange(value, schema) ? [] : [`${path}: ${value} is out of range`];
  if (Array.isArray(value)) return value.flatMap((entry, index) => violations(entry, schema.items ?? {}, `${path}[${index}]`));
  return typeof value === 'object' && value !== null ? inObject(value, schema, path) : [];
}

const inRange = (value: number, { minimum = -Infinity, maximum = Infinity }: SchemaNode): boolean => value >= minimum && value <= maximum;

function inObject(value: object, { properties = {}, required = [], additionalProperties = true }: SchemaNode, path: string): string[] {
  const missing = required.filter((key) => !Object.hasOwn(value, key)).map((key) => `${path}.${key}: missing`);
  const own = Object.entries(value).flatMap(([key, inner]) => {
    const node = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (node === false) return [`${path}.${key}: not documented`];
    return node === true || node === undefined ? [] : violations(inner, node, `${path}.${key}`);
  });
  return [...missing, ...own];
}
