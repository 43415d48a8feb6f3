import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseExposition } from '../../src/metrics/exposition.js';

it('reads names, labels, values and skips the rest', () => {
  const page = `# HELP a Some "help" {with} 1 braces
# TYPE a counter
a 1
  b_total{} 2.5e-3 1700000000000

\tc:d{x="1",y="a b, c=\\"d\\" } \\\\ \\n",} +Inf
e { z = "{" , w="" } NaN
f -Inf
g .5
h{x="\\t"} -0
#`;
  expect(parseExposition(page)).toEqual([
    { name: 'a', labels: {}, value: 1 },
    { name: 'b_total', labels: {}, value: 0.0025 },
    { name: 'c:d', labels: { x: '1', y: 'a b, c="d" } \\ \n' }, value: Infinity },
    { name: 'e', labels: { z: '{', w: '' }, value: NaN },
    { name: 'f', labels: {}, value: -Infinity },
    { name: 'g', labels: {}, value: 0.5 },
    { name: 'h', labels: { x: '\\t' }, value: -0 },
  ]);
});

it('reads what prom-client writes for NaN', () => {
  expect(parseExposition('a Nan\n')[0]?.value).toBeNaN();
});

it.each(['a', 'a one', '1a 1', 'a{x=1} 1', 'a{x="1} 1', 'a{x="1" y="2"} 1', 'a{,} 1', 'a{x="1",x="2"} 1', 'a 1 2 3', 'a 1 now', 'a 0x10', 'a 1_000', '{x="1"} 1', 'a{x="1"}', 'a} 1', `a${'b'.repeat(70_000)} 1`])(
  'refuses %j and says which line it is',
  (line) => {
    expect(() => parseExposition(`ok 1\n${line}\nok 2\n`)).toThrow(/^metrics: line 2 is no sample: "/);
  },
);

it('is bounded, and a label is never a property of all objects', () => {
  expect(() => parseExposition(' '.repeat(16_777_217))).toThrow(RangeError);
  expect(() => parseExposition('a 1\n'.repeat(200_001))).toThrow(/200000 samples/);
  const [sample] = parseExposition('a{__proto__="x"} 1');
  expect(Object.keys(sample?.labels ?? {})).toEqual(['__proto__']);
});

it('takes back any sample, however odd its labels', () => {
  const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,20}$/);
  const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,20}$/);
  const escaped = (value: string): string => value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
  fc.assert(
    fc.property(name, fc.dictionary(label, fc.string({ unit: 'binary' })), fc.double(), (given, labels, value) => {
      const list = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
      const shown = Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
      const [sample] = parseExposition(`${given}{${list.join(',')}} ${shown}\n`);
      expect(sample).toEqual({ name: given, labels: { ...labels }, value: Number(shown.replace('Inf', 'Infinity')) });
    }),
  );
});
