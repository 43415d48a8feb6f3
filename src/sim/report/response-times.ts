/**
 * How long answers took: their cumulative distribution over a logarithmic time. The logarithm is our own, since the platform's
 * may differ in its last digit from machine to machine, and the page should not.
 */
import { draw, type Option } from '../../plots/chart.js';
import { legend, notDrawn, type Figure } from '../../plots/figure.js';
import { grid, line, valueAxis, width } from '../../plots/look.js';
import { seconds } from '../../plots/numbers.js';
import { ln } from '../numeric.js';
import type { Summary } from '../summary.js';
import type { PagePoint } from './page-input.js';

const id = 'response-times';
const title = 'Response times';
const valuesMax = 400;

type Distribution = Summary['series']['response'];

const fromTheFirstAttempt = 'from the first attempt to connect to the response, all repetitions together';

/** @param measured what was measured, for the sentence that says how to read it */
export function responseTimesFigure(points: readonly PagePoint[], measured = fromTheFirstAttempt): Figure {
  const all = points.map(({ summary }) => summary.series.response.filter(([bound]) => bound > 0));
  const ticks = tickTimes(all);
  const [first, last] = [ticks[0], ticks.at(-1)];
  if (first === undefined || last === undefined) return notDrawn(id, title, 'no request was completed.');
  const drawing = draw({
    id,
    title,
    description: `${points.length} lines; horizontal the response time from ${seconds(first)} to ${seconds(last)}, vertical the part of the responses up to it.`,
    width,
    height: 320,
    option: {
      grid: grid(16, 48),
      xAxis: timeAxis(ticks),
      yAxis: valueAxis({ min: 0, max: 1, interval: 0.2, format: (value) => value.toFixed(1) }),
      series: all.map((distribution, index) => line(index, drawn(distribution, first, last))),
    },
  });
  return {
    id,
    title,
    body: legend(points.map(({ label }) => label)) + drawing,
    reading:
      `The part of the completed requests that were answered within the time below, ${measured}. ` +
      'Failed requests are in the table, not here. The last few per cent are those that met a saturated or a dead worker.',
    numbers: {
      head: ['answered within', ...quantiles.map((part) => `${Number((100 * part).toFixed(1))} %`), 'mean'],
      rows: points.map(({ label, summary }) => [label, ...quantilesOf(summary), seconds(summary.response.mean)]),
      marked: points.length > 1,
    },
  };
}

function timeAxis(ticks: readonly number[]): Option {
  const places = ticks.map(log10);
  const ends = { min: Math.min(...places), max: Math.max(...places) };
  return valueAxis({ name: 'response time, logarithmic', ...ends, ticks: places, format: (place) => labelAt(place, ticks) });
}

const ln10 = ln(10);
const log10 = (value: number): number => ln(value) / ln10;

/** 1, 2 and 5 of each decade, of the range that matters; only 1 when that is more than three decades. */
function tickTimes(all: readonly Distribution[]): readonly number[] {
  const bounds = all.flatMap((distribution) => [...upTo(distribution, 0.005), ...upTo(distribution, 0.999)]).map(([bound]) => bound);
  if (bounds.length === 0) return [];
  const [least, most] = [Math.min(...bounds), Math.max(...bounds)];
  const steps = decades.flatMap((decade) => (most / least > 1000 ? [decade] : [decade, 2 * decade, 5 * decade]));
  const from = Math.max(0, steps.findLastIndex((step) => step < least));
  const to = steps.findIndex((step) => step >= most);
  return steps.slice(from, to < 0 ? undefined : to + 1);
}

/** 1 µs to 10 million seconds, written so that each is the nearest number to what it says. */
const decades = Array.from({ length: 14 }, (_, index) => Number(`1e${index - 6}`));

/** The first that holds so large a part of the responses, if any. */
const upTo = (distribution: Distribution, part: number): Distribution => distribution.filter(([, reached]) => reached >= part).slice(0, 1);

const labelAt = (value: number, ticks: readonly number[]): string => {
  const nearest = ticks.find((tick) => Math.abs(log10(tick) - value) < 1e-9);
  return nearest === undefined ? '' : seconds(nearest);
};

/** From nothing at the left edge, through the bounds in between, to the right edge. */
function drawn(distribution: Distribution, first: number, last: number): readonly (readonly [number, number])[] {
  if (distribution.length === 0) return [];
  const step = Math.ceil(distribution.length / valuesMax);
  const inside = distribution.filter(([bound]) => bound >= first && bound <= last);
  const kept = inside.filter((_, index) => index % step === 0 || index === inside.length - 1);
  const before = distribution.findLast(([bound]) => bound < first)?.[1] ?? 0;
  const after = kept.at(-1)?.[1] ?? before;
  return [[log10(first), before], ...kept.map(([bound, part]) => [log10(bound), part] as const), [log10(last), after]];
}

const quantiles = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

/** Those of the headline as they stand there, the others by the bounds of the distribution. */
function quantilesOf({ response, series }: Summary): readonly string[] {
  const known = new Map([[0.5, response.p50], [0.95, response.p95], [0.99, response.p99]]);
  const last = series.response.at(-1);
  if (last === undefined) return quantiles.map(() => '–');
  return quantiles.map((part) => seconds(known.get(part) ?? (upTo(series.response, part)[0] ?? last)[0]));
}
