/**
 * The page of a simulation: whole, safe, self-contained and the same each time, whatever was simulated.
 */
import { describe, expect, it } from 'vitest';
import { renderPage, type PageInput } from '../../../src/sim/report/page.js';
import { readMarkup, type Element } from '../../support/strict-markup.js';
import { eventful, pageOf, pointOf, summaryOf, sweepOf } from '../../support/summaries.js';

const hostile = `<script>alert("1")</script>&amp;'{a|b}\${x}`;
const noData = { maxUtilisation: [], utilisation: [], cumulative: [], response: [] };

function hostilePage(): PageInput {
  const summary = eventful({ workers: 2 });
  const workers = summary.workers.map((worker, index) => ({ ...worker, name: `${hostile}${index}` }));
  const changes = summary.changes.map((change) => ({ ...change, what: hostile, kind: hostile }));
  const said = { policy: hostile, ttl: hostile, arrivals: hostile, choices: hostile };
  const points = ['1', '2'].map((value) =>
    pointOf(`${hostile} ${value}`, { ...summary, ...said, workers, changes, partial: true }, { [hostile]: value }),
  );
  return pageOf(points, { scenario: hostile, description: hostile, scenarioYaml: hostile, command: hostile, version: hostile });
}

const pages: Readonly<Record<string, PageInput>> = {
  'one point': pageOf([pointOf('round-robin', summaryOf())]),
  events: pageOf([pointOf('round-robin', eventful()), pointOf('random', eventful({ skew: 0.2 }))]),
  'a sweep': pageOf(sweepOf(['two-tier', 'round-robin', 'fixed'], ['0', '30', '60', '240'])),
  'forty points': pageOf(sweepOf(['a', 'b', 'c', 'd'], ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'], { intervals: 20 })),
  'one worker, one interval, one repetition': pageOf([pointOf('', summaryOf({ workers: 1, intervals: 1, repetitions: 1 }))]),
  '200 workers': pageOf([pointOf('many', summaryOf({ workers: 200, intervals: 300 }))]),
  'nothing measured': pageOf([pointOf('a', summaryOf({ intervals: 0 }, { partial: true, series: noData }))]),
  'nothing measured in one of two': pageOf([pointOf('a', summaryOf({ intervals: 0 }, { series: noData })), pointOf('b', summaryOf({ workers: 3, intervals: 9 }))]),
  'no workers': pageOf([pointOf('a', summaryOf({ workers: 0, intervals: 3 }))]),
  'no requests': pageOf([pointOf('a', summaryOf({ load: 0, skew: 0, intervals: 3 }, { requests: 0, response: { mean: 0, p50: 0, p95: 0, p99: 0 } }))]),
  'one response time': pageOf([pointOf('a', summaryOf({ intervals: 3 }, { series: { ...noData, response: [[0.1, 1]] } }))]),
  'no points': pageOf([]),
  'hostile names': hostilePage(),
};

const figureIds = ['cumulative', 'over-time', 'shares', 'response-times', 'heat-map'];
const withId = (elements: readonly Element[], id: string): Element | undefined => elements.find(({ attributes }) => attributes['id'] === id);

describe.each(Object.entries(pages))('the page of %s', (_, input) => {
  const page = renderPage(input);
  const { elements, text } = readMarkup(page);

  it('is the same each time', () => {
    expect(renderPage(input)).toBe(page);
  });

  it('has each identifier once, and all that are referred to', () => {
    const ids = elements.flatMap(({ attributes }) => attributes['id'] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const clips = [...page.matchAll(/url\(#([^)]*)\)/g)].map(([, id]) => id);
    const labels = elements.flatMap(({ attributes }) => attributes['aria-labelledby']?.split(' ') ?? []);
    expect([...clips, ...labels].filter((id) => !ids.includes(id ?? ''))).toEqual([]);
  });

  it('runs nothing and loads nothing', () => {
    const active = /^(?:script|link|iframe|object|embed|img|image|use|base|form|foreignObject)$/;
    expect(elements.filter((element) => active.test(element.name))).toEqual([]);
    const names = elements.flatMap(({ attributes }) => Object.keys(attributes));
    expect(names.filter((attribute) => /^(?:on.*|src|href|xlink:href|action)$/.test(attribute))).toEqual([]);
    expect(page).not.toMatch(/https?:|@import|url\((?!#)/);
  });

  it('has no number that is none', () => {
    expect(page.replaceAll(hostile, '')).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  it('draws each figure or says why not', () => {
    const missing = figureIds.filter((id) => {
      const section = new RegExp(`<section id="${id}">[^]*?</section>`).exec(page)?.[0] ?? '';
      return !/<svg class="drawing"|Not drawn: /.test(section);
    });
    expect(missing).toEqual(input.points.length === 0 ? figureIds : []);
  });

  it('names each drawing for those who cannot see it', () => {
    const drawings = elements.filter((element) => element.name === 'svg' && element.attributes['aria-hidden'] !== 'true');
    expect(drawings.filter(({ attributes }) => attributes['role'] !== 'img' || attributes['aria-labelledby'] === undefined)).toEqual([]);
    expect(drawings.length > 0).toBe(input.points.length > 0);
  });

  it('can be made again', () => {
    for (const part of [input.command, input.scenarioYaml, input.version, `seed ${input.seed}`]) expect(text).toContain(part);
  });

  it('says that it is partial when it is', () => {
    expect(text.includes('Partial result.')).toBe(input.points.some(({ summary }) => summary.partial));
    expect(text.includes('Nothing to show')).toBe(input.points.length === 0);
  });
});

describe('what users wrote', () => {
  it('is shown as they wrote it', () => {
    const { text } = readMarkup(renderPage(pages['hostile names'] as PageInput)); // it is above
    for (const shown of [`${hostile}0`, `${hostile} 1`, `What ${hostile} does`, `${hostile} · Roundhouse`]) expect(text).toContain(shown);
  });
});

describe('the headline table', () => {
  it('gives each point its numbers', () => {
    const fairness = { jain: 0.98765, maxOverMean: 1.2345, cv: 0.0678 };
    const summary = summaryOf({}, { fairness, failedRequests: 6, requests: 600, movedAfter: { p50: 1.5, p90: 72, p99: null } });
    const below = { '0.75': { mean: 0.5, halfWidth: 0.0123 }, '0.90': { mean: 0.61, halfWidth: null } };
    const maxUtilisation = { ...summary.maxUtilisation, mean: 0.9, halfWidth: 0.004, below };
    const page = renderPage(pageOf([pointOf('x', { ...summary, maxUtilisation })]));
    const [, row = ''] = /<tbody>\n(<tr>.*<\/tr>)/.exec(page) ?? [];
    const { text } = readMarkup(row.replaceAll('</td><td>', '</td> | <td>'));
    expect(text).toBe('x0.500 ± 0.012 | 0.610 | 0.900 ± 0.004 | 0.9877 | 1.234 | 1.600 ± 0.020 | 0.068 | 0.044 | 640 ms | 1.92 s | 2.94 s | 6 (1.0 %) | 1.5 s / 72 s / not yet');
  });
});

describe('a page of more points than can be drawn', () => {
  it('says so, and has all of them in the table', () => {
    const { text, elements } = readMarkup(renderPage(pages['forty points'] as PageInput)); // it is above
    expect(text).toContain('The first 16 points are drawn; the table has 24 more.');
    expect(withId(elements, 'over-time-15-title')).toBeDefined();
    expect(withId(elements, 'over-time-16-title')).toBeUndefined();
    expect(text).toContain('policy d, ttl 9');
  });
});
