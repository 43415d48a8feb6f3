import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openScenario } from '../../src/config/scenario-load.js';
import { scenarioJsonSchema, scenarioMarkdown } from '../../src/config/scenario-reference.js';

const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('the reference of scenarios', () => {
  it('is what `npm run docs` writes', () => {
    expect(docs('SCENARIOS.md')).toBe(scenarioMarkdown());
    expect(docs('scenario.schema.json')).toBe(scenarioJsonSchema());
  });

  it('has examples that load', () => {
    const directory = mkdtempSync(join(tmpdir(), 'roundhouse-scenarios-'));
    const file = join(directory, 'scenario.yaml');
    const examples = [...scenarioMarkdown().matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml as string); // the group always takes part
    expect(examples).toHaveLength(3);
    for (const yaml of examples) {
      writeFileSync(file, yaml);
      expect(openScenario(file).load([]).warnings).toEqual([]);
    }
    rmSync(directory, { recursive: true });
  });

  it('has a table for each section and each kind of event', () => {
    const titles = [...scenarioMarkdown().matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(titles).toEqual(expect.arrayContaining(['`resolvers.population`', '`clients.kinds[]`, each entry', '`events[]`, kind `flash-crowd`']));
    expect(titles).not.toContain('`sweep`');
  });

  it('describes every key', () => {
    const undescribed: string[] = [];
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, inner] of Object.entries(node)) {
        if (key === 'default') continue;
        walk(inner, `${path}/${key}`);
        if (key !== 'properties') continue;
        for (const [name, child] of Object.entries(inner as Record<string, { description?: string }>)) {
          if (!/^.+[.…]$/.test(child.description ?? '')) undescribed.push(`${path}/${name}`);
        }
      }
    };
    walk(JSON.parse(scenarioJsonSchema()), '');
    expect(undescribed).toEqual([]);
  });
});
