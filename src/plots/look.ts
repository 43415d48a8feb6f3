/**
 * How drawings look: the colours (CSS variables that `style.ts` sets for light and dark), the dashes of the lines, and the
 * axes. Points have one colour and dash each through the whole page.
 */
import type { Option } from './chart.js';
import type { TimeUnit } from './numbers.js';

export const width = 860;
export const left = 56;
export const right = 24;

/** Points that are drawn; beyond, lines hide each other, and the table has them all. */
export const pointsMax = 16;

const colours = 8;
const dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3]] as const;

export const colour = (index: number): string => `var(--c${index % colours})`;

const dash = (index: number): readonly number[] => dashes[Math.floor(index / colours) % dashes.length] ?? [];

/** A short piece of the point's line. */
export function marker(index: number): string {
  const stroke = `stroke="${colour(index)}" stroke-width="3" stroke-dasharray="${dash(index).join(',') || 'none'}"`;
  return `<svg class="mark" viewBox="0 0 26 10" width="26" height="10" aria-hidden="true"><path d="M0 5H26" fill="none" ${stroke} /></svg>`;
}

export function line(index: number, data: readonly (readonly [number, number | null])[], more: Option = {}): Option {
  const lineStyle = { color: colour(index), width: 1.75, type: dash(index).length === 0 ? 'solid' : dash(index), join: 'round' };
  return { type: 'line', data, showSymbol: false, lineStyle, itemStyle: { color: colour(index) }, ...more };
}

export const grid = (top: number, bottom: number): Option => ({ left, right, top, bottom, outerBoundsMode: 'none' });

const text = { color: 'var(--soft)', fontSize: 12 };

export interface AxisNeeds {
  readonly name?: string;
  readonly min?: number;
  readonly max?: number;
  /** Where the labels stand, and only there. */
  readonly ticks?: readonly number[];
  readonly interval?: number;
  readonly format?: (value: number) => string;
}

export function valueAxis({ name, min, max, ticks, interval, format = String }: AxisNeeds): Option {
  const places = ticks === undefined ? {} : { customValues: ticks };
  return {
    type: 'value',
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(interval === undefined ? {} : { interval }),
    axisLine: { show: true, onZero: false, lineStyle: { color: 'var(--line)' } },
    axisTick: { show: true, lineStyle: { color: 'var(--line)' }, ...places },
    axisLabel: { ...text, formatter: format, ...places },
    splitLine: { show: ticks === undefined, lineStyle: { color: 'var(--faint)' } },
    ...named(name),
  };
}

/** Labels at round numbers only: the measured time rarely ends at one. */
export function timeAxis({ name }: TimeUnit, max: number): Option {
  const step = roundSteps.find((candidate) => max / candidate <= 10) ?? max;
  const ticks = Array.from({ length: Math.floor(max / step) + 1 }, (_, index) => index * step);
  return valueAxis({ name: `${name} since the measured time began`, min: 0, max, ticks, format: (value) => String(Number(value.toPrecision(4))) });
}

const roundSteps = [0.01, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

export function categoryAxis(data: readonly string[], name?: string): Option {
  return {
    type: 'category',
    data,
    axisLine: { lineStyle: { color: 'var(--line)' } },
    axisTick: { show: false },
    axisLabel: { ...text, hideOverlap: true },
    ...named(name),
  };
}

const named = (name: string | undefined): Option =>
  name === undefined ? {} : { name, nameLocation: 'middle', nameGap: 28, nameTextStyle: text };

export interface Mark {
  readonly at: number;
  readonly axis: 'xAxis' | 'yAxis';
  readonly text: string;
  readonly colour: string;
  /** Of the text: beside the line's end by default. */
  readonly label?: Option;
}

/** Straight lines across the plot, above what else is in it. */
export function marksAbove(marks: readonly Mark[]): Option {
  const data = marks.map(({ at, axis, text: words, colour: color, label }) => ({
    [axis]: at,
    lineStyle: { color, type: [4, 3], width: 1 },
    label: { formatter: () => words, color, fontSize: 11, textBorderWidth: 0, ...label },
  }));
  return { type: 'line', data: [], z: 9, markLine: { symbol: 'none', silent: true, data } };
}
