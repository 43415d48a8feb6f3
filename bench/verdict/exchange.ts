/**
 * Could it be chance? If two contenders are the same, then in each pair of rounds it is chance which of the two values is whose.
 * So exchange them in all ways, and see how often the difference is as large as the one that was measured. Exact whatever the law
 * of what is measured (Fisher's randomisation test), and what the turns ABBA prepare.
 */
import type { Random } from '../../src/random.js';

/** Up to so many pairs all exchanges are tried, beyond it so many drawn ones. */
const exhaustiveMax = 14;
const draws = 20_000;
/** Sums in another order differ in their last digits. */
const rounding = 1e-9;

/**
 * @param a values by round; `b` as many, of the rounds beside them.
 * @returns the part of the exchanges with a difference of the sums at least as large; 1 when there are no rounds.
 */
export function exchangeProbability(a: readonly number[], b: readonly number[], random: Random): number {
  const differences = a.map((value, round) => value - (b[round] ?? NaN));
  const measured = Math.abs(sumOf(differences)) * (1 - rounding);
  const exhaustive = differences.length <= exhaustiveMax;
  const ways = exhaustive ? 2 ** differences.length : draws;
  let asLarge = exhaustive ? 0 : 1; // what was measured is one of the ways
  for (let way = 0; way < ways; way += 1) {
    const exchanged = differences.map((difference, round) => (isExchanged(way, round) ? -difference : difference));
    if (Math.abs(sumOf(exchanged)) >= measured) asLarge += 1;
  }
  return asLarge / (exhaustive ? ways : ways + 1);

  function isExchanged(way: number, round: number): boolean {
    return exhaustive ? ((way >>> round) & 1) === 1 : random.below(2) === 1;
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
