/**
 * `roundhouse bench dns` and `bench proxy` as users type them, with what Node alone can do: our contenders and load generators.
 */
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Contender } from '../../bench/harness/contender.js';
import { dnsTask } from '../../bench/harness/dns-task.js';
import type { Driver } from '../../bench/harness/driver.js';
import type { Result } from '../../bench/harness/result.js';
import type { Task } from '../../bench/harness/task.js';
import { benchGiven } from '../../src/cli/bench-options.js';
import { roundLine } from '../../src/cli/bench-progress.js';
import { childrenOf, roundhouse, run, type Running } from '../support/tier.js';

const quick = ['--driver', 'own', '--rounds', '1', '--warm-up', '0'];

/** Resolves when standard error matches. */
async function complained({ process: child, stderr }: Running, pattern: RegExp): Promise<void> {
  while (!pattern.test(stderr())) await once(child.stderr ?? child, 'data');
}

describe('bench', () => {
  it('measures side by side, and prints JSON or a table, with JSON in a file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'bench-')), 'proxy.json');
    const [dns, proxy] = await Promise.all([
      roundhouse('bench', 'dns', ...quick, '--contender', 'ours', '--inflight', '8', '--json'),
      roundhouse('bench', 'proxy', ...quick, '--contender', 'origin', '--connections', '8', '--json', file),
    ]);
    expect([dns.code, proxy.code, dns.stderr]).toEqual([0, 0, 'roundhouse: round 1 of 1\n']);
    const [ours, origin] = [dns.stdout, readFileSync(file, 'utf8')].map((text) => JSON.parse(text) as Result) as [Result, Result];
    const whole = { task: 'dns', partial: false, reference: 'ours', rounds: 1, seconds: 1, atOnce: 8, skipped: [] };
    expect(ours).toMatchObject({ ...whole, verdicts: [{ rounds: 1 }, {}] });
    expect(ours.facts.command).toMatch(/^roundhouse bench dns --driver own .* --json$/);
    expect(ours.facts.machine.node).toBe(process.version);
    expect(ours.facts.versions).toEqual({ ours: expect.stringMatching(/^Roundhouse /), own: expect.stringMatching(/^a load generator of ours/) });
    const turns = [{ answers: expect.any(Number), seconds: expect.any(Number) }];
    expect(ours.contenders).toMatchObject([{ name: 'ours', failed: null, failures: {}, turns }]);
    expect(ours.contenders[0]?.perS?.median).toBeGreaterThan(100);
    const floor = { name: 'origin', version: `Node ${process.version}`, failures: {} };
    expect(proxy.stdout).toMatch(/\| origin \| Node v/);
    expect(origin).toMatchObject({ task: 'proxy', reference: 'origin', contenders: [floor] });
  });

  it('shows what Ctrl-C left, and takes the servers along', async () => {
    const running = run(['bench', 'dns', '--driver', 'own', '--contender', 'ours', '--warm-up', '0', '--rounds', '9']);
    await complained(running, /round 2 of 9/);
    while (childrenOf(running.process.pid).length === 0) await new Promise(setImmediate);
    const children = childrenOf(running.process.pid);
    expect(await running.stop('SIGINT')).toBe(130);
    expect(running.stdout()).toMatch(/\*\*Partial: it was stopped before the end\.\*\*\n\n`roundhouse bench dns[^]*\n\| ours \| Roundhouse/);
    expect(running.stderr()).toMatch(/roundhouse: stopping; Ctrl-C again ends at once\n$/);
    for (const pid of children) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe('bench with a mistake', () => {
  it.each([
    [['dns', '--driver', 'wrk'], /--driver: expected dnsperf or own, got "wrk"/],
    [['dns', '--contender', 'kont'], /--contender: unknown contender "kont"; did you mean knot\? Known are ours, dns2, node-dgram, canary, .*/],
    [['proxy', '--case', 'medium'], /--case: expected small or large or half-load or cached, got "medium"/],
    [['proxy', '--cache', '--case', 'large'], /--cache: it is --case cached, and another case is named/],
    [['proxy', '--case', 'half-load', '--driver', 'wrk'], /--driver: expected own, got "wrk"/],
    [['proxy', '--case', 'half-load', '--rate', '1000000', '--seconds', '21'], /--rate: 1000000 requests a second for 21 s are more than 20000000/],
    [['proxy', '--rate', '100'], /--rate: it has no effect without --case half-load/],
    [['dns', '--connections', '5'], /Unknown argument: connections .*/],
  ])('%j', async (args, complaint) => {
    const finished = await roundhouse('bench', ...args);
    expect(finished.stderr).toMatch(new RegExp(`^roundhouse: ${complaint.source}`));
    expect(finished.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(finished).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('the options', () => {
  it.each([
    [{ contender: ['nginx'] }, /^--contender: unknown contender "nginx"; Known are ours, dns2, /],
    [{ contender: [] }, /^--contender: expected a name, got ""$/],
    [{ driver: 'wrk' }, /^--driver: expected dnsperf or own, got "wrk"$/],
    [{ driver: ['own', 'own'] }, /^--driver: expected dnsperf or own, got \["own","own"\]$/],
    [{ rounds: '0' }, /^--rounds: expected a whole number from 1 to 1000, got "0"$/],
    [{ seconds: '0.5' }, /^--seconds: expected a whole number from 1 to 600, got "0\.5"$/],
    [{ 'warm-up': 'x' }, /^--warm-up: expected a whole number from 0 to 600, got "x"$/],
    [{ inflight: '1025' }, /^--inflight: expected a whole number from 1 to 1024, got "1025"$/],
    [{ json: ['a', 'b'] }, /^--json: expected one file at the most, got \["a","b"\]$/],
    [{ json: 'nowhere/a.json' }, /^--json nowhere\/a\.json: expected a file in a directory that may be written$/],
  ])('%j', (given, complaint) => {
    expect(() => benchGiven(given, dnsTask)).toThrow(complaint);
  });

  const absent = { find: () => ({ debian: 'ghostd' }) };
  const [ours, dns2, canary] = ['ours', 'dns2', 'canary'].map((name) => dnsTask.contenders.find((contender) => contender.name === name)) as Contender[];
  const ghost = { ...ours!, ...absent, name: 'ghost' };
  const [dnsperf, own] = dnsTask.drivers as [Driver, Driver];
  const small: Task = { ...dnsTask, contenders: [ours!, ghost, canary!, dns2!], drivers: [{ ...dnsperf, ...absent }, own] };

  it('by default take all that are there, driven by what is there, for as many rounds as a verdict needs', () => {
    const { entrants, skipped, ...rest } = benchGiven({}, small);
    expect(entrants.map(({ name }) => name)).toEqual(['ours', 'dns2']);
    expect(skipped).toEqual([{ name: 'ghost', debian: 'ghostd' }]);
    expect(rest).toMatchObject({ driver: { what: { name: 'own' } }, rounds: 6, seconds: 1, atOnce: 64, json: undefined });
  });

  it('take whom they name, as often as they do', () => {
    const given = { contender: ['dns2', 'canary', 'dns2', 'dns2'], rounds: '3', seconds: '2', inflight: '1' };
    const { entrants, skipped, rounds, seconds, atOnce } = benchGiven(given, small);
    expect(entrants.map(({ name, what }) => `${name}: ${what.name}`)).toEqual(['dns2: dns2', 'canary: canary', 'dns2 (2): dns2', 'dns2 (3): dns2']);
    expect([skipped, rounds, seconds, atOnce]).toEqual([[], 3, 2, 1]);
    const [warm, cold] = [undefined, '0'].map((typed) => benchGiven({ 'warm-up': typed, contender: ['dns2'] }, small).entrants[0]);
    expect([warm?.what.warmUpSeconds, cold?.what.warmUpSeconds]).toEqual([3, 0]);
  });

  it('name what must be installed for them', () => {
    expect(() => benchGiven({ contender: ['ghost'] }, small)).toThrow('--contender ghost: it is not installed (`apt-get install ghostd`)');
    expect(() => benchGiven({ driver: 'dnsperf' }, small)).toThrow('--driver dnsperf: it is not installed (`apt-get install ghostd`)');
  });
});

describe('the progress', () => {
  it('says which round it is, and how long the others will take', () => {
    const all = { rounds: 2, turns: 2 };
    expect(roundLine(0, 0, all, 5)).toBe('round 1 of 2');
    expect(roundLine(0, 1, all, 5000)).toBe('round 1 of 2 · 15 s left');
    expect(roundLine(1, 3, all, 15_000)).toBe('round 2 of 2 · 5 s left');
  });
});
