/**
 * Utilisation of each worker over time, as a map of cells. All cells of one shade are one path, and neighbours in a row one
 * rectangle, so that 200 workers over five hours are less than a megabyte.
 */
import { draw, type Option, type Place } from '../../plots/chart.js';
import { peaks } from '../../plots/downsample.js';
import { notDrawn, type Figure, type Table } from '../../plots/figure.js';
import { categoryAxis, grid, timeAxis, width } from '../../plots/look.js';
import { fraction, percent, timeUnit } from '../../plots/numbers.js';
import { panel } from '../../plots/panel.js';
import type { Summary } from '../summary.js';
import type { PagePoint } from './page-input.js';

const id = 'heat-map';
const title = 'Utilisation of each worker over time';
const pointsMax = 4;
/** Columns × rows: what a page can carry and a screen can show. */
const cellsMax = 26_000;
const columnsMax = 260;

/** From `least` up. The two above the usual thresholds have colours of their own. */
const shades = [
  ...Array.from({ length: 9 }, (_, index) => ({ least: index / 10, fill: 'var(--heat)', opacity: 0.04 + index * 0.08 })),
  { least: 0.9, fill: 'var(--warm)', opacity: 0.9 },
  { least: 0.98, fill: 'var(--hot)', opacity: 1 },
];

export function heatMapFigure(points: readonly PagePoint[]): Figure {
  if (points.length > pointsMax) return notDrawn(id, title, `it is made for up to ${pointsMax} points; simulate those that you want to see without the others.`);
  const withCells = points.filter(({ summary }) => summary.series.utilisation.some(({ length }) => length > 0));
  if (withCells.length === 0) return notDrawn(id, title, 'no interval was finished.');
  const maps = points.map((point, index) => panel(points, index, drawMap(point, index)));
  return {
    id,
    title,
    body: scale() + maps.join('\n'),
    reading:
      'First repetition; a row is a worker, a column one interval or, of long runs, the highest of several. ' +
      'Red cells that wander from row to row are the hot spot that long-run shares average away; a row that stays red is a worker that gets too much.',
    numbers: summaryTable(points),
  };
}

function drawMap({ label, summary }: PagePoint, index: number): string {
  const { utilisation } = summary.series;
  const intervals = Math.max(0, ...utilisation.map(({ length }) => length));
  if (intervals === 0) return '<p class="none">No interval was finished.</p>';
  const columns = Math.min(intervals, columnsMax, Math.ceil(cellsMax / utilisation.length));
  const rows = utilisation.map((values) => peaks(values, columns));
  const unit = timeUnit(intervals * summary.intervalS);
  const totalUnits = (intervals * summary.intervalS) / unit.seconds;
  const names = utilisation.map((_, worker) => summary.workers[worker]?.name ?? `w${worker + 1}`);
  return draw({
    id: `${id}-${index}`,
    title: `${title}, ${label}`,
    description: `${rows.length} rows of ${columns} cells, darker where the worker is busier.`,
    width,
    height: 60 + Math.min(600, Math.max(40, 18 * rows.length)),
    option: {
      grid: { ...grid(12, 48), left: gutter(names) },
      xAxis: timeAxis(unit, totalUnits),
      yAxis: { ...categoryAxis(names), inverse: true },
      series: [cells(rows, totalUnits / columns)],
    },
  });
}

/** Room for the longest name. */
const gutter = (names: readonly string[]): number => Math.min(200, 24 + 7 * Math.max(...names.map(({ length }) => length)));

/** @param columnUnits width of a cell on the time axis. */
function cells(rows: readonly (readonly number[])[], columnUnits: number): Option {
  const renderItem = (_: unknown, place: Place): Option => {
    const level = place.value(2);
    const box = ({ row, from, to }: Span): string => {
      const [x = 0, middle = 0] = place.coord([from * columnUnits, row]);
      const [end = 0] = place.coord([to * columnUnits, row]);
      const half = (place.size([0, 1])[1] ?? 0) / 2;
      return `M${Math.round(x)} ${Math.round(middle - half)}H${Math.round(end)}V${Math.round(middle + half)}H${Math.round(x)}Z`;
    };
    const pathData = rows.flatMap((values, row) => spans(values, row, level)).map(box).join('');
    const { fill, opacity } = shades[level] ?? { fill: 'none', opacity: 0 };
    return { type: 'path', shape: { pathData }, style: { fill, opacity } };
  };
  return { type: 'custom', renderItem, data: shades.map((_, level) => [0, 0, level]) };
}

interface Span {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

const levelOf = (value: number): number => shades.findLastIndex(({ least }) => value >= least);

/** Stretches of a row that have this shade. */
export function spans(values: readonly number[], row: number, level: number): readonly Span[] {
  const found: Span[] = [];
  let from = -1;
  for (let column = 0; column <= values.length; column++) {
    const value = values[column];
    const inside = value !== undefined && levelOf(value) === level;
    if (inside && from < 0) from = column;
    if (inside || from < 0) continue;
    found.push({ row, from, to: column });
    from = -1;
  }
  return found;
}

function scale(): string {
  const items = shades.map(({ least, fill, opacity }) => {
    const swatch = `<svg class="mark" viewBox="0 0 26 12" width="26" height="12" aria-hidden="true"><rect width="26" height="12" fill="${fill}" fill-opacity="${opacity.toFixed(2)}" /></svg>`;
    return `<li>${swatch}${least === 0 ? 'utilisation from 0' : least}</li>`;
  });
  return `<ul class="legend">${items.join('')}</ul>\n`;
}

function summaryTable(points: readonly PagePoint[]): Table {
  const row = (label: string, { series, workers }: Summary): readonly (readonly string[])[] =>
    series.utilisation.map((values, index) => [
      `${points.length === 1 ? '' : `${label}, `}${workers[index]?.name ?? `w${index + 1}`}`,
      fraction(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)),
      fraction(values.reduce((high, value) => Math.max(high, value), 0)),
      percent(values.filter((value) => value >= 0.9).length / Math.max(1, values.length)),
    ]);
  return {
    head: ['worker, first repetition', 'mean', 'largest', 'intervals from 0.9 up'],
    rows: points.flatMap(({ label, summary }) => row(label, summary)),
  };
}
