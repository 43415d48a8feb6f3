/**
 * The reference of scenario files, made from their schema: `docs/SCENARIOS.md` for people, `docs/scenario.schema.json` for
 * editors.
 */
import { yamlText } from './print.js';
import { jsonSchemaText, referenceSections } from './reference-text.js';
import { scenarioSchema } from './scenario-schema.js';

export const scenarioJsonSchema = (): string => jsonSchemaText(scenarioSchema, 'Roundhouse scenario');

const head = `# Scenarios

<!-- Generated from src/config/scenario-schema.ts by \`npm run docs\`; a test compares the two. -->

What \`roundhouse simulate\` is told: a YAML file in four layers, authority, resolvers, clients and workers, and the events on the
way. Every key has a default. Times are in seconds; work is in *hits*: a request brings one or more, and a worker of capacity
100 serves 100 a second. Paths in a file are relative to the file, those on the command line to the working directory.

\`\`\`sh
roundhouse simulate                                    # the scenarios that ship
roundhouse simulate gateways-1998 --print > mine.yaml  # a file to start from
roundhouse simulate mine.yaml --set clients.count=1000 --set clients.kinds[0].choice=shuffle
roundhouse simulate mine.yaml --sweep authority.ttl=0,30,60,240 --sweep authority.policy=round-robin,random
\`\`\`

\`--set\` takes JSON or text, and reaches into lists by index. \`--sweep\` runs all combinations of its values, up to 1000; each
meets the same random numbers. A \`sweep\` in the file is used when the command line has none, without the keys that
\`--set\` or \`--policy\` give. Repetition r of seed s is the same on every machine and whatever the number of threads.
What \`--json\` prints is described by [simulation.schema.json](simulation.schema.json).

Editors with a YAML language server complete and check keys when the file starts with

\`\`\`yaml
# yaml-language-server: $schema=./docs/scenario.schema.json
\`\`\`
`;

/** A file in which every layer says something; the test of this document loads it. */
const exampleYaml = `description: A worker dies while a crowd arrives behind the largest resolver.
durationS: 1800
authority:
  policy: round-robin
  tail: shuffled
  ttl: 60
  alarm: 0.9
resolvers:
  population: { law: head, count: 5000, weights: [0.05, 0.03] }
  kinds:
    - { share: 0.9, order: rotate }
    - { share: 0.1, ttlFloorS: 300 }
clients:
  count: 5000
  think: { law: lognormal, cv2: 4, meanS: 30 }
  kinds:
    - { share: 0.8, choice: first, reuseS: 60 }
    - { share: 0.2, choice: shuffle, cacheCeilingS: 0 }
workers:
  count: 6
  capacity: 3000
  relative: [2, 1, 1]
  slots: 8
events:
  - { atS: 300, kind: flash-crowd, durationS: 600, clients: 1000, resolver: 1 }
  - { atS: 600, kind: worker-dies, worker: w2, how: black-hole }
  - { atS: 900, kind: worker-returns, worker: w2 }
sweep:
  authority.ttl: [10, 60, 300]
`;

export function scenarioMarkdown(): string {
  const example = `## A full example\n\n\`\`\`yaml\n${exampleYaml}\`\`\`\n`;
  const defaults = `## All defaults\n\n\`\`\`yaml\n${yamlText(scenarioSchema.parse({}))}\`\`\`\n`;
  return [head, ...referenceSections(scenarioSchema), example, defaults].join('\n');
}
