/**
 * `npm run docs`: writes the pages that are made from tables in the code. Tests compare them, so none can be stale.
 */
import { writeFileSync } from 'node:fs';
import { configJsonSchema, configMarkdown } from '../config/reference.js';
import { scenarioJsonSchema, scenarioMarkdown } from '../config/scenario-reference.js';
import { metricsMarkdown } from '../metrics/reference.js';
import { proxyMarkdown } from '../proxy/reference.js';
import { resultSchemaText } from '../study/summary-schema.js';
import { packageRoot } from '../version.js';

const pages = {
  'CONFIG.md': configMarkdown,
  'METRICS.md': metricsMarkdown,
  'PROXY.md': proxyMarkdown,
  'SCENARIOS.md': scenarioMarkdown,
  'roundhouse.schema.json': configJsonSchema,
  'scenario.schema.json': scenarioJsonSchema,
  'simulation.schema.json': resultSchemaText,
};

for (const [name, make] of Object.entries(pages)) {
  writeFileSync(new URL(`docs/${name}`, packageRoot), make());
  process.stdout.write(`docs/${name}\n`);
}
