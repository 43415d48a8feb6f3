import { describe, expect, it } from 'vitest';
import { jsonText } from '../../src/text/json.js';
import { commandLine } from '../../src/cli/output.js';
import { progressLine } from '../../src/cli/simulate-progress.js';
import { summaryText, sweepText } from '../../src/cli/simulate-table.js';
import { summaryOf } from '../support/summaries.js';

describe('the table of one result', () => {
  it('leads with the maximum, shows every worker, and fits a screen', () => {
    const text = summaryText(summaryOf());
    expect(text.indexOf('maximum utilisation')).toBeLessThan(text.indexOf('worker'));
    expect([...text.matchAll(/^w\d /gm)]).toHaveLength(7);
    expect(text).toMatch(/^maximum utilisation {2}mean 0\.\d{3} ± 0\.\d{3}, median /m);
    expect(text).toMatch(/^ {2}below 0\.90 +\d+\.\d ± \d+\.\d % of intervals$/m);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it('says nothing of intervals that one repetition cannot give, and marks what is partial', () => {
    const text = summaryText(summaryOf({ repetitions: 1 }, { partial: true, alarm: null }));
    expect(text).toMatch(/^Partial: it was stopped before the end\.\n/);
    expect(text).not.toContain('±');
    expect(text).toContain('no alarm');
    expect(text).toContain('1 repetition of');
  });

  it('of many workers shows the busiest', () => {
    const text = summaryText(summaryOf({ workers: 500, intervals: 2 }));
    expect([...text.matchAll(/^w\d/gm)]).toHaveLength(40);
    expect(text).toContain('(the 40 busiest of 500)');
  });
});

describe('the table of a sweep', () => {
  const points = [0, 60].map((ttl) => {
    const set = { 'authority.ttl': ttl, 'workers.relative': [2, 1] };
    return { set, summary: summaryOf({ ttl: String(ttl) }, { movedAfter: null, changes: [] }) };
  });

  it('has a row a point, with what was swept first', () => {
    const rows = sweepText(points, false).split('\n').slice(-3);
    expect(rows[0]).toMatch(/^authority\.ttl {2}workers\.relative +max mean +max < 0\.90 .* failed$/);
    expect(rows[1]).toMatch(/^0 +\[2,1\] /);
    expect(rows[2]).toMatch(/^60 +\[2,1\] /);
  });

  it('tells how fast requests moved, where something changed', () => {
    const moved = { set: { 'authority.ttl': 5 }, summary: summaryOf({}, { movedAfter: { p50: 1, p90: 61.5, p99: null } }) };
    const still = { set: { 'authority.ttl': 60 }, summary: summaryOf({}, { movedAfter: null }) };
    expect(sweepText([moved, still], true)).toMatch(/^Partial[^]*90 % moved\n5 .* 61\.5 s\n60 .* –$/);
  });
});

describe('progress', () => {
  const study = (done: number) => ({ progress: () => done, repetitions: 10 });

  it('forecasts when there is something to go by', () => {
    expect(progressLine(study(0), 5000)).toBe(`▕${' '.repeat(24)}▏ 0 of 10 repetitions`);
    expect(progressLine(study(2.5), 500)).toBe(`▕██████${' '.repeat(18)}▏ 2 of 10 repetitions`);
    expect(progressLine(study(2.5), 20_000)).toMatch(/2 of 10 repetitions · 60 s left$/);
    expect(progressLine(study(10), 20_000)).toBe(`▕${'█'.repeat(24)}▏ 10 of 10 repetitions · 0 s left`);
  });
});

it('JSON is valid, with series on a line', () => {
  const value = { a: [1, 2.5], b: [[1, 2], []], c: { d: null, e: 'x [1, 2]' }, f: {}, g: [{ h: true }] };
  expect(JSON.parse(jsonText(value))).toEqual(value);
  expect(jsonText(value)).toContain('"a": [1,2.5],\n');
});

it('a command line can be pasted', () => {
  expect(commandLine(['simulate', 'x.yaml', '--set', 'clients.kinds[0].choice=sort', "it's"])).toBe(
    String.raw`roundhouse simulate x.yaml --set 'clients.kinds[0].choice=sort' 'it'\''s'`,
  );
});
