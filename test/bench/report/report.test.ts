/**
 * Results as people and programs read them: in a terminal, as CSV, as a page.
 */
import { describe, expect, it } from 'vitest';
import { csvText } from '../../../bench/report/csv.js';
import { rotationPage } from '../../../bench/report/page.js';
import { progressLines, roundLine } from '../../../bench/report/progress-text.js';
import { summaryText } from '../../../bench/report/summary-text.js';
import type { Progress } from '../../../bench/rotation/rotation.js';
import { parseExpectation } from '../../../bench/verdict/expectation.js';
import { summarise } from '../../../src/sim/summary.js';
import { contendersOf, liveScenario, rotationResult, sixRounds } from '../../support/rotation-results.js';
import { roundOf } from '../../support/rounds.js';
import { readMarkup } from '../../support/strict-markup.js';

const change = {
  ...{ atS: 1, kind: 'worker-dies', what: 'w2 dies (refuse)', noticedAfterS: 0.5 },
  ...{ requests: Float64Array.of(10, 10), moved: Float64Array.of(0, 10) },
};

const eventful = () => {
  const runs = Array.from({ length: 20 }, (_, number) => roundOf({ number }).run);
  const summary = summarise(runs, { scenario: 'x', definition: liveScenario, seed: 1, wallSeconds: 0 });
  return rotationResult(sixRounds({ failed: 10, changes: [change], resolvers: [[150, 3], [50, 1]] }), {
    expectations: ['p99(round-robin) < 1', 'p99(static-list) < 0.001'].map(parseExpectation),
    simulations: [{ contender: 'static-list', runs, summary }],
    warnings: ['something to know'],
  });
};

