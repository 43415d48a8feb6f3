import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { configJsonSchema, configMarkdown } from '../../src/config/reference.js';

const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const blocks = (markdown: string): string[] => [...markdown.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml as string); // the group always takes part

describe('the reference', () => {
  it('is what `npm run docs` writes', () => {
    expect(docs('CONFIG.md')).toBe(configMarkdown());
    expect(docs('roundhouse.schema.json')).toBe(configJsonSchema());
  });

  it('has examples that load', () => {
    const directory = mkdtempSync(join(tmpdir(), 'roundhouse-examples-'));
    const file = join(directory, 'roundhouse.yaml');
    const examples = blocks(configMarkdown());
    expect(examples).toHaveLength(4);
    for (const yaml of examples) {
      writeFileSync(file, yaml);
      loadConfig({ file });
    }
    rmSync(directory, { recursive: true });
  });

  it('describes every key, and has nothing in the schema that editors do not know', () => {
    const keywords = new Set<string>();
    const walk = (node: Readonly<Record<string, unknown>>, path: string): void => {
      for (const key of Object.keys(node)) keywords.add(key);
      for (const [key, child] of Object.entries((node['properties'] ?? {}) as Record<string, Record<string, unknown>>)) {
        expect(child, `${path}.${key}`).toMatchObject({ title: key, description: expect.stringMatching(/^.+\.$|…$/) });
        walk(child, `${path}.${key}`);
      }
      for (const child of [node['items'], node['additionalProperties'], ...((node['anyOf'] ?? []) as unknown[])]) {
        if (typeof child === 'object' && child !== null) walk(child as Record<string, unknown>, path);
      }
    };
    walk(JSON.parse(configJsonSchema()) as Record<string, unknown>, '');
    const known = ['$schema', 'title', 'type', 'properties', 'description', 'minItems', 'maxItems', 'items', 'anyOf', 'format', 'default', 'minimum', 'maximum', 'required', 'additionalProperties', 'propertyNames', 'pattern', 'maxLength', 'minLength', 'enum'];
    expect([...keywords].filter((keyword) => !known.includes(keyword))).toEqual([]);
  });

  it('has no key that nobody reads', () => {
    const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.startsWith('config/'))
      .map((path) => readFileSync(join('src', path), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, ''))
      .join('\n');
    const titles = [...configJsonSchema().matchAll(/"title": "(\w+)"/g)].map(([, key]) => key as string); // the group always takes part
    expect(titles.length).toBeGreaterThan(80);
    const unread = [...new Set(titles)].filter((key) => !new RegExp(`(\\.|[{,] ?|^ *)${key}\\b(?!:)`, 'm').test(source));
    expect(unread).toEqual([]);
  });
});
