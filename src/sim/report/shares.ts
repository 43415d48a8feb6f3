/**
 * What each worker got, against what its capacity entitles it to, and how busy that made it. Bars as long as they can be
 * told apart; beyond, workers in order of what they got.
 */
import { draw, type Option, type Place } from '../../plots/chart.js';
import { legend, notDrawn, type Figure, type Table } from '../../plots/figure.js';
import { categoryAxis, colour, grid, line, marksAbove, valueAxis, width } from '../../plots/look.js';
import { percent } from '../../plots/numbers.js';
import type { Summary, WorkerSummary } from '../summary.js';
import type { PagePoint } from './page-input.js';

const id = 'shares';
const title = 'Share and utilisation of each worker';
const barsMax = 150;

export function sharesFigure(points: readonly PagePoint[]): Figure {
  const names = [...new Set(points.flatMap(({ summary }) => summary.workers.map(({ name }) => name)))];
  if (names.length === 0) return notDrawn(id, title, 'there are no workers.');
  const inBars = names.length * points.length <= barsMax;
  const drawings = inBars ? [shareBars(points, names), utilisationBars(points, names)] : [ranked(points, 'share'), ranked(points, 'utilisation')];
  return {
    id,
    title,
    body: legend(points.map(({ label }) => label)) + drawings.join('\n'),
    reading:
      (inBars
        ? 'Above: part of all requests, with a stroke at the part that the capacity entitles to. '
        : 'Above: share relative to what the capacity entitles to (1 is fair), the most favoured worker first. ') +
      'Below: part of the measured time in which the worker was busy. Both are averages over the whole time: they can look even while one worker at a time is saturated, ' +
      'because the hot spot moves. The first two figures tell.',
    numbers: numbersTable(points, names),
  };
}

const capacityOf = ({ workers }: Summary): number => workers.reduce((sum, { capacity }) => sum + capacity, 0);

const entitled = (summary: Summary, { capacity }: WorkerSummary): number => {
  const total = capacityOf(summary);
  return total === 0 ? 0 : capacity / total;
};

const named = ({ workers }: Summary, name: string): WorkerSummary | undefined => workers.find((worker) => worker.name === name);

function shareBars(points: readonly PagePoint[], names: readonly string[]): string {
  const strokes = points.flatMap(({ summary }, slot) =>
    names.flatMap((name, index) => {
      const worker = named(summary, name);
      return worker === undefined ? [] : [[index, entitled(summary, worker), slot]];
    }),
  );
  const values = points.flatMap(({ summary }) => summary.workers.flatMap((worker) => [worker.share, entitled(summary, worker)]));
  return draw({
    id: `${id}-bars`,
    title: 'Share of the requests by worker',
    description: `${names.length} workers, ${points.length} bars each; the stroke on a bar is its fair share.`,
    width,
    height: 270,
    option: {
      grid: grid(16, 48),
      xAxis: categoryAxis(names, 'share of the requests'),
      yAxis: valueAxis({ min: 0, ...(Math.max(...values) > 0 ? {} : { max: 1 }), format: (value) => `${Number((100 * value).toFixed(2))} %` }),
      series: [...bars(points, names, ({ share }) => share), fairStrokes(strokes, points.length)],
    },
  });
}

function utilisationBars(points: readonly PagePoint[], names: readonly string[]): string {
  return draw({
    id: `${id}-utilisation`,
    title: 'Utilisation by worker',
    description: `${names.length} workers, ${points.length} bars each, from 0 to 1.`,
    width,
    height: 220,
    option: {
      grid: grid(16, 48),
      xAxis: categoryAxis(names, 'utilisation'),
      yAxis: valueAxis({ min: 0, max: 1, interval: 0.5 }),
      series: bars(points, names, ({ utilisation }) => utilisation),
    },
  });
}

/** Part of a worker's place that its bars fill, without gaps between them: `fairStrokes` counts on it. */
const filled = 0.76;

const bars = (points: readonly PagePoint[], names: readonly string[], value: (worker: WorkerSummary) => number): readonly Option[] =>
  points.map(({ summary }, index) => ({
    type: 'bar',
    barGap: '0%',
    barCategoryGap: `${Math.round(100 * (1 - filled))}%`,
    itemStyle: { color: colour(index), opacity: 0.78 },
    data: names.map((name) => {
      const worker = named(summary, name);
      return worker === undefined ? null : value(worker);
    }),
  }));

/** @param strokes [worker, share, which of its bars]. */
function fairStrokes(strokes: readonly (readonly number[])[], slots: number): Option {
  const renderItem = (_: unknown, place: Place): Option => {
    const [x = 0, y = 0] = place.coord([place.value(0), place.value(1)]);
    const whole = (place.size([1, 0])[0] ?? 0) * filled;
    const from = x - whole / 2 + (whole * place.value(2)) / slots;
    return { type: 'line', shape: { x1: from, x2: from + whole / slots, y1: y, y2: y }, style: { stroke: 'var(--ink)', lineWidth: 2 } };
  };
  return { type: 'custom', renderItem, data: strokes, z: 5 };
}

function ranked(points: readonly PagePoint[], what: 'share' | 'utilisation'): string {
  const values = points.map(({ summary }) =>
    summary.workers
      .map((worker) => (what === 'utilisation' ? worker.utilisation : relativeShare(summary, worker)))
      .toSorted((one, other) => other - one),
  );
  const count = Math.max(...values.map(({ length }) => length));
  const name = what === 'share' ? 'workers by share ÷ fair share' : 'workers by utilisation';
  const fair = what === 'share' ? [marksAbove([{ at: 1, axis: 'yAxis', text: '', colour: 'var(--ink)' }])] : [];
  return draw({
    id: `${id}-${what}-ranked`,
    title: name,
    description: `${points.length} falling lines over ${count} workers.`,
    width,
    height: 250,
    option: {
      grid: grid(16, 48),
      xAxis: valueAxis({ name, min: 0, max: count }),
      yAxis: valueAxis({ min: 0, ...(what === 'utilisation' ? { max: 1, interval: 0.5 } : {}) }),
      series: [...values.map((list, index) => line(index, list.flatMap(stair))), ...fair],
    },
  });
}

const stair = (value: number, rank: number): readonly (readonly [number, number])[] => [[rank, value], [rank + 1, value]];

function relativeShare(summary: Summary, worker: WorkerSummary): number {
  const fair = entitled(summary, worker);
  return fair === 0 ? 0 : worker.share / fair;
}

function numbersTable(points: readonly PagePoint[], names: readonly string[]): Table {
  const before = (label: string): string => (points.length === 1 ? '' : `${label}: `);
  return {
    head: ['worker', ...points.flatMap(({ label }) => [`${before(label)}share`, 'fair share', 'utilisation', 'failed attempts'])],
    rows: names.map((name) => [
      name,
      ...points.flatMap(({ summary }) => {
        const worker = named(summary, name);
        if (worker === undefined) return ['–', '–', '–', '–'];
        const { share, utilisation, failedAttempts } = worker;
        return [percent(share), percent(entitled(summary, worker)), percent(utilisation), String(failedAttempts)];
      }),
    ]),
  };
}
