/**
 * What the figures draw: the lines, the marks and the cells behind the pictures.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buckets, peaks, stretches } from '../../../src/plots/downsample.js';
import { count, seconds } from '../../../src/plots/numbers.js';
import { cumulativeFigure } from '../../../src/sim/report/cumulative.js';
import { moved } from '../../../src/sim/report/headline.js';
import { heatMapFigure, spans } from '../../../src/sim/report/heat-map.js';
import { eventMarks, overTimeFigure } from '../../../src/sim/report/over-time.js';
import { responseTimesFigure } from '../../../src/sim/report/response-times.js';
import { sharesFigure } from '../../../src/sim/report/shares.js';
import { sweepFigures } from '../../../src/sim/report/sweep.js';
import { readMarkup } from '../../support/strict-markup.js';
import { eventful, pointOf, summaryOf, sweepOf } from '../../support/summaries.js';

const part = fc.double({ min: 0, max: 1, noNaN: true });
const series = fc.array(part, { minLength: 1, maxLength: 300 });

describe('downsampling', () => {
  it('cuts into buckets that follow each other, none empty', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 300 }), (length, most) => {
        const cut = buckets(length, most);
        expect(cut.length).toBe(Math.min(length, most));
        expect(cut.every(([from, to], index) => to > from && from === (cut[index - 1]?.[1] ?? 0))).toBe(true);
        expect(cut.at(-1)?.[1] ?? 0).toBe(length);
      }),
    );
  });

  it('loses no peak and no trough', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 50 }), (values, most) => {
        const all = stretches(values, most);
        expect(Math.max(...all.map((stretch) => stretch.most))).toBe(Math.max(...values));
        expect(Math.min(...all.map((stretch) => stretch.least))).toBe(Math.min(...values));
        expect(all.every((stretch) => stretch.least <= stretch.mean + 1e-12 && stretch.mean <= stretch.most + 1e-12)).toBe(true);
        expect(Math.max(...peaks(values, most))).toBe(Math.max(...values));
      }),
    );
  });
});

/** Tenths, then what is above the usual thresholds. */
const shadeOf = (value: number): number => [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98].findLastIndex((least) => value >= least);

describe('the heat map', () => {
  it('puts each cell into its shade', () => {
    fc.assert(
      fc.property(series, (values) => {
        const covered = values.map(() => -1);
        for (let level = 0; level <= 10; level++) {
          for (const { from, to } of spans(values, 0, level)) covered.fill(level, from, to);
        }
        expect(covered).toEqual(values.map(shadeOf));
      }),
    );
  });

  it('joins neighbours, and tells what is above the thresholds', () => {
    const values = [0.91, 0.97, 0.98, 1, 0.9, 0.05];
    expect(spans(values, 3, 9)).toEqual([{ row: 3, from: 0, to: 2 }, { row: 3, from: 4, to: 5 }]);
    expect(spans(values, 3, 10)).toEqual([{ row: 3, from: 2, to: 4 }]);
    expect(spans(values, 3, 0)).toEqual([{ row: 3, from: 5, to: 6 }]);
  });

  it('is drawn for few points only', () => {
    const points = sweepOf(['a', 'b', 'c', 'd', 'e'], ['1'], { intervals: 5 });
    expect(heatMapFigure(points.slice(0, 4)).body.match(/<svg class="drawing"/g)?.length).toBe(4);
    expect(heatMapFigure(points).body).toContain('Not drawn: it is made for up to 4 points');
  });
});

describe('maximum utilisation over time', () => {
  it('draws short series as steps, long ones as a line in a band', () => {
    const short = overTimeFigure([pointOf('', summaryOf({ intervals: 240 }))]).body;
    const long = overTimeFigure([pointOf('', summaryOf({ intervals: 241 }))]).body;
    expect(short).not.toContain('fill-opacity="0.3"');
    expect(long).toContain('fill-opacity="0.3"');
  });

  it('names each event once, above the first panel', () => {
    const { text } = readMarkup(overTimeFigure([pointOf('a', eventful()), pointOf('b', eventful())]).body);
    for (const what of ['w2 dies (refuse)', 'TTL 240 → 30', 'w2 returns', 'flash crowd']) expect(text.split(what).length - 1).toBe(1);
  });

  it('starts at one half unless something is below', () => {
    const drawn = (load: number) => overTimeFigure([pointOf('', summaryOf({ load, skew: 0, intervals: 50 }))]);
    expect(readMarkup(drawn(0.8).body).text).toContain('0.75');
    expect(readMarkup(drawn(0.2).body).text).not.toContain('0.75');
  });

  it('puts the words of close events into rows of their own', () => {
    const movedAfter = { p50: null, p90: null, p99: null };
    const change = (atS: number, what: string) => ({ atS, kind: 'ttl', what, noticedAfterS: null, movedAfter });
    const close = Array.from({ length: 8 }, (_, index) => change(100 + index, `event ${index} with many words`));
    const changes = [...close, change(1000, 'far'), change(9999, 'after the end')];
    const { rows, marks } = eventMarks(changes, { name: 'seconds', seconds: 1 }, 2000, true);
    expect(rows).toBe(5);
    expect(marks.map(({ at }) => at)).toEqual([100, 101, 102, 103, 104, 105, 106, 107, 1000]);
    expect(marks.map(({ text }) => text !== '')).toEqual([true, true, true, true, true, false, false, false, true]);
    expect(new Set(marks.slice(0, 5).map(({ label }) => label?.['distance'])).size).toBe(5);
  });
});

