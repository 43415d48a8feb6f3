/**
 * Which resolver, or client, is of which kind: drawn by relative shares.
 */
import type { Random } from '../random.js';

/** The kind of each of `count`, as an index into `kinds`. */
export function drawKinds(kinds: readonly { readonly share: number }[], count: number, random: Random): Uint8Array {
  const drawn = new Uint8Array(count);
  if (kinds.length < 2) return drawn;
  for (let index = 0; index < count; index += 1) drawn[index] = drawKind(kinds, random);
  return drawn;
}

function drawKind(kinds: readonly { readonly share: number }[], random: Random): number {
  let left = random.next() * kinds.reduce((sum, { share }) => sum + share, 0);
  const found = kinds.findIndex(({ share }) => (left -= share) < 0);
  return found < 0 ? kinds.length - 1 : found;
}
