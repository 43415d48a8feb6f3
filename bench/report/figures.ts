/**
 * The drawings of a benchmark: the load of each worker over time, and its share with an interval. Latencies are drawn as for
 * simulations.
 */
import { escapeHtml } from '../../src/html.js';
import { draw, type Option, type Place } from '../../src/plots/chart.js';
import { peaks } from '../../src/plots/downsample.js';
import { legend, notDrawn, type Figure } from '../../src/plots/figure.js';
import { categoryAxis, colour, grid, line, marksAbove, timeAxis, valueAxis, width, type Mark } from '../../src/plots/look.js';
import { percent, timeUnit } from '../../src/plots/numbers.js';
import type { Estimate } from '../../src/sim/statistics.js';
import type { About, ContenderResult } from '../rotation/result.js';

/** Lines that can be told apart. */
const linesMax = 16;
/** Points of a line: more than the drawing has columns say nothing. */
const pointsMax = 800;

/** Requests a second of each worker, the rounds one after the other. */
export function loadOverTime(contenders: readonly ContenderResult[], about: About): Figure {
  const [id, title] = ['load-over-time', 'Load of each worker over time'];
  const most = Math.max(0, ...contenders.flatMap(({ series }) => series.requests.flat())) / realInterval(about);
  if (contenders.length === 0 || most === 0) return notDrawn(id, title, 'no interval was finished.');
  const names = contenders[0]?.workers.map(({ name }) => name) ?? [];
  const panels = contenders.map((contender, index) => {
    // Without the contender's mark: here colours are workers.
    return `<div class="panel"><h3>${escapeHtml(contender.name)}</h3>\n${loadPanel(contender, index, contenders.length, about, most)}</div>`;
  });
  return {
    id,
    title,
    body: legend(names.length > linesMax ? ['busiest worker of the interval', 'mean'] : names) + panels.join('\n'),
    reading:
      `Requests a second by interval of ${about.intervalS} s, read off each worker's own metrics; the measured parts of the rounds stand one after the other, ` +
      'with a stroke between them. Lines that lie on each other are an even load; a line that leaps up and down while the long-run shares are even is a worker that is flooded and starved in turns.',
  };
}

const realInterval = ({ intervalS, speed }: About): number => intervalS / speed;

function loadPanel({ name, series }: ContenderResult, index: number, count: number, about: About, most: number): string {
  const intervals = series.requests[0]?.length ?? 0;
  const unit = timeUnit(intervals * about.intervalS);
  const total = (intervals * about.intervalS) / unit.seconds;
  const last = index === count - 1;
  const axis = timeAxis(unit, total);
  const rates = series.requests.map((values) => values.map((value) => value / realInterval(about)));
  const lines = rates.length > linesMax ? extremes(rates) : rates;
  return draw({
    id: `load-over-time-${index}`,
    title: `Load of each worker over time, ${name}`,
    description: `${lines.length} lines over ${intervals} intervals, up to ${most.toFixed(0)} requests a second.`,
    width,
    height: 12 + (count <= 3 ? 190 : 120) + (last ? 44 : 22),
    option: {
      grid: grid(12, last ? 44 : 22),
      xAxis: last ? axis : { ...axis, name: '' },
      yAxis: valueAxis({ min: 0, max: niceAbove(most) }),
      series: [...lines.map((values, worker) => line(worker, steps(values, total))), marksAbove(roundMarks(about, total, intervals))],
    },
  });
}

/** The busiest worker of each interval, and the mean. */
function extremes(rates: readonly (readonly number[])[]): number[][] {
  const intervals = rates[0]?.length ?? 0;
  const at = (place: number): number[] => rates.map((values) => values[place] ?? 0);
  const all = Array.from({ length: intervals }, (_, place) => at(place));
  return [all.map((values) => Math.max(...values)), all.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length)];
}

function steps(values: readonly number[], total: number): (readonly [number, number])[] {
  const shown = peaks(values, pointsMax);
  const width = total / shown.length;
  return shown.flatMap((value, place) => [[place * width, value] as const, [(place + 1) * width, value] as const]);
}

function roundMarks({ measuredS, intervalS }: About, total: number, intervals: number): Mark[] {
  const perRound = Math.floor(measuredS / intervalS + 1e-9);
  const rounds = Math.round(intervals / perRound);
  const mark = { axis: 'xAxis', text: '', colour: 'var(--line)' } as const;
  return Array.from({ length: Math.max(0, rounds - 1) }, (_, round): Mark => ({ ...mark, at: ((round + 1) / rounds) * total }));
}

/** 1, 2 or 5 times a power of ten, or half way, so that the axis ends at a label. */
function niceAbove(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * step >= value) ?? 10) * step;
}

