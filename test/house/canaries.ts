/**
 * Planted violations: each rule must find its own, at the place marked, and nothing in the near misses beside it. A rule
 * that finds nothing is not a quiet house but a broken rule.
 */

export interface Canary {
  readonly rule: string;
  /** Path → text. */
  readonly files: Readonly<Record<string, string>>;
  /** What must be found, as `path:line`. */
  readonly found: readonly string[];
}

const home = ['', 'home', 'somebody', 'roundhouse'].join('/'); // not written out: this file obeys the rule too
const many = (count: number, line = '  step();'): string => Array.from({ length: count }, () => line).join('\n');

export const canaries: readonly Canary[] = [
  { rule: 'rooms', files: { 'src/attic/box.ts': '', 'src/attic/chest.ts': '', 'src/pool/a.ts': '', 'test/attic/a.ts': '' }, found: ['src/attic/box.ts:1'] },
  {
    rule: 'ranks',
    files: {
      'src/pool/up.ts': "import { x } from '../dns/x.js';\nimport type { Clock } from '../clock.js';",
      'src/dns/beside.ts': "import { x } from '../dns/x.js';\nexport * from '../proxy/x.js';\nimport { y } from '../pool/y.js';",
      'src/log.ts': "export const late = () => import('./clock.js');",
      'src/proxy/type.ts': "export type X = import('../metrics/x.js').X;",
      'src/config/out.ts': "import '../../test/x.js';",
      'src/sim/up.ts': "import '../../bench/users/x.js';",
      'bench/users/up.ts': "import '../rotation.js';\nimport './y.js';\nimport '../verdict/z.js';\nimport '../../src/cli/x.js';",
      'bench/rotation.ts': "import '../src/cli/x.js';\nimport './users/y.js';",
      'src/tier/down.ts': "import '../control/x.js';\nimport 'node:fs';\nnew URL('../cli/main.js', import.meta.url);",
      'test/x.ts': "import '../src/cli/x.js';",
    },
    found: ['src/pool/up.ts:1', 'src/dns/beside.ts:2', 'src/log.ts:1', 'src/proxy/type.ts:1', 'src/config/out.ts:1', 'src/sim/up.ts:1', 'bench/users/up.ts:1', 'bench/users/up.ts:4'],
  },
  {
    rule: 'cycles',
    files: {
      'src/pool/a.ts': "import './b.js';",
      'src/pool/b.ts': "import './d.js';\nimport type { C } from './c.js';",
      'src/pool/c.ts': "export { a } from './a.js';",
      'src/pool/d.ts': "import './e.js';",
      'src/pool/e.ts': '',
      'src/pool/self.ts': "import './self.js';",
    },
    found: ['src/pool/c.ts:1', 'src/pool/self.ts:1'],
  },
  {
    rule: 'packages',
    files: {
      'src/dns/a.ts': "import dns2 from 'dns2';\nimport 'dns2/lib/reader.js';\nimport '@scope/one';",
      'src/dns/b.ts': "import '@scope/two/deep';\n\nimport { Packet } from 'dns2';\nimport 'node:fs';",
      'src/dns/c.ts': "import { readFileSync } from 'fs';",
      'test/d.ts': "import 'dns2';",
    },
    found: ['src/dns/a.ts:1', 'src/dns/b.ts:3', 'src/dns/c.ts:1'],
  },
  {
    rule: 'dead-files',
    files: {
      'src/index.ts': "import './pool/used.js';\nnew URL('./pool/by-url.js', import.meta.url);",
      'src/pool/used.ts': '',
      'src/pool/by-url.ts': '',
      'src/pool/dead.ts': "import './dead.js';",
      'test/tested.ts': "import '../src/pool/dead.js';",
    },
    found: ['src/pool/dead.ts:1'],
  },
  {
    rule: 'effects',
    files: {
      'src/dns/banned.ts': [
        'const a = Date.now();',
        'const b = performance.now;',
        "const c = Math['random']();",
        'setTimeout(f, 1);',
        'const d = { setInterval };',
        'globalThis.setImmediate(f);',
        "console.error('x');",
        'const e = new Date();',
        "import { setTimeout as sleep } from 'node:timers/promises';",
        'AbortSignal.timeout(5);',
        'globalThis.Math.random();',
      ].join('\n'),
      'src/dns/fine.ts': [
        'socket.setTimeout(5);',
        'type T = ReturnType<typeof setTimeout>;',
        'const x = { setTimeout: 1, console() {} };',
        '// Date.now() and console.log in words',
        "const text = 'Math.random()';",
        'const then = new Date(0);',
        'Math.max(1, 2);',
      ].join('\n'),
      'test/any.ts': 'Date.now();',
    },
    found: Array.from({ length: 11 }, (_, index) => `src/dns/banned.ts:${index + 1}`),
  },
  { rule: 'enums', files: { 'src/a.ts': "const enumeration = 'enum X {}';\nenum X { A }\nexport const enum Y { B }" }, found: ['src/a.ts:2', 'src/a.ts:3'] },
  {
    rule: 'default-exports',
    files: {
      'src/a.ts': "import x from 'x';\nexport default x;",
      'src/b.ts': 'export default function f() {}',
      'src/c.ts': 'const a = 1;\nexport { a as default };',
      'src/d.ts': "export default class {}\nswitch (1) { default: }\nimport { default as y } from 'y';",
    },
    found: ['src/a.ts:2', 'src/b.ts:1', 'src/c.ts:2', 'src/d.ts:1'],
  },
  {
    rule: 'inheritance',
    files: { 'src/a.ts': 'class A extends Map {}\nclass B extends Error {}\nclass C extends RangeError {}\ninterface D extends E {}\nconst F = class extends A {};' },
    found: ['src/a.ts:1', 'src/a.ts:5'],
  },
  {
    rule: 'function-length',
    files: {
      'src/a.ts': `/** A comment\n * does not count. */\nfunction long() {\n${many(69)}\n}\nconst fits = () => {\n${many(68)}\n};`,
      'src/b.ts': `const o = {\n  method() {\n${many(70)}\n  },\n};\nclass C {\n  constructor() {\n${many(70)}\n  }\n}`,
      'test/a.ts': `function long() {\n${many(100)}\n}`,
    },
    found: ['src/a.ts:3', 'src/b.ts:2', 'src/b.ts:76'],
  },
  {
    rule: 'file-length',
    files: { 'src/b.ts': '//\n'.repeat(301), 'src/c.ts': '//\n'.repeat(300), 'test/a.ts': '//\n'.repeat(400), 'test/b.ts': '//\n'.repeat(401), 'bench/a.ts': '//\n'.repeat(301) },
    found: ['src/b.ts:301', 'test/b.ts:401', 'bench/a.ts:301'],
  },
  {
    rule: 'line-width',
    files: {
      'src/a.ts': `const short = 1;\n// ${'x'.repeat(138)}\n// ${'x'.repeat(137)}`,
      'test/b.ts': `const text = '${'x'.repeat(200)}';\nconst sum = ${'1 + '.repeat(40)}1;\nconst more = \`\${1}${'x'.repeat(200)}\`;`,
    },
    found: ['src/a.ts:2', 'test/b.ts:2'],
  },
  {
    rule: 'folder-names',
    files: { 'src/dns/utils/a.ts': '', 'test/helpers/a.ts': '', 'bench/common/x/a.ts': '', 'src/dns/utils.ts': '', 'test/support/a.ts': '' },
    found: ['src/dns/utils/a.ts:1', 'test/helpers/a.ts:1', 'bench/common/x/a.ts:1'],
  },
  {
    rule: 'opening-comment',
    files: {
      'src/a.ts': "import 'x';\n/** Too late. */",
      'src/b.ts': '/** Owns this. */\nexport {};',
      'src/c.ts': '#!/usr/bin/env node\n// Owns that.\nexport {};',
      'src/d.ts': "'// no comment'",
      'src/e.ts': '',
    },
    found: ['src/a.ts:1', 'src/d.ts:1', 'src/e.ts:1'],
  },
  {
    rule: 'skipped-tests',
    files: {
      'test/a.test.ts': [
        "it.only('x', f);",
        "describe.skip('x', f);",
        '// because the kernel is too old',
        "it.skip('x', f);",
        "test.skipIf(old)('x', f); // needs Node 24",
        "it.concurrent.only('x', f);",
        "it.todo('x');",
        "it('it.only in words', f);",
        'list.only(x); stream.skip(5);',
        "it.each([1])('x', f);",
      ].join('\n'),
    },
    found: ['test/a.test.ts:1', 'test/a.test.ts:2', 'test/a.test.ts:6', 'test/a.test.ts:7'],
  },
  { rule: 'machine-paths', files: { 'test/a.ts': `const fine = '/var/home';\nconst directory = '${home}';`, 'src/b.ts': `// see ${home}/x` }, found: ['test/a.ts:2', 'src/b.ts:1'] },
];
