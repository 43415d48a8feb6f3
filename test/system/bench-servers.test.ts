/**
 * `bench dns` and `bench proxy` with the real servers and drivers: everybody who is installed answers, a delay is detected, and two
 * identical contenders are not told apart.
 */
import { describe, expect, it } from 'vitest';
import type { Result } from '../../bench/harness/result.js';
import type { Outcome } from '../../bench/verdict/comparison.js';
import { missing } from '../support/programs.js';
import { roundhouse } from '../support/tier.js';

/** Daemons live in /usr/sbin, which is not on everybody's PATH. */
process.env['PATH'] = `${process.env['PATH']}:/usr/sbin`;

/** What the command says beside its progress. */
function complaintsIn(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => line.startsWith('roundhouse:') && !/^roundhouse: round \d+ of \d+/.test(line));
}

async function bench(...args: readonly string[]): Promise<Result> {
  const { code, stdout, stderr } = await roundhouse('bench', ...args, '--json');
  expect({ code, complaints: complaintsIn(stderr) }).toEqual({ code: 0, complaints: [] });
  return JSON.parse(stdout) as Result;
}

const all = [
  ['dns', ['ours', 'dns2', 'node-dgram', 'bind', 'knot', 'nsd', 'gdnsd', 'powerdns'], ['dnsperf', 'named', 'knotd', 'nsd', 'gdnsd', 'pdns_server']],
  ['proxy', ['ours', 'http-proxy', 'http-proxy-no-agent', 'node-http', 'nginx', 'haproxy', 'origin'], ['wrk', 'nginx', 'haproxy']],
] as const;

describe.each(all)('bench %s', (task, names, programs) => {
  const [driver] = programs;

  // Reason: the real program may not be installed; `missing` prints which.
  it.skipIf(missing(...programs))('measures all that are installed, each with its answers right', async () => {
    const result = await bench(task, '--rounds', '1', '--warm-up', '1');
    expect(result).toMatchObject({ task, partial: false, reference: 'ours', skipped: [] });
    expect(result.driver).toMatch(new RegExp(`^${driver} \\d`));
    expect(result.contenders.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
    for (const { name, version, failed, failures, turns, perS, cpuUs } of result.contenders) {
      expect({ name, failed, failures, turns: turns.length }).toEqual({ name, failed: null, failures: {}, turns: 1 });
      expect(version).toMatch(/ v?\d+\.\d+/);
      expect(perS?.median, name).toBeGreaterThan(100);
      expect(cpuUs?.median, name).toBeGreaterThan(1);
    }
  });

  it('measures with our own load generator, too', async () => {
    const { driver: used, contenders } = await bench(task, '--rounds', '1', '--driver', 'own', '--warm-up', '0', '--contender', 'ours');
    expect(used).toMatch(/^a load generator of ours/);
    expect(contenders).toMatchObject([{ name: 'ours', failures: {}, turns: [{ answers: expect.any(Number) }] }]);
  });
});

describe('bench proxy', () => {
  // Reason: the real programs may not be installed; `missing` prints which.
  it.skipIf(missing('wrk', 'nginx', 'haproxy'))('brings bodies of 1 MiB through all that are installed', async () => {
    const { contenders, case: which } = await bench('proxy', '--case', 'large', '--rounds', '1', '--warm-up', '1');
    expect([which, contenders.length]).toEqual(['large', 8]);
    for (const { name, failed, failures, cpuUs } of contenders) {
      expect({ name, failed, failures }).toEqual({ name, failed: null, failures: {} });
      expect(cpuUs?.median, name).toBeGreaterThan(10);
    }
  });

  // Reason: as above.
  it.skipIf(missing('wrk', 'nginx', 'haproxy', 'varnishd'))('asks all caches that are installed, which ask the origin once', async () => {
    const { contenders } = await bench('proxy', '--case', 'cached', '--rounds', '1', '--warm-up', '1');
    expect(contenders.map(({ name, failed, failures }) => ({ name, failed, failures }))).toEqual(
      ['ours', 'nginx', 'varnish', 'haproxy', 'origin'].map((name) => ({ name, failed: null, failures: {} })),
    );
  });

  it('tells the latency of a worker at half of what it can', async () => {
    const { contenders, rate, verdicts } = await bench('proxy', '--case', 'half-load', '--rounds', '1', '-c', 'ours');
    expect(rate).toBeGreaterThan(50);
    const [ours] = contenders;
    expect(ours).toMatchObject({ failures: {}, p50Ms: { median: expect.any(Number) }, p99Ms: { ratio: 1 } });
    expect(ours?.busy ?? 0).toBeLessThan(0.95);
    expect(verdicts.map(({ measure }) => measure.name)).toEqual(expect.arrayContaining(['p50Ms', 'p99Ms', 'p999Ms']));
  });
});

/** The sibling of the canary, which is the same without the delay. */
const siblings = [
  ['dns', 'node-dgram'],
  ['proxy', 'node-http'],
] as const;

// Reason: processor time, which is the sharper measure, is told by Linux alone.
describe.skipIf(process.platform !== 'linux').each(siblings)('verdicts of bench %s', (task, sibling) => {
  async function outcomes(): Promise<Readonly<Record<string, Outcome>>> {
    const { verdicts } = await bench(task, '-c', sibling, '-c', 'canary', '-c', sibling, '--warm-up', '1');
    const byCpu = verdicts.find(({ measure }) => measure.name === 'cpuUs');
    return Object.fromEntries(byCpu?.comparisons.map(({ b, outcome }) => [b, outcome]) ?? []);
  }

  it('detect a delay of 100 µs, and tell two identical contenders not apart', { timeout: 300_000 }, async () => {
    const first = await outcomes();
    expect(first['canary']).toBe('a');
    // At 95 % confidence one verdict in twenty may be wrong, so a false alarm is looked at once more.
    const again = ['same', 'open'].includes(first[`${sibling} (2)`] ?? '') ? first : await outcomes();
    expect(['same', 'open']).toContain(again[`${sibling} (2)`]);
  });
});