/** Bars beyond which they cannot be told apart. */
const barsMax = 120;

/** What each worker got, with a 95 % interval over the rounds, and a stroke at its fair part. */
export function shareBars(contenders: readonly ContenderResult[]): Figure {
  const [id, title] = ['shares', 'Share of each worker'];
  const names = contenders[0]?.workers.map(({ name }) => name) ?? [];
  if (names.length === 0) return notDrawn(id, title, 'no round was complete.');
  if (names.length * contenders.length > barsMax) return notDrawn(id, title, `it is made for up to ${barsMax} bars; the table below has all workers.`);
  const shares = contenders.map(({ workers }) => workers.map(({ share }) => share));
  const capacities = contenders[0]?.summary.workers.map(({ capacity }) => capacity) ?? [];
  const fair = capacities.map((capacity) => capacity / capacities.reduce((sum, each) => sum + each, 0));
  const most = Math.max(...shares.flat().map(({ mean, halfWidth }) => mean + (halfWidth ?? 0)), ...fair);
  const drawing = draw({
    id: `${id}-bars`,
    title,
    description: `${names.length} workers, ${contenders.length} bars each, with the interval of each and a stroke at its fair share.`,
    width,
    height: 300,
    option: {
      grid: grid(16, 48),
      xAxis: categoryAxis(names, 'share of the requests'),
      yAxis: valueAxis({ min: 0, max: Math.min(1, niceAbove(most)), format: (value) => `${Number((100 * value).toFixed(1))} %` }),
      series: [...shares.map(barsOf), strokes(shares, fair)],
    },
  });
  return {
    id,
    title,
    body: legend(contenders.map(({ name }) => name)) + drawing,
    reading: 'Part of all requests, from the workers’ own metrics: mean over the rounds with its 95 % interval. The stroke is the fair part, by capacity.',
    numbers: {
      head: ['worker', 'fair', ...contenders.map(({ name }) => name)],
      rows: names.map((name, worker) => [name, percent(fair[worker] ?? 0), ...shares.map((of) => shareText(of[worker]))]),
    },
  };
}

const shareText = (share: Estimate | undefined): string =>
  share === undefined ? '–' : `${percent(share.mean)}${share.halfWidth === null ? '' : ` ± ${(100 * share.halfWidth).toFixed(1)}`}`;

/** Part of a worker's place that its bars fill. */
const filled = 0.76;

const barsOf = (shares: readonly Estimate[], index: number): Option => ({
  type: 'bar',
  barGap: '0%',
  barCategoryGap: `${Math.round(100 * (1 - filled))}%`,
  itemStyle: { color: colour(index), opacity: 0.78 },
  data: shares.map(({ mean }) => mean),
});

/** For each bar a stroke at the fair share, and its interval from end to end. */
function strokes(shares: readonly (readonly Estimate[])[], fair: readonly number[]): Option {
  const ends = ({ mean, halfWidth }: Estimate): number[] => [mean - (halfWidth ?? 0), mean + (halfWidth ?? 0)];
  const data = shares.flatMap((of, slot) => of.map((share, worker) => [worker, slot, fair[worker] ?? 0, ...ends(share)]));
  const renderItem = (_: unknown, place: Place): Option => {
    // Not `.map(place.value)`: ECharts takes a second number for the place of another item.
    const [worker = 0, slot = 0, fairShare = 0, low = 0, high = 0] = [0, 1, 2, 3, 4].map((dimension) => place.value(dimension));
    const whole = (place.size([1, 0])[0] ?? 0) * filled;
    const y = (value: number): number => place.coord([worker, value])[1] ?? 0;
    const from = (place.coord([worker, 0])[0] ?? 0) - whole / 2 + (whole * slot) / shares.length;
    const to = from + whole / shares.length;
    const middle = (from + to) / 2;
    const stroke = (shape: Option, lineWidth: number): Option => ({ type: 'line', shape, style: { stroke: 'var(--ink)', lineWidth } });
    const cap = Math.min(5, (to - from) / 4);
    return {
      type: 'group',
      children: [
        stroke({ x1: from, x2: to, y1: y(fairShare), y2: y(fairShare) }, 2),
        stroke({ x1: middle, x2: middle, y1: y(low), y2: y(high) }, 1.25),
        stroke({ x1: middle - cap, x2: middle + cap, y1: y(low), y2: y(low) }, 1.25),
        stroke({ x1: middle - cap, x2: middle + cap, y1: y(high), y2: y(high) }, 1.25),
      ],
    };
  };
  return { type: 'custom', renderItem, data, z: 5 };
}