describe('in a terminal', () => {
  it('the verdict comes first, then what it rests on', () => {
    const text = summaryText(rotationResult(sixRounds()));
    const blocks = text.split('\n\n');
    expect(blocks[0]).toMatch(/^two-workers: 6 rounds each of 2 s after 1 s of warm-up; seed 1\n1 users, behind 1 caching resolver/);
    expect(blocks[1]).toMatch(/^round-robin is better than static-list: max\/mean 1\.012 against 1\.70\d?, 40\.\d % lower/);
    expect(text).toMatch(/\n +max\/mean +max\/mean by interval +Jain index .*\nround-robin +1\.012 ± 0\.010 .*\nstatic-list +1\.70\d ± 0\.00\d/);
    expect(text).toMatch(/\nstatic-list +share +first places +busy +p50 +p99\nw1 +85\.2 ± 0\.1 % +█{16} +85\.2 % +86\.3 % +20\.\d ms +20\.\d ms\nw2/);
    expect(text).toMatch(/load generator, static-list: 101 of 1 intended requests\/s, begun 1\.00 ms late \(99 %: 1\.0\d ms\), busy 20\.0 %; machine busy 50\.0 %/);
    expect(text).toMatch(/\na tier of its own; 1\.6 minutes in all\.$/);
  });

  it('faults, the model, expectations and warnings are told when there are any', () => {
    const text = summaryText(eventful());
    expect(text).toMatch(/round-robin +1 s +w2 dies \(refuse\) +500 ms +1\.00 s +1\.00 s +1\.00 s/);
    expect(text).toMatch(/share of w1 +0\.85\d +0\.500 +\+0\.35\d +0\.00\d +← differs/);
    expect(text).toContain('static-list: measured and simulated differ, all rows together.');
    expect(text).toMatch(/✓ p99\(round-robin\) < 1 \(0\.01\d* and 1; in 100\.0 % of the resampled rounds\)\n✗ p99\(static-list\) < 0\.001/);
    expect(text).toContain('\n! something to know\n');
    expect(text).toMatch(/round-robin, static-list: Each answer was good for 53\.1 requests\. The largest resolver had 75 %/);
  });

  it('other measures speak when chance is small for all of them: in a line when they agree, at length when not', () => {
    const both = (number: number) => [
      roundOf({ contender: 'round-robin', number, requests: [[50, 50 + number], [50, 50]], responseS: 0.02 }),
      roundOf({ contender: 'static-list', number, requests: [[90, 80 + number], [10, 20]], responseS: 0.01 }),
    ];
    const textOf = (rounds: number) => summaryText(rotationResult(Array.from({ length: rounds }, (_, number) => both(number)).flat()));
    const [sentence, ...others] = textOf(10).split('\n\n')[1]?.split('\n').filter((line) => !line.startsWith(' ')) ?? [];
    expect(sentence).toMatch(/^round-robin is better than static-list: max\/mean/);
    expect(others[0]).toMatch(/^round-robin is better by max\/mean by interval, CV, Jain index.* as well\.$/);
    expect(others[1]).toMatch(/^static-list is better than round-robin: p50 9\.98 ms against 20\.0 ms, 50 % lower/);
    expect(textOf(6)).not.toMatch(/as well|static-list is better/);
  });

  it('a change that had not reached all says so', () => {
    const slow = { ...change, moved: Float64Array.of(0, 6) };
    const text = summaryText(rotationResult(sixRounds({ changes: [slow] })));
    expect(text).toMatch(/w2 dies \(refuse\) +500 ms +1\.00 s +– +–\n.*\n\(–: not before the end of the round; /);
  });

  it('what was stopped says so', () => {
    expect(summaryText(rotationResult(sixRounds().slice(0, 4)))).toMatch(/^Partial: it was stopped before the end\.\n/);
    expect(summaryText(rotationResult([]))).toContain('No verdict: not one round of each was complete.');
  });

  it('many workers are told by those that stand out', () => {
    const requests = Array.from({ length: 30 }, (_, worker) => [worker + 1]);
    const rounds = sixRounds({ requests }).filter(({ contender }) => contender === 'round-robin');
    const text = summaryText(rotationResult(rounds, { contenders: contendersOf('round-robin') }));
    expect(text).toContain('(the 24 with the largest shares of 30)');
    expect(text).toMatch(/\nw30 /);
    expect(text).not.toMatch(/\nw1 /);
  });
});

describe('while it runs', () => {
  const reading = (atMs: number, requests: number) => ({
    atMs,
    firstPlaces: undefined,
    workers: [1, 2].map((times) => {
      return { startS: 1, requests: requests * times, activeS: atMs / 4000, idleS: (3 * atMs) / 4000, cpuS: 0, inFlight: 0 };
    }),
  });
  const progress: Progress = {
    ...{ done: 2, rounds: 12, part: 0.25, contender: 'static-list', readings: [reading(1000, 10), reading(2000, 110)] },
    tick: { requests: 1234, failed: 5, pending: 6, connections: 7 },
  };

  it('shows how far it is and what each worker gets', () => {
    expect(progressLines(progress, 65_000, ['w1', 'w2'])).toEqual([
      `▕██████${' '.repeat(18)}▏ round 3 of 12, static-list · 65 s left`,
      `  w1 ${'█'.repeat(15)}${' '.repeat(15)}   100/s  busy  25 %`,
      `  w2 ${'█'.repeat(30)}   200/s  busy  25 %`,
      '  1,234 requests, 5 failed, 6 under way, 7 connections',
    ]);
  });

  it('has as many lines before there is anything to show', () => {
    expect(progressLines({ ...progress, contender: undefined, readings: [] }, 1000, ['w1', 'w2'])).toHaveLength(4);
  });

  it('is a line a round where nobody looks', () => {
    expect(roundLine(roundOf({ requests: [[60], [40]], failed: 3 }), 1, 12)).toBe('round 1 of 12: round-robin, max/mean 1.200 (w1 60 w2 40), 3 failed');
  });
});

describe('as CSV', () => {
  it('has a row for each worker and interval of each round', () => {
    const result = rotationResult(sixRounds(), { contenders: contendersOf('round-robin', 'static-list') });
    const lines = csvText(result).split('\n');
    expect(lines).toHaveLength(1 + 2 * 6 * 2 * 2 + 1);
    expect(lines.slice(0, 4)).toEqual([
      'contender,round,interval,at_seconds,worker,requests,utilisation,in_flight',
      'round-robin,1,1,0,w1,50,0.5,1',
      'round-robin,1,1,0,w2,50,0.5,1',
      'round-robin,1,2,1,w1,50,0.5,1',
    ]);
    expect(lines.at(-2)).toBe('static-list,6,2,1,w2,20,0.2,1');
  });

  it('quotes names that need it', () => {
    const rounds = sixRounds().map((round) => ({ ...round, contender: round.contender === 'round-robin' ? './a,"b".js' : round.contender }));
    const contenders = contendersOf('./a,"b".js', 'static-list');
    expect(csvText(rotationResult(rounds, { contenders })).split('\n')[1]).toMatch(/^"\.\/a,""b""\.js",1,/);
  });
});

describe('as a page', () => {
  it('is well-formed, has no script, and says the verdict at the top', () => {
    const page = rotationPage(rotationResult(sixRounds()), 'durationS: 2');
    const { text } = readMarkup(page.replace(/^<!doctype html>\n/, ''));
    expect(page).not.toMatch(/<script|https?:|<link|<img/);
    expect(text.indexOf('round-robin is better than static-list: max/mean')).toBeLessThan(text.indexOf('In numbers'));
    for (const title of ['Load of each worker over time', 'Share of each worker', 'Response times', 'Worker by worker', 'All comparisons', 'The load generator', 'Make it again']) {
      expect(text).toContain(title);
    }
    expect(page).toContain('Two workers &amp; &lt;many&gt; users.');
    expect(page.match(/<svg class="drawing"/g)).toHaveLength(4); // two panels, shares, response times
    expect(new Set(page.match(/ id="[^"]+"/g)).size).toBe(page.match(/ id="[^"]+"/g)?.length);
  });

  it('has what is not always there', () => {
    const { text } = readMarkup(rotationPage(eventful(), 'x').replace(/^<!doctype html>\n/, ''));
    for (const words of ['What was expected', 'does not hold', 'w2 dies (refuse)', 'Measured beside simulated', 'differ', 'something to know.', 'no. 1']) {
      expect(text).toContain(words);
    }
  });

  it('shows what there is of a benchmark that was stopped', () => {
    expect(rotationPage(rotationResult(sixRounds().slice(0, 2)), 'x')).toContain('<strong>Partial result.</strong>');
    expect(rotationPage(rotationResult([]), 'x')).toContain('<strong>Nothing to show:</strong>');
  });

  it('draws the interval of each share at the end of its own bar, and the fair share across it', () => {
    const page = rotationPage(rotationResult(sixRounds()), 'x');
    const numbers = (pattern: RegExp): number[][] => [...page.matchAll(pattern)].map(([, ...found]) => found.map(Number));
    const bars = numbers(/<path d="M(\S+) (\S+)l(\S+) 0l0 -(\S+)l\S+ 0Z" fill="var\(--c\d\)" fill-opacity/g);
    const strokes = numbers(/<path d="M(\S+) (\S+)L(\S+) (\S+)" fill="#000" stroke="var\(--ink\)"/g);
    expect([bars.length, strokes.length]).toEqual([4, 16]);
    const fair = strokes[0]?.[1];
    bars.forEach(([left = 0, bottom = 0, width = 0, height = 0], place) => {
      const [across, interval, ...ends] = strokes.slice(4 * place, 4 * place + 4);
      expect(across).toEqual([left, fair, expect.closeTo(left + width, 0), fair]);
      expect(interval?.[0]).toBeCloseTo(left + width / 2, 0);
      const [low = 0, high = 0] = ends.map(([, y = 0]) => y);
      expect((low + high) / 2).toBeCloseTo(bottom - height, 0);
      expect(low).toBeGreaterThanOrEqual(high);
    });
  });

  it('draws the extremes of many workers, and no bars that nobody could tell apart', () => {
    const requests = Array.from({ length: 70 }, (_, worker) => [worker + 1, 5]);
    const page = rotationPage(rotationResult(sixRounds({ requests })), 'x');
    expect(page).toContain('busiest worker of the interval');
    expect(page).toContain('Not drawn: it is made for up to 120 bars');
  });
});
