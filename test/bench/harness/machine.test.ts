/**
 * What figures belong to.
 */
import { cpus } from 'node:os';
import { expect, it } from 'vitest';
import { factsLine, factsOf } from '../../../bench/harness/machine.js';

it('names machine, commit, command and versions', () => {
  const facts = factsOf('roundhouse bench dns', { nsd: 'NSD 4.6.1' });
  expect(facts).toMatchObject({ command: 'roundhouse bench dns', versions: { nsd: 'NSD 4.6.1' }, machine: { cores: cpus().length, node: process.version } });
  expect(facts.commit).toMatch(/^(?:[\w.-]+|package \d+\.\d+\.\d+)$/);
  expect(factsLine(facts)).toMatch(/^\d+ × .+, \w+ \S+ \w+, Node v\d+\.\d+\.\d+, (?:commit [\w.-]+|Roundhouse package \S+)$/);
});
