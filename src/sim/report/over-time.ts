/**
 * Maximum utilisation over time, one panel a point: lines that jump each interval would hide each other in one plot.
 * What happens in the scenario stands as marks in each panel, and in words above the first.
 */
import { draw, type Option, type Place } from '../../plots/chart.js';
import { stretches, type Stretch } from '../../plots/downsample.js';
import { notDrawn, type Figure, type Table } from '../../plots/figure.js';
import { colour, grid, left, line, marksAbove, right, timeAxis, valueAxis, width, type Mark } from '../../plots/look.js';
import { fraction, percent, seconds, timeUnit, type TimeUnit } from '../../plots/numbers.js';
import { panel } from '../../plots/panel.js';
import type { ChangeSummary, Summary } from '../summary.js';
import type { PagePoint } from './page-input.js';

const id = 'over-time';
const title = 'Maximum utilisation over time';
/** Up to so many intervals are drawn as the steps that they are; more become so many stretches. */
const stepsMax = 240;
const parts = 10;

export function overTimeFigure(points: readonly PagePoint[]): Figure {
  const all = points.flatMap(({ summary }) => summary.series.maxUtilisation);
  if (all.length === 0) return notDrawn(id, title, 'no interval was finished.');
  const from = least(all) < 0.5 ? 0 : 0.5;
  return {
    id,
    title,
    body: points.map((point, index) => panel(points, index, drawPanel(point, index, points.length, from))).join('\n'),
    reading:
      'For each interval of the first repetition, the utilisation of the worker that was busiest in it, which need not be the one of the interval before. ' +
      'Dashed: the thresholds of the table. Above them somebody waits, however even the long-run shares are. ' +
      `More than ${stepsMax} intervals become stretches: the line is the mean of each, the band goes from its smallest to its largest value, so no peak is lost.`,
    numbers: partsTable(points),
  };
}

function drawPanel({ label, summary }: PagePoint, index: number, count: number, from: number): string {
  const values = summary.series.maxUtilisation;
  if (values.length === 0) return '<p class="none">No interval was finished.</p>';
  const unit = timeUnit(values.length * summary.intervalS);
  const totalUnits = (values.length * summary.intervalS) / unit.seconds;
  const changes = eventMarks(summary.changes, unit, totalUnits, index === 0);
  const [top, bottom] = [12 + 15 * changes.rows, index === count - 1 ? 44 : 22];
  const axis = timeAxis(unit, totalUnits);
  return draw({
    id: `${id}-${index}`,
    title: `${title}, ${label}`,
    description: `From ${fraction(least(values))} to ${fraction(most(values))} in ${values.length} intervals of ${seconds(summary.intervalS)}.`,
    width,
    height: top + (count === 1 ? 230 : count <= 4 ? 130 : 80) + bottom,
    option: {
      grid: grid(top, bottom),
      xAxis: index === count - 1 ? axis : { ...axis, name: '' },
      yAxis: valueAxis({ min: from, max: 1, interval: (1 - from) / 2 }),
      series: [...timed(summary, unit, index), marksAbove([...thresholdMarks(summary), ...changes.marks])],
    },
  });
}

function timed({ series: { maxUtilisation: values }, intervalS }: Summary, unit: TimeUnit, index: number): readonly Option[] {
  const at = (place: number): number => (place * intervalS) / unit.seconds;
  const solid = { lineStyle: { color: colour(index), width: 1.75 } };
  if (values.length <= stepsMax) {
    return [line(index, values.flatMap((value, place) => [[at(place), value] as const, [at(place + 1), value] as const]), solid)];
  }
  const all = stretches(values, stepsMax);
  return [band(all, at, colour(index)), line(index, all.map(({ from, to, mean }) => [at((from + to) / 2), mean] as const), solid)];
}

/** Everything between the smallest and the largest value: out along the top, back along the bottom. */
function band(all: readonly Stretch[], at: (place: number) => number, fill: string): Option {
  const top = all.flatMap(({ from, to, most: value }) => [[at(from), value], [at(to), value]]);
  const bottom = all.flatMap(({ from, to, least: value }) => [[at(from), value], [at(to), value]]);
  const outline = [...top, ...bottom.reverse()];
  const renderItem = (_: unknown, place: Place): Option => ({
    type: 'polygon',
    shape: { points: outline.map((point) => place.coord(point)) },
    style: { fill, opacity: 0.3 },
  });
  return { type: 'custom', renderItem, data: [[0, 0]] };
}

const most = (values: readonly number[]): number => values.reduce((high, value) => Math.max(high, value), 0);
const least = (values: readonly number[]): number => values.reduce((low, value) => Math.min(low, value), 1);

const thresholdMarks = ({ maxUtilisation: { below } }: Summary): readonly Mark[] =>
  Object.keys(below).map((threshold) => ({ at: Number(threshold), axis: 'yAxis', text: '', colour: 'var(--alarm)' }));

/** Texts are put in as many rows as they need not to run into each other, five at most. */
export function eventMarks(
  changes: readonly ChangeSummary[],
  unit: TimeUnit,
  totalUnits: number,
  withText: boolean,
): { readonly rows: number; readonly marks: readonly Mark[] } {
  const rowEnds: number[] = [];
  const inTime = changes.map(({ atS, what }) => ({ at: atS / unit.seconds, what })).filter(({ at }) => at <= totalUnits);
  const marks = inTime.toSorted((one, other) => one.at - other.at).map(({ at, what }): Mark => {
    const mark = { at, axis: 'xAxis', colour: 'var(--event)' } as const;
    const x = left + ((width - left - right) * at) / totalUnits;
    const textWidth = 6.2 * what.length;
    const align = x + textWidth > width ? 'right' : 'left';
    const [from, to] = align === 'left' ? [x, x + textWidth] : [x - textWidth, x];
    const free = rowEnds.findIndex((end) => end < from);
    const row = free < 0 ? rowEnds.length : free;
    if (!withText || row >= 5) return { ...mark, text: '' };
    rowEnds[row] = to + 12;
    return { ...mark, text: what, label: eventLabel(align, row) };
  });
  return { rows: rowEnds.length, marks };
}

const eventLabel = (align: 'left' | 'right', row: number): Option => ({ position: 'end', align, distance: 6 + 15 * row });

function partsTable(points: readonly PagePoint[]): Table {
  const columns = Math.min(parts, Math.max(...points.map(({ summary }) => summary.series.maxUtilisation.length)));
  const head = ['largest in each part of the time', ...Array.from({ length: columns }, (_, index) => `to ${percent((index + 1) / columns)}`)];
  const rows = points.map(({ label, summary: { series: { maxUtilisation: values } } }) => {
    const cells = stretches(values, columns).map((stretch) => fraction(stretch.most));
    return [label, ...Array.from({ length: columns }, (_, index) => cells[index] ?? '–')];
  });
  return { head, rows, marked: points.length > 1 };
}
