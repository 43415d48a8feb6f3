/**
 * The papers' figure: how often the busiest worker is no busier than x, for each point. The line of a better policy is higher
 * and further left.
 */
import { draw } from '../../plots/chart.js';
import { legend, notDrawn, type Figure } from '../../plots/figure.js';
import { grid, line, marksAbove, valueAxis, width, type Mark } from '../../plots/look.js';
import { fraction } from '../../plots/numbers.js';
import type { PagePoint } from './page-input.js';

const id = 'cumulative';
const title = 'Cumulative distribution of the maximum utilisation';
const tabled = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 1];

export function cumulativeFigure(points: readonly PagePoint[]): Figure {
  if (points.every(({ summary }) => summary.series.cumulative.length < 2)) return notDrawn(id, title, 'no interval was finished.');
  const from = points.some(({ summary }) => partUpTo(summary.series.cumulative, 0.5) > 0.05) ? 0 : 0.5;
  const drawing = draw({
    id,
    title,
    description: `${points.length} lines; horizontal the maximum utilisation from ${from} to 1, vertical the part of the intervals up to it.`,
    width,
    height: 360,
    option: {
      grid: grid(24, 48),
      xAxis: valueAxis({ name: 'maximum utilisation x', min: from, max: 1, interval: from === 0 ? 0.1 : 0.05, format: (value) => value.toFixed(2) }),
      yAxis: valueAxis({ min: 0, max: 1, interval: 0.2, format: (value) => value.toFixed(1) }),
      series: [...points.map(({ summary }, index) => line(index, placed(summary.series.cumulative))), marksAbove(thresholds(points))],
    },
  });
  return {
    id,
    title,
    body: legend(points.map(({ label }) => label)) + drawing,
    reading:
      'P(maximum ≤ x) over all intervals of all repetitions. Read upwards from 0.90: the part of the time in which no worker was busier than that. ' +
      'The higher the line, the better; a line that stays low until it leaps up at 1 belongs to a tier in which somebody is saturated most of the time.',
    numbers: {
      head: ['P(max ≤ x) at x =', ...tabled.map((x) => x.toFixed(2))],
      rows: points.map(({ label, summary }) => [label, ...tabled.map((x) => fraction(partUpTo(summary.series.cumulative, x)))]),
      marked: points.length > 1,
    },
  };
}

const placed = (cumulative: readonly number[]): readonly (readonly [number, number])[] =>
  cumulative.map((part, index) => [index / (cumulative.length - 1), part]);

const partUpTo = (cumulative: readonly number[], x: number): number => cumulative[Math.round(x * (cumulative.length - 1))] ?? 0;

function thresholds(points: readonly PagePoint[]): readonly Mark[] {
  const all = new Set(points.flatMap(({ summary }) => Object.keys(summary.maxUtilisation.below)));
  return [...all].map((text) => ({ at: Number(text), axis: 'xAxis', text, colour: 'var(--alarm)' }));
}
