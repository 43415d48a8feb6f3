import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/random.js';
import { drawKinds } from '../../src/sim/kinds.js';

const countOf = (kinds: Uint8Array, kind: number): number => kinds.filter((each) => each === kind).length;

describe('kinds', () => {
  it('are drawn by relative shares; one of share 0 never', () => {
    const drawn = drawKinds([{ share: 2 }, { share: 0 }, { share: 6 }], 10_000, createRandom(1));
    expect(countOf(drawn, 0) / 10_000).toBeCloseTo(0.25, 1);
    expect(countOf(drawn, 1)).toBe(0);
    expect(countOf(drawn, 0) + countOf(drawn, 2)).toBe(10_000);
  });

  it('of one kind need no draw', () => {
    const random = createRandom(1);
    expect([...drawKinds([{ share: 3 }], 3, random)]).toEqual([0, 0, 0]);
    expect(random.next()).toBe(createRandom(1).next());
  });
});
