/**
 * From turns to a result and to the page that people read, with made-up turns.
 */
import { describe, expect, it } from 'vitest';
import type { Cores } from '../../../bench/harness/cores.js';
import { dnsTask } from '../../../bench/harness/dns-task.js';
import { markdownText } from '../../../bench/harness/markdown.js';
import { resultOf, type Result } from '../../../bench/harness/result.js';
import { spreadOf, spreadText } from '../../../bench/harness/spread.js';
import type { Taken } from '../../../bench/harness/run.js';
import { proxyTasks } from '../../../bench/harness/proxy-task.js';
import type { Task } from '../../../bench/harness/task.js';
import type { Measurement } from '../../../bench/harness/turn.js';

const machine = { processor: 'Test CPU', cores: 2, system: 'Linux 6.1.0 x64', node: 'v20.19.0' };
const facts = { machine, commit: '1a2b3c4', command: 'roundhouse bench dns', versions: { ours: 'Roundhouse 0.1.0' } };
const pinnedCores: Cores = { server: '0', load: '1', unpinned: undefined };

function turn(cpuUs: number | null, more: Partial<Measurement> = {}): Measurement {
  const perS = 1e6 / (cpuUs ?? 10);
  const latency = { p50Ms: null, p99Ms: null, p999Ms: null, lateP99Ms: null };
  const busy = cpuUs === null ? null : 0.99;
  return { cpuUs, perS, ...latency, busy, waiting: 0.01, seconds: 1, answers: Math.round(perS), failures: {}, ...more };
}

function taken(name: string, turns: readonly Measurement[], failed: string | null = null): Taken {
  const found = { program: name, version: `${name} 1.0` };
  const what = { name, warmUpSeconds: name === 'ours' ? 3 : 1, find: () => found, files: () => ({}), args: () => [] };
  return { name, what, found, turns: [...turns], failed };
}

function steady(name: string, cpuUs: number, rounds = 7): Taken {
  return taken(name, Array.from({ length: rounds }, (_, round) => turn(cpuUs * (1 + 0.01 * (round % 3)))));
}

interface How {
  readonly partial?: boolean;
  readonly cores?: Cores;
  readonly rate?: number | null;
  readonly task?: Task;
}

function resultWith(list: readonly Taken[], { partial = false, cores = pinnedCores, rate = null, task = dnsTask }: How = {}): Result {
  const setting = { facts, driver: 'dnsperf 2.10.0', atOnce: 64, rate, cores, rounds: 7, seconds: 1, skipped: [{ name: 'knot', debian: 'knot' }] };
  return resultOf(task, list, partial, setting);
}

const pageOf = (list: readonly Taken[], how: How = {}): string => markdownText(resultWith(list, how), how.task ?? dnsTask);

