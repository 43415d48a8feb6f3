/**
 * A schema as plain data: what the JSON Schema for editors, the reference and the error messages are made from.
 *
 * One walk of zod's own export instead of three of its internals, and one way to say what a key expects, so that a
 * message and the documentation of the same key cannot differ.
 */
import type { SchemaIssue } from './kinds.js';

/** What loading and the reference ask of a schema; zod's are such. */
export interface Schema<Value> {
  safeParse(input: unknown): Accepted<Value> | Refused;
  toJSONSchema(options: { readonly io: 'input' }): object;
}

interface Accepted<Value> {
  readonly success: true;
  readonly data: Value;
}

interface Refused {
  readonly success: false;
  readonly error: { readonly issues: readonly SchemaIssue[] };
}

/** Keys and indices from the top: `['dns', 'records', 3, 'value']`. */
export type Path = readonly PropertyKey[];

/** The part of JSON Schema that the export uses. */
export interface OutlineNode {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, OutlineNode>>;
  readonly required?: readonly string[];
  /** Of a mapping whose keys are the user's own: what stands at each. */
  readonly additionalProperties?: OutlineNode | false;
  /** What such keys look like. */
  readonly propertyNames?: OutlineNode;
  readonly items?: OutlineNode;
  readonly anyOf?: readonly OutlineNode[];
  /** Mappings told apart by the constant of one key. */
  readonly oneOf?: readonly OutlineNode[];
  readonly const?: string;
  /** Completes "expected …" where type and range do not say it all. Not JSON Schema. */
  readonly expects?: string;
}

const made = new WeakMap<Schema<unknown>, OutlineNode>();

/** What a person may write, so with nothing required that has a default. */
export function outlineOf(schema: Schema<unknown>): OutlineNode {
  const known = made.get(schema);
  if (known !== undefined) return known;
  const outline = schema.toJSONSchema({ io: 'input' }) as OutlineNode; // zod types it as every version of JSON Schema at once
  made.set(schema, outline);
  return outline;
}

/** The node that describes the value at `path`; undefined where the schema has none. */
export function nodeAt(root: OutlineNode, path: Path): OutlineNode | undefined {
  let node: OutlineNode | undefined = root;
  for (const step of path) {
    if (node === undefined) return undefined;
    node = typeof step === 'number' ? node.items : propertyOf(mappingOf(node) ?? node, String(step));
  }
  return node;
}

export function propertyOf({ properties, additionalProperties }: OutlineNode, key: string): OutlineNode | undefined {
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return additionalProperties === false ? undefined : additionalProperties;
}

/** The node itself, its alternative that is a mapping, or all its mappings as one. */
export function mappingOf(node: OutlineNode): OutlineNode | undefined {
  if (node.oneOf !== undefined) return united(node.oneOf);
  return node.properties === undefined ? node.anyOf?.find(({ type }) => type === 'object') : node;
}

/** A key that several mappings have means the same in each, but for the constants that tell them apart. */
function united(mappings: readonly OutlineNode[]): OutlineNode {
  const properties = new Map<string, OutlineNode>();
  for (const [key, node] of mappings.flatMap(({ properties: own = {} }) => Object.entries(own))) {
    const earlier = properties.get(key);
    const constants = [...(earlier?.enum ?? []), ...(node.const === undefined ? [] : [node.const])];
    properties.set(key, constants.length === 0 ? node : { ...node, enum: constants });
  }
  return { type: 'object', properties: Object.fromEntries(properties) };
}

/** Completes "expected …". */
export function expectation(node: OutlineNode): string {
  if (node.expects !== undefined) return node.expects;
  if (node.oneOf !== undefined) return 'a mapping';
  if (node.anyOf !== undefined) return node.anyOf.map(expectation).join(', or ');
  if (node.enum !== undefined) return node.enum.length === 1 ? String(node.enum[0]) : `one of ${node.enum.join(', ')}`;
  if (node.const !== undefined) return node.const;
  switch (node.type) {
    case 'integer':
      return `a whole number ${range(node.minimum, node.maximum)}`;
    case 'number':
      return `a number ${range(node.minimum, node.maximum)}`;
    case 'array':
      return `a list of ${entries(node)}`;
    case 'object':
      return 'a mapping';
    default:
      return 'a string';
  }
}

/** A maximum that only says "a safe integer" is not worth words. */
function range(minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER): string {
  return maximum >= Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

function entries({ minItems = 0, maxItems }: OutlineNode): string {
  if (maxItems === undefined) return `at least ${minItems} entries`;
  return minItems === 0 ? `at most ${maxItems} entries` : `${minItems} to ${maxItems} entries`;
}

/** `dns.records[3].value` */
export function formatPath(path: Path): string {
  return path.map((step, place) => (typeof step === 'number' ? `[${step}]` : `${place === 0 ? '' : '.'}${String(step)}`)).join('');
}

/** The value at `path`, and whether there is one. */
export function valueAt(root: unknown, path: Path): { readonly found: boolean; readonly value: unknown } {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return { found: false, value: undefined };
    value = Reflect.get(value, step);
  }
  return { found: true, value };
}
