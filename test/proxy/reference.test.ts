import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { proxyMarkdown } from '../../src/proxy/reference.js';

it('docs/PROXY.md is what the table of faults says; `npm run docs` renews it', () => {
  expect(readFileSync(new URL('../../docs/PROXY.md', import.meta.url), 'utf8')).toBe(proxyMarkdown());
});
