/**
 * What the measures say that do not decide. There are nine of them, so each has to be a ninth as likely to be chance: which agree
 * with the verdict stands in a line, which contradict it at length.
 */
import type { RotationResult } from '../rotation/result.js';
import { comparisonSentence, winnerOf } from '../verdict/verdict.js';

export function otherMeasures({ verdicts }: RotationResult): string[] {
  const [main, ...others] = verdicts;
  const winners = new Set((main?.comparisons ?? []).flatMap((comparison) => winnerOf(comparison) ?? []));
  const sure = others
    .flatMap(({ comparisons }) => comparisons)
    .filter((comparison) => winnerOf(comparison) !== undefined && comparison.probability <= (1 - comparison.confidence) / others.length);
  const agreeing = [...winners].flatMap((winner) => {
    const labels = sure.filter((comparison) => winnerOf(comparison) === winner).map(({ measure }) => measure.label);
    return labels.length === 0 ? [] : [`${winner} is better by ${[...new Set(labels)].join(', ')} as well.`];
  });
  return [...agreeing, ...sure.filter((comparison) => !winners.has(winnerOf(comparison) ?? '')).map(comparisonSentence)];
}
