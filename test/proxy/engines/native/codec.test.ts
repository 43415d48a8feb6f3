import { expect, it } from 'vitest';
import { compareRequests, compareResponses } from './differential.js';

const seed = 20_261_126;

it.each([
  ['requests', compareRequests],
  ['responses', compareResponses],
] as const)('ours and llhttp agree on valid %s', { timeout: 60_000 }, async (_what, compare) => {
  const { accepted, differences } = await compare(seed, 5000, false);
  expect(differences).toEqual([]);
  expect(accepted).toBe(5000);
});

it.each([
  ['requests', compareRequests],
  ['responses', compareResponses],
] as const)('what ours accepts of broken %s llhttp accepts as the same', { timeout: 60_000 }, async (_what, compare) => {
  const { accepted, differences } = await compare(seed, 25_000, true);
  expect(differences).toEqual([]);
  expect(accepted).toBeGreaterThan(5000); // else nothing was compared
});