describe('the cumulative distribution', () => {
  it('shows in numbers what it draws', () => {
    const cumulative = Array.from({ length: 101 }, (_, at) => (at < 90 ? 0 : (at - 90) / 10));
    const summary = summaryOf({ intervals: 10 });
    const { numbers } = cumulativeFigure([pointOf('x', { ...summary, series: { ...summary.series, cumulative } })]);
    expect(numbers?.rows).toEqual([['x', '0.000', '0.000', '0.000', '0.000', '0.000', '0.000', '0.500', '0.800', '0.900', '1.000']]);
  });
});

describe('shares', () => {
  it('stand against capacity', () => {
    const workers = [
      { name: 'w1', capacity: 300, share: 0.7, utilisation: 0.8, failedAttempts: 2 },
      { name: 'w2', capacity: 100, share: 0.3, utilisation: 1, failedAttempts: 0 },
    ];
    const { numbers } = sharesFigure([pointOf('', summaryOf({ intervals: 1 }, { workers }))]);
    expect(numbers?.rows).toEqual([['w1', '70.0 %', '75.0 %', '80.0 %', '2'], ['w2', '30.0 %', '25.0 %', '100.0 %', '0']]);
  });

  it('say so where a point has no such worker', () => {
    const of = (workers: number) => pointOf(String(workers), summaryOf({ workers, intervals: 1 }));
    const { numbers } = sharesFigure([of(1), of(2)]);
    expect(numbers?.rows[1]?.slice(0, 5)).toEqual(['w2', '–', '–', '–', '–']);
  });

  it('are lines in order when there are too many bars', () => {
    const bars = (workers: number): boolean => sharesFigure([pointOf('', summaryOf({ workers, intervals: 1 }))]).body.includes('id="shares-bars-title"');
    expect([bars(150), bars(151)]).toEqual([true, false]);
  });
});

describe('response times', () => {
  it('have labels at 1, 2 and 5 of each decade around what happened', () => {
    const summary = summaryOf({ intervals: 1 });
    const response = [[0.013, 0], [0.03, 0.4], [0.07, 1]] as const;
    const { body } = responseTimesFigure([pointOf('', { ...summary, series: { ...summary.series, response } })]);
    const labels = [...body.matchAll(/<text [^>]*>([^<]* (?:µs|ms|s))<\/text>/g)].map(([, label]) => label);
    expect(labels).toEqual(['20 ms', '50 ms', '100 ms']);
  });
});

describe('the figures of a sweep', () => {
  it('are made for each key whose values are numbers, in their order', () => {
    const points = sweepOf(['two-tier', 'fixed'], ['240', '30', '60'], { intervals: 30 });
    const [figure, ...others] = sweepFigures(points);
    expect(others).toEqual([]);
    const columns = ['two-tier', 'fixed'].flatMap((policy) => [`authority.policy ${policy}: P(max < 0.90)`, 'address requests per session']);
    expect(figure?.numbers?.head).toEqual(['authority.ttl', ...columns]);
    expect(figure?.numbers?.rows.map(([value, , requests]) => [value, requests])).toEqual([['30', '0.268'], ['60', '0.155'], ['240', '0.044']]);
  });

  it('are not made for words, for one value, or without a sweep', () => {
    expect(sweepFigures(sweepOf(['a', 'b'], ['240'], { intervals: 1 }))).toEqual([]);
    expect(sweepFigures(sweepOf(['a'], ['30', '240/per-domain'], { intervals: 1 }))).toEqual([]);
    expect(sweepFigures([pointOf('', summaryOf({ intervals: 1 }))])).toEqual([]);
  });
});

describe('numbers', () => {
  it('have the digits that matter', () => {
    expect([0, 0.00085, 0.0123456, 0.5, 1.4567, 99.94, 3600].map(seconds)).toEqual(['0 s', '850 µs', '12.3 ms', '500 ms', '1.46 s', '99.9 s', '3600 s']);
    expect([0, 999, 1000, 1_234_567].map(count)).toEqual(['0', '999', '1\u2009000', '1\u2009234\u2009567']);
    expect(moved({ p50: 1, p90: 12.34, p99: null })).toBe('1 s / 12.3 s / not yet');
  });
});