describe('a result', () => {
  it('has medians, extremes and ratios to ours, wherever ours stands', () => {
    const { contenders, reference, verdicts } = resultWith([steady('dns2', 139), steady('ours', 10), steady('nsd', 5)]);
    expect(reference).toBe('ours');
    expect(contenders[0]?.cpuUs).toMatchObject({ median: expect.closeTo(140.39), least: 139, most: expect.closeTo(141.78) });
    expect(contenders.map(({ cpuUs }) => cpuUs?.ratio?.toFixed(2))).toEqual(['13.90', '1.00', '0.50']);
    expect(contenders[2]?.perS?.ratio).toBeCloseTo(2);
    const told = verdicts.map(({ measure, comparisons }) => [measure.name, ...comparisons.map(({ a, b, outcome }) => `${a} ${b} ${outcome}`)]);
    expect(told).toEqual([
      ['cpuUs', 'ours dns2 a', 'ours nsd b'],
      ['perS', 'ours dns2 a', 'ours nsd b'],
    ]);
  });

  it('compares by the rounds that all have, and nobody with who failed', () => {
    const cut = [steady('ours', 10, 7), steady('nsd', 5, 6), taken('bind', [turn(7)], 'it ended')];
    const { verdicts, contenders } = resultWith(cut, { partial: true });
    expect(verdicts.map(({ rounds, comparisons }) => [rounds, comparisons.map(({ b }) => b)])).toEqual([[6, ['nsd']], [6, ['nsd']]]);
    expect(contenders[2]).toMatchObject({ failed: 'it ended', cpuUs: { median: 7, ratio: expect.any(Number) } });
  });

  it('compares with the first when ours is not there, or failed', () => {
    expect(resultWith([steady('nsd', 5), steady('bind', 6)]).reference).toBe('nsd');
    expect(resultWith([taken('ours', [], 'it ended'), steady('bind', 6)]).reference).toBe('bind');
    const nothing = resultWith([taken('ours', [], 'it ended')]);
    expect(nothing).toMatchObject({ reference: null, verdicts: [], contenders: [{ cpuUs: null, perS: null, busy: null }] });
  });

  it('leaves out what the system does not tell', () => {
    const unknown = (name: string): Taken => taken(name, Array.from({ length: 7 }, () => turn(null)));
    const { verdicts, contenders } = resultWith([unknown('ours'), unknown('nsd')]);
    expect(verdicts.map(({ measure }) => measure.name)).toEqual(['perS']);
    expect(contenders[0]).toMatchObject({ cpuUs: null, busy: null, perS: { median: 100_000 } });
  });

  it('adds up what failed', () => {
    const lossy = taken('nsd', [turn(5, { failures: { lost: 2 } }), turn(5, { failures: { lost: 1, SERVFAIL: 4 } })]);
    expect(resultWith([lossy]).contenders[0]?.failures).toEqual({ lost: 3, SERVFAIL: 4 });
  });
});

it('the spread of values', () => {
  expect([spreadOf([3, 1, 2]), spreadOf([])]).toEqual([{ median: 2, least: 1, most: 3 }, null]);
  expect([spreadText(spreadOf([4, 1, 3, 2]), String), spreadText(null, String)]).toEqual(['2.5 (1–4)', 'unknown']);
});

