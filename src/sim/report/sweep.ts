/**
 * What a number that was swept does: one figure for each key whose values are numbers, one line for each combination of the
 * others.
 */
import { draw, type Option } from '../../plots/chart.js';
import { legend, type Figure } from '../../plots/figure.js';
import { colour, grid, line, valueAxis, width } from '../../plots/look.js';
import { estimate, fraction } from '../../plots/numbers.js';
import type { PagePoint } from './page-input.js';

interface Group {
  readonly label: string;
  /** Points by their place on the axis. */
  readonly at: readonly (PagePoint | undefined)[];
}

/** What is drawn against the key. */
interface Measure {
  readonly name: string;
  readonly mean: (point: PagePoint) => number | undefined;
  readonly halfWidth: (point: PagePoint) => number;
  readonly max?: number;
}

export function sweepFigures(points: readonly PagePoint[]): readonly Figure[] {
  const keys = Object.keys(points[0]?.settings ?? {});
  return keys.flatMap((key, index) => {
    const values = [...new Set(points.map(({ settings }) => settings[key] ?? ''))];
    const numeric = values.length > 1 && values.every((value) => value.trim() !== '' && Number.isFinite(Number(value)));
    return numeric ? [sweepFigure(points, key, values.toSorted((one, other) => Number(one) - Number(other)), `sweep-${index}`)] : [];
  });
}

function sweepFigure(points: readonly PagePoint[], key: string, values: readonly string[], id: string): Figure {
  const groups = grouped(points, key, values);
  const threshold = thresholdOf(points);
  const measures = [belowMeasure(threshold), requestsMeasure];
  const drawings = measures.map((measure, index) => drawMeasure(measure, groups, key, values, `${id}-${index}`));
  return {
    id,
    title: `What ${key} does`,
    body: legend(groups.map(({ label }) => label)) + drawings.join('\n'),
    reading:
      `Above: the part of the time in which no worker was busier than ${threshold}, with the 95 % confidence interval over the repetitions. ` +
      'Below: questions that reach the authority for each session, the price of control. ' +
      'The values on the horizontal axis stand at equal distances, whatever lies between them.',
    numbers: {
      head: [key, ...groups.flatMap(({ label }) => [`${label === '' ? '' : `${label}: `}P(max < ${threshold})`, 'address requests per session'])],
      rows: values.map((value, place) => [value, ...groups.flatMap(({ at }) => cellsOf(at[place], threshold))]),
    },
  };
}

function grouped(points: readonly PagePoint[], key: string, values: readonly string[]): readonly Group[] {
  const nameOf = ({ settings }: PagePoint): string =>
    Object.entries(settings).flatMap(([other, value]) => (other === key ? [] : [`${other} ${value}`])).join(', ');
  const labels = [...new Set(points.map(nameOf))];
  return labels.map((label) => {
    const own = points.filter((point) => nameOf(point) === label);
    return { label, at: values.map((value) => own.find(({ settings }) => settings[key] === value)) };
  });
}

/** 0.90 where it is reported, as in the papers. */
function thresholdOf(points: readonly PagePoint[]): string {
  const reported = Object.keys(points[0]?.summary.maxUtilisation.below ?? {});
  return reported.includes('0.90') ? '0.90' : (reported[0] ?? '0.90');
}

const belowMeasure = (threshold: string): Measure => ({
  name: `P(max < ${threshold})`,
  mean: ({ summary }) => summary.maxUtilisation.below[threshold]?.mean,
  halfWidth: ({ summary }) => summary.maxUtilisation.below[threshold]?.halfWidth ?? 0,
  max: 1,
});

const requestsMeasure: Measure = {
  name: 'address requests per session',
  mean: ({ summary }) => summary.addressRequestsPerSession,
  halfWidth: () => 0,
};

function drawMeasure(measure: Measure, groups: readonly Group[], key: string, values: readonly string[], id: string): string {
  const { name, max } = measure;
  const places = values.map((_, place) => place);
  const range = max === undefined ? { min: 0 } : { min: 0, max };
  return draw({
    id,
    title: `${name} against ${key}`,
    description: `${groups.length} lines over ${values.join(', ')}.`,
    width,
    height: 260,
    option: {
      grid: grid(30, 48),
      xAxis: valueAxis({ name: key, min: -0.5, max: values.length - 0.5, ticks: places, format: (place) => values[place] ?? '' }),
      yAxis: { ...valueAxis({ name, ...range }), nameLocation: 'end', nameGap: 12, nameTextStyle: { align: 'left', color: 'var(--soft)' } },
      series: groups.flatMap((group, index) => groupLines(measure, group, index, groups.length)),
    },
  });
}

/** The line with its dots, and the confidence intervals as strokes of their own. */
function groupLines({ mean, halfWidth, max = Infinity }: Measure, { at }: Group, index: number, count: number): readonly Option[] {
  // Beside each other, so that intervals at the same value can be told apart.
  const shift = (index - (count - 1) / 2) * Math.min(0.05, 0.5 / count);
  const known = at.flatMap((point, place) => {
    const value = point === undefined ? undefined : mean(point);
    return point === undefined || value === undefined ? [] : [{ x: place + shift, value, half: halfWidth(point) }];
  });
  const strokes = known.flatMap(({ x, value, half }) => [[x, Math.max(0, value - half)], [x, Math.min(max, value + half)], [x, null]]);
  const dots = { showSymbol: true, symbol: 'circle', symbolSize: 5, clip: false };
  return [
    line(index, known.map(({ x, value }) => [x, value] as const), dots),
    { type: 'line', data: strokes, showSymbol: false, clip: false, lineStyle: { color: colour(index), width: 1.5 } },
  ];
}

function cellsOf(point: PagePoint | undefined, threshold: string): readonly string[] {
  if (point === undefined) return ['–', '–'];
  const below = point.summary.maxUtilisation.below[threshold];
  return [below === undefined ? '–' : estimate(below), fraction(point.summary.addressRequestsPerSession)];
}
