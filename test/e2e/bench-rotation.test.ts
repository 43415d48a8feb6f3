/**
 * `roundhouse bench rotation` as a user runs it, with rounds too few and too short for a verdict: what it prints, writes, survives
 * and leaves behind. What verdicts are worth is for test/system.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { RotationResult } from '../../bench/rotation/result.js';
import { childrenOf, roundhouse, run, startTier } from '../support/tier.js';

const directory = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
afterAll(() => rmSync(directory, { recursive: true }));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** 100 requests a second. */
function small(rounds = 1, duration = 1): string[] {
  const sizes = ['--rounds', String(rounds), '--duration', String(duration)];
  const settings = ['clients.count=300', 'clients.think.meanS=3', 'warmupS=0.3', 'intervalS=0.5'].flatMap((set) => ['--set', set]);
  return ['bench', 'rotation', ...sizes, ...settings];
}

describe('bench rotation', { timeout: 120_000 }, () => {
  it('measures real requests, and tells them in every form', async () => {
    const [json, csv, html] = ['rounds.json', 'rounds.csv', 'report.html'].map((name) => join(directory, name)) as [string, string, string];
    const outputs = ['--json', json, '--csv', csv, '--html', html];
    const expectations = ['--expect', 'failed(round-robin) <= 0', '--expect', 'maxOverMean(static-list) < 1'];
    const { code, stdout, stderr } = await roundhouse(...small(), '--simulate-too', ...outputs, ...expectations);
    expect([code, stderr]).toEqual([1, expect.stringContaining('2 rounds, round-robin and static-list in turns, about ')]); // the second does not hold
    expect(stdout).toMatch(/No verdict: 1 round of each is too few, 6 are the least for 95 % confidence\./);
    expect(stdout).toMatch(/✓ failed\(round-robin\) <= 0 [^]*✗ maxOverMean\(static-list\) < 1/);
    const result = JSON.parse(readFileSync(json, 'utf8')) as RotationResult;
    const [even, uneven] = result.contenders;
    expect(even?.summary.requests).toBeGreaterThan(60);
    expect(even?.means.maxOverMean.mean).toBeLessThan(1.3);
    expect(uneven?.means.maxOverMean.mean).toBeGreaterThan(2);
    const requests = even?.workers.reduce((sum, worker) => sum + worker.requests, 0) ?? 0;
    expect(Math.abs(requests - (even?.summary.requests ?? 0))).toBeLessThan(0.2 * requests); // workers count what ends, users what begins
    expect(even?.workers.map(({ firstPlaces }) => firstPlaces?.mean).every((share) => share !== undefined && share > 0.2)).toBe(true);
    expect(result.simulated?.map(({ contender }) => contender)).toEqual(['round-robin', 'static-list']);
    expect(result.about.facts).toMatchObject({ command: expect.stringMatching(/^roundhouse bench rotation --rounds 1/), machine: { node: process.version } });
    expect(readFileSync(csv, 'utf8').split('\n')).toHaveLength(1 + 2 * 2 * 4 + 1);
    expect(readFileSync(html, 'utf8')).toContain('Load of each worker over time');
  });

  it('Ctrl-C ends the round and tells what is complete, marked as partial, and leaves nothing behind', async () => {
    const running = run([...small(50), '--json']);
    while (!running.stderr().includes('round 3 of 100')) await new Promise((resolve) => setTimeout(resolve, 20));
    const children = childrenOf(running.process.pid);
    expect(children.length).toBeGreaterThan(5); // users, workers, origin
    expect(await running.stop('SIGINT')).toBe(130);
    const result = JSON.parse(running.stdout()) as RotationResult;
    expect(result.partial).toBe(true);
    expect(result.contenders[0]?.rounds.p99.length).toBeLessThan(10);
    for (const child of children) expect(() => process.kill(child, 0)).toThrow('ESRCH');
  });

  it('a worker that is killed costs attempts, not requests, and is back for the next round', async () => {
    const { code, stdout } = await roundhouse(...small(1, 2), '--policy', 'round-robin', '--kill', 'w2@500ms', '--json');
    const result = JSON.parse(stdout) as RotationResult;
    const [only] = result.contenders;
    expect([code, only?.summary.changes[0]?.what]).toEqual([0, 'w2 dies (refuse)']);
    expect(only?.summary.changes[0]?.noticedAfterS).toBeLessThan(1);
    expect(only?.means.share.mean).toBeGreaterThan(0.25); // w1 has a part of what was w2's
    expect(only?.summary.failedRequests).toBeLessThan(0.05 * (only?.summary.requests ?? 0)); // those that it had in hand
  });

  it('says so when the process of the virtual users goes, and leaves nothing behind', async () => {
    const running = run([...small(1, 30), '--policy', 'round-robin']);
    cleanups.push(() => running.stop());
    const all = 7; // four workers, the origin, the DNS process of the round, the users
    while (childrenOf(running.process.pid).length < all) await new Promise((resolve) => setTimeout(resolve, 20));
    const isUsers = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('users/program');
    const [users = 0] = childrenOf(running.process.pid).filter(isUsers);
    const others = childrenOf(running.process.pid).filter((pid) => pid !== users);
    process.kill(users, 'SIGTERM'); // which may have been meant for all
    process.kill(users, 0);
    process.kill(users, 'SIGKILL');
    const [code] = (await once(running.process, 'exit')) as [number];
    expect([code, running.stderr()]).toEqual([1, expect.stringMatching(/roundhouse: bench: the process of the virtual users ended \(SIGKILL\)\n$/)]);
    for (const pid of others) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('blames itself for sockets that it could not open', async () => {
    // A connection for each of 900 users; Node itself needs some two hundred files to load.
    const session = ['--set', 'clients.count=900', '--set', 'clients.session.requestsMean=50', '--policy', 'round-robin', '--json'];
    const words = [process.execPath, 'dist/src/cli/main.js', ...small(1, 3), ...session].map((word) => `'${word}'`);
    const { stdout } = await promisify(execFile)('sh', ['-c', `ulimit -n 300; ${words.join(' ')}`]);
    const { warnings } = JSON.parse(stdout) as RotationResult;
    const message = /^round-robin: the load generator was the bottleneck: \d+ sockets could not be opened for want of them; raise the limit/;
    expect(warnings).toContainEqual(expect.stringMatching(message));
  });

  it('visits a tier that runs already, drains and enables again', async () => {
    const tier = await startTier();
    cleanups.push(() => tier.stop());
    const running = ['--control', tier.control, '--policy', 'round-robin', '--policy', `its-own@${tier.dns.address}:${tier.dns.port}`];
    const { code, stdout } = await roundhouse(...small(), ...running, '--drain', 'w2@200ms', '--json');
    const result = JSON.parse(stdout) as RotationResult;
    expect([code, result.contenders.map(({ name }) => name)]).toEqual([0, ['round-robin', 'its-own']]);
    expect(result.about.tier).toBe(`the tier that runs at ${tier.control}`);
    for (const { workers, summary } of result.contenders) {
      expect(workers[1]?.share.mean).toBeLessThan(0.2);
      expect([summary.failedRequests, summary.changes[0]?.what]).toEqual([0, 'w2 drains']);
    }
    expect(result.contenders[1]?.workers[0]?.firstPlaces).toBeNull(); // the metrics of a server that is not ours are not known
    expect((await tier.status()).members.map(({ admin }) => admin)).toEqual(['enabled', 'enabled', 'enabled', 'enabled']);
  });

  it.each([
    [['--policy', 'round-robin', '--policy', './nowhere.mjs'], 1, /^roundhouse: policy: there is no file .*nowhere\.mjs; .*\n$/],
    [['--path', '/nowhere'], 1, /bench: rehearsal: not one of \d+ requests succeeded: \d+ with a status of 400 and above; is the origin there/],
    [['--control', 'http://127.0.0.1:1'], 1, /control http:\/\/127\.0\.0\.1:1: no answer/],
    [['--kill', 'w9@1s'], 2, /--kill w9@1s: unknown worker w9/],
    [['--html', directory], 2, /--html .*: expected a file, got a directory/],
  ])('says what is wrong: %j', async (words, expected, message) => {
    const { code, stdout, stderr } = await roundhouse(...small(), ...words);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /);
  });
});