describe('the page', () => {
  it('of an open loop has latencies, the rate, and how late the generator was', () => {
    const at = (p99Ms: number): Measurement => turn(20, { p50Ms: 0.2, p99Ms, p999Ms: 3, lateP99Ms: 0.31, busy: 0.5 });
    const list = [taken('ours', Array.from({ length: 7 }, () => at(0.6))), taken('nginx', Array.from({ length: 7 }, () => at(0.5)))];
    const text = pageOf(list, { task: proxyTasks['half-load'], rate: 12_500 });
    expect(text).toContain('Load: dnsperf 2.10.0, 12,500 requests/s at random times, 64 connections at a time;');
    expect(text).toContain('| contender | version | ms, half of all | × ours | ms, 99 % | × ours | ms, 99.9 % | × ours | µs of CPU per request | × ours |');
    expect(text).toContain('| nginx | nginx 1.0 | 0.200 (0.200–0.200) | 1.00 | 0.500 (0.500–0.500) | 0.83 | 3.00 (3.00–3.00) | 1.00 |');
    expect(text).toContain('- The generator took up 99 % of the requests within 0.310 ms of when they were due; this is not part of the latencies.');
    expect(text).not.toContain('lower --rate');
    const later = [taken('ours', [{ ...at(1), lateP99Ms: 2.1 }])];
    expect(pageOf(later, { task: proxyTasks['half-load'], rate: 12_500 })).toContain('not part of the latencies. It was at its own limit, so');
    expect(text).toContain('By ms, 99 %, at 95 % confidence for all together:');
    expect(text).not.toContain('throughput was limited');
  });

  it('says where, how and what, with a row for each', () => {
    const text = pageOf([steady('ours', 10), steady('dns2', 139)]);
    expect(text).toContain('## DNS servers side by side\n\n`roundhouse bench dns` on 2 × Test CPU, Linux 6.1.0 x64, Node v20.19.0, commit 1a2b3c4.');
    expect(text).toContain('Load: dnsperf 2.10.0, 64 queries at a time; server on core 0, all else on 1.');
    expect(text).toContain('7 rounds of 1 s each, after a warm-up of 1 or 3 s; median (least–most).');
    expect(text).toContain('| contender | version | µs of CPU per query | × ours | queries/s | × ours | core busy | failed |\n| --- | --- | ---: |');
    expect(text).toContain('| ours | ours 1.0 | 10.1 (10.0–10.2) | 1.00 | 99,010 (98,040–100,000) | 1.00 | 99 % | – |');
    expect(text).toContain('| dns2 | dns2 1.0 | 140 (139–142) | 13.90 | 7,123 (7,053–7,194) | 0.07 | 99 % | – |');
    expect(text).toContain('- Skipped: knot is not installed (`apt-get install knot`).');
    expect(text).toMatch(/By µs of CPU per query, at 95 % confidence for all together:\n\n- ours is better than dns2: .* lower \(/);
    expect(text).toMatch(/By queries\/s, at 95 % confidence for all together:\n\n- ours is better than dns2: .* higher \(/);
    expect(text).not.toMatch(/Partial|failed:|≥/);
  });

  it('marks what the load side limited', () => {
    const idle = taken('nsd', Array.from({ length: 7 }, () => turn(5, { busy: 0.8 })));
    const text = pageOf([steady('ours', 10), idle]);
    expect(text).toContain('| 5.00 (5.00–5.00) | 0.50 | ≥ 200,000 (200,000–200,000) | 2.02 | 80 % |');
    expect(text).toMatch(/^- nsd: the core was busy for less than 95 % of the time, so throughput was limited .* CPU per query holds all the same\.$/m);
  });

  it('says when others used the core', () => {
    const disturbed = taken('nsd', [0.1, 0.36, 0.5].map((waiting) => turn(5, { waiting })));
    const note = "- Others used the server's core, too: contenders waited for it up to 36 % of the time. Best end them and measure again.";
    expect(pageOf([steady('ours', 10, 3), disturbed])).toContain(note);
    expect(pageOf([steady('ours', 10, 3)])).not.toContain('Others used');
  });

  it('marks who failed, who lost answers, and a run that was stopped', () => {
    const lossy = taken('nsd', [turn(5, { failures: { lost: 1234 } })]);
    const text = pageOf([steady('ours', 10, 1), lossy, taken('bind', [], 'it ended (exit code 1); it said:\nno zone')], { partial: true });
    expect(text).toContain('**Partial: it was stopped before the end.**');
    expect(text).toContain('| 99 % | 1,234 lost |');
    expect(text).toContain('- Not all went well with nsd: what failed is in the table, and their figures are in doubt.');
    expect(text).toContain('- bind failed: it ended (exit code 1); it said:\n  no zone');
    expect(text).not.toContain('| bind');
    expect(text).toContain('- No verdict: 1 round of each is too few, 6 are the least for 95 % confidence.');
  });

  it('says what it does not know, and why nothing is pinned', () => {
    const cores = { server: undefined, load: undefined, unpinned: 'there is one core for all' };
    const text = pageOf([taken('ours', [turn(null)])], { cores });
    expect(text).toContain('nothing pinned: there is one core for all.');
    expect(text).toContain('| ours | ours 1.0 | unknown |  | 100,000 (100,000–100,000) | 1.00 | unknown | – |');
    expect(text).toContain('- This system does not tell the processor time of other processes.');
    expect(text).toContain('- ours alone: there is nothing to compare it with.');
  });

  it('has no table when nobody was measured', () => {
    expect(pageOf([taken('ours', [], 'it ended')])).not.toContain('|');
  });
});
