/**
 * The reference, made from the schema: `docs/CONFIG.md` for people and `docs/roundhouse.schema.json` for editors.
 */
import { effectiveYaml } from './print.js';
import { jsonSchemaText, referenceSections } from './reference-text.js';
import { configSchema } from './schema.js';

export const configJsonSchema = (): string => jsonSchemaText(configSchema, 'Roundhouse configuration');

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
  policy: nearest
  locationDatabase: GeoLite2-Country.mmdb
  tail: shuffled
  ttl: 30/5
  nameservers: [ns1, ns2.example.net.]
  records:
    - { name: '@', type: MX, value: 10 mail.example.net. }
    - { name: status, type: CNAME, value: status.example.net., ttlS: 3600 }
workers:
  port: 80
  tlsPort: 443
  members:
    - { name: berlin, address: 192.0.2.11, address6: '2001:db8::11', location: europe }
    - { name: boston, address: 192.0.2.12, weight: 2 }
  probe: { interMs: 1000, timeoutMs: 500, rise: 2, fall: 3 }
locations:
  europe: { networks: [198.51.100.0/24, '2001:db8:e::/48'], continents: [EU] }
  america: { networks: [203.0.113.0/24], countries: [US, CA], workers: [boston] }
proxy:
  host: keep
  trustedNetworks: [10.0.0.0/8]
  proxyProtocolNetworks: [192.0.2.128/28]
  tls:
    certificates:
      - { certificate: example.test.pem, key: example.test.key }
      - { certificate: other.pem, key: other.key, names: ['other.test', '*.other.test'] }
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
  return [head, ...referenceSections(configSchema), example, defaults].join('\n');
}
