/**
 * The reference, made from the schema: `docs/CONFIG.md` for people and `docs/roundhouse.schema.json` for editors.
 */
import { effectiveYaml } from './print.js';
import { expectation, mappingOf, outline, type OutlineNode } from './outline.js';
import { configSchema } from './schema.js';

/** JSON Schema, draft 2020-12, of what a person may write; made for completion and hover texts. */
export function configJsonSchema(): string {
  const schema = { ...(portable(outline(), 'Roundhouse configuration') as object), title: 'Roundhouse configuration' };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
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

const head = `# Configuration

<!-- Generated from src/config/schema.ts by \`npm run docs\`; a test compares the two. -->

A YAML file, given to \`roundhouse up\`, \`dns\`, \`worker\`, \`control\`, \`origin\` or \`check\`. Every key has a default, and
what the command line gives overrides the file. \`roundhouse check FILE\` prints the result, or says what is wrong and in
which line. Sizes are in bytes, times in the unit that ends the key's name. Paths are relative to the file; those given
by flags and \`--set\` are relative to the working directory.

Editors with a YAML language server complete and check keys when the file starts with

\`\`\`yaml
# yaml-language-server: $schema=./docs/roundhouse.schema.json
\`\`\`

A minimal file puts four workers in front of one origin:

\`\`\`yaml
origins: ['http://127.0.0.1:3000']
\`\`\`
`;

/** A file in which every part is used; the test of this document loads it. */
const exampleYaml = `origins:
  - url: http://10.0.0.5:8000
    name: blue
  - url: http://10.0.0.6:8000
    name: green
    weight: 2
dns:
  zone: example.test
  name: www
  address: 192.0.2.1
  port: 53
  policy: round-robin
  tail: shuffled
  ttl: 30/5
  nameservers: [ns1, ns2.example.net.]
  records:
    - { name: '@', type: MX, value: 10 mail.example.net. }
    - { name: status, type: CNAME, value: status.example.net., ttlS: 3600 }
workers:
  port: 80
  members:
    - { name: berlin, address: 192.0.2.11, address6: '2001:db8::11', location: eu }
    - { name: boston, address: 192.0.2.12, location: us, weight: 2 }
  probe: { interMs: 1000, timeoutMs: 500, rise: 2, fall: 3 }
proxy:
  host: keep
  trustedNetworks: [10.0.0.0/8]
  timeouts: { connectMs: 2000, responseMs: 20000 }
  limits: { maxconn: 2000 }
  accessLog: all
  accessLogFile: /var/log/roundhouse/access.log
log:
  level: info
`;

export function configMarkdown(): string {
  const example = `## A full example\n\n\`\`\`yaml\n${exampleYaml}\`\`\`\n`;
  const defaults = `## All defaults\n\n\`\`\`yaml\n${effectiveYaml(configSchema.parse({}))}\`\`\`\n`;
  return [head, ...sections('', outline(), 'Top level'), example, defaults].join('\n');
}

/** A table for the mapping and then, depth first, one for each mapping in it. */
function sections(path: string, node: OutlineNode, title: string): string[] {
  const properties = Object.entries(node.properties ?? {});
  const rows = properties.map(([key, child]) => row(key, child, node.required?.includes(key) ?? false, path));
  const table = ['| key | expects | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const lead = node.description === undefined ? '' : `${node.description}\n\n`;
  return [`## ${title}\n\n${lead}${table}\n`, ...properties.flatMap(([key, child]) => inner(path === '' ? key : `${path}.${key}`, child))];
}

function inner(path: string, node: OutlineNode): string[] {
  if (node.type === 'object') return sections(path, node, `\`${path}\``);
  const entry = node.items === undefined ? undefined : mappingOf(node.items);
  return entry === undefined ? [] : sections(`${path}[]`, entry, `\`${path}[]\`, each entry`);
}

function row(key: string, node: OutlineNode, required: boolean, path: string): string {
  const below = node.type === 'object';
  const entry = node.items === undefined ? '' : `: ${expectation(node.items)}`;
  const standard = required ? 'required' : below ? 'see below' : shownDefault(node.default);
  const full = path === '' ? key : `${path}.${key}`;
  return `| ${cell(below ? `[\`${key}\`](#${anchor(full)})` : `\`${key}\``)} | ${cell(expectation(node) + entry)} | ${cell(standard)} | ${cell(node.description ?? '')} |`;
}

const shownDefault = (value: unknown): string => (value === undefined ? '–' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``);

/** As GitHub makes them: lower case, punctuation dropped. */
const anchor = (path: string): string => path.toLowerCase().replace(/[^a-z0-9]/g, '');

const cell = (text: string): string => text.replace(/\|/g, '\\|');
