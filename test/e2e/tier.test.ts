/**
 * The tier as a user starts it: real processes, real sockets, and the promises of the first page kept.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createDnsClient, type DnsClient } from '../../src/dns/client.js';
import { get, startLoad } from '../support/load.js';
import { ownNetwork } from '../support/addresses.js';
import { startTier, type TestTier } from '../support/tier.js';

async function firstPlaces(client: DnsClient, name: string, types: readonly string[], queries: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let asked = 0; asked < queries; asked += 1) {
    const { answers } = await client.ask(name, types[asked % types.length] ?? 'A');
    const first = answers[0]?.data ?? 'none';
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return counts;
}

const sorted = (counts: ReadonlyMap<string, number>): number[] => [...counts.values()].sort((a, b) => a - b);

describe('a tier of four', () => {
  let tier: TestTier;
  let client: DnsClient;
  beforeAll(async () => {
    tier = await startTier();
    client = createDnsClient({ server: tier.dns, timeoutMs: 2000, clock: systemClock });
  });
  afterAll(async () => {
    client.close();
    await tier.stop();
  });

  it('greets with what listens where and what to try', () => {
    const screen = tier.stdout();
    for (const word of ['policy round-robin', `dig @${tier.network}.1`, `curl http://${tier.network}.11:8080/`, ':9101/metrics', 'Ctrl-C']) expect(screen).toContain(word);
  });

  it('gives each worker exactly a quarter of 4,000 first places', async () => {
    expect(sorted(await firstPlaces(client, tier.service, ['A'], 4000))).toEqual([1000, 1000, 1000, 1000]);
  });

  it('forwards through every worker, naming it in Via', async () => {
    for (const name of ['w1', 'w2', 'w3', 'w4']) {
      const reply = await get(`${tier.worker(name)}/echo`);
      expect(reply.status).toBe(200);
      expect(reply.via).toContain(name);
    }
  });

  it('answers for a worker by its own name', async () => {
    const { answers } = await client.ask('w3.roundhouse.test', 'A');
    expect(answers.map(({ data }) => data)).toEqual([`${tier.network}.13`]);
  });

  it('drains under load without a failed request, and puts back', async () => {
    const load = startLoad({ dns: tier.dns, name: tier.service, path: '/bytes/2000', port: 8080, users: 8 });
    await load.more(200);
    const drained = await tier.command('drain', 'w2');
    expect(drained.stdout).toContain('w2: enabled → draining');
    await tier.until((status) => status.members.every((member) => member.eligible === (member.name !== 'w2')));
    await load.more(200);
    expect((await fetch(`http://${tier.network}.12:9101/readyz`)).status).toBe(503);
    expect([...(await firstPlaces(client, tier.service, ['A'], 30)).keys()]).not.toContain(`${tier.network}.12`);
    await tier.command('enable', 'w2');
    await tier.until((status) => status.members.every((member) => member.eligible));
    await load.more(200);
    const { failures, retried } = await load.stop();
    expect({ failures, retried }).toEqual({ failures: [], retried: 0 });
  });

  it('lets a worker that is told to stop leave without a failed request, and restarts it', async () => {
    const before = tier.pid('w3');
    const load = startLoad({ dns: tier.dns, name: tier.service, path: '/bytes/2000', port: 8080, users: 8 });
    await load.more(100);
    process.kill(before, 'SIGTERM');
    while (tier.pid('w3') === before) await load.more(10);
    await tier.until((status) => status.members.every((member) => member.eligible));
    const { failures, retried } = await load.stop();
    expect({ failures, retried }).toEqual({ failures: [], retried: 0 });
  });

  it('shows the pool in `status`, with shares read from the metrics', async () => {
    const { stdout, code } = await tier.command('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/w1 .*up .*enabled .*yes +\d+\.\d %/);
    const status = await tier.status();
    expect(status.members.reduce((sum, { share }) => sum + (share ?? 0), 0)).toBeCloseTo(1, 5);
    expect(status.members.every(({ requests }) => (requests ?? 0) > 0)).toBe(true);
  });

  it('withdraws a worker that is killed under load within a second, and takes it back; who tries the next address sees no failure', async () => {
    const victim = `${tier.network}.14`;
    const load = startLoad({ dns: tier.dns, name: tier.service, path: '/bytes/2000', port: 8080, users: 8 });
    await load.more(100);
    process.kill(tier.pid('w4'), 'SIGKILL');
    const killedMs = systemClock.monotonicMs();
    let named = true;
    while (named) {
      expect(systemClock.monotonicMs() - killedMs).toBeLessThan(1000); // the promise itself, not a measure of speed
      const { answers } = await client.ask(tier.service, 'A');
      named = answers.some(({ data }) => data === victim);
    }
    await tier.until((status) => status.members.every((member) => member.eligible));
    await load.more(100);
    const { failures, served } = await load.stop();
    expect(failures).toEqual([]);
    expect(served.get(victim)).toBeGreaterThan(0);
    expect(await firstPlaces(client, tier.service, ['A'], 8)).toHaveProperty('size', 4);
  });
});

describe('a tier with one worker that hangs', () => {
  it('takes it out, spreads 4,000 first places 1333, 1333 and 1334, and takes it back', async () => {
    const tier = await startTier({ config: { workers: { probe: { interMs: 300, fastinterMs: 150, downinterMs: 300, timeoutMs: 300 } } } });
    const client = createDnsClient({ server: tier.dns, timeoutMs: 2000, clock: systemClock });
    process.kill(tier.pid('w1'), 'SIGSTOP');
    const { members } = await tier.until((status) => status.members.filter((member) => member.eligible).length === 3);
    expect(members[0]).toMatchObject({ name: 'w1', health: 'down', reason: 'probe-timeout', admin: 'enabled' });
    expect(sorted(await firstPlaces(client, tier.service, ['A'], 4000))).toEqual([1333, 1333, 1334]);
    process.kill(tier.pid('w1'), 'SIGCONT');
    await tier.until((status) => status.members.every((member) => member.eligible));
    client.close();
    expect(await tier.stop()).toBe(0);
  });
});

describe('a tier whose workers have IPv4 and IPv6 addresses', () => {
  it('rotates A and AAAA each evenly when they are asked alternately, and serves on both addresses', async () => {
    const network = ownNetwork();
    const members = [1, 2, 3, 4].map((n) => ({ name: `w${n}`, address: `${network}.1${n}`, address6: `::ffff:${network}.2${n}` }));
    const tier = await startTier({ config: { workers: { members } } });
    const client = createDnsClient({ server: tier.dns, timeoutMs: 2000, clock: systemClock });
    const counts = await firstPlaces(client, tier.service, ['A', 'AAAA'], 8000);
    expect(sorted(counts)).toEqual([1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000]);
    expect((await get(`http://${network}.12:8080/echo`)).via).toContain('w2');
    expect((await get(`http://[::ffff:${network}.22]:8080/echo`)).via).toContain('w2');
    client.close();
    await tier.stop();
  });
});

describe('a tier with caches', () => {
  it('purges from all workers at once, and names one that does not answer', async () => {
    const tier = await startTier({ config: { workers: { count: 2 }, proxy: { cache: { bytesMax: 1_000_000 } } } });
    const status = async (name: string): Promise<string | null> => {
      const answer = await fetch(`${tier.worker(name)}/cacheable?s=60`);
      await answer.text();
      return answer.headers.get('cache-status');
    };
    for (const name of ['w1', 'w2']) {
      for (const word of ['stored', 'hit']) expect(await status(name)).toContain(word);
    }
    const purged = await tier.command('purge', '--prefix', `${tier.worker('w1')}/cacheable`);
    expect(purged).toMatchObject({ code: 0, stdout: '1 stored response removed (w1 1, w2 0)\n' });
    expect(await status('w1')).toContain('uri-miss');
    expect(await status('w2')).toContain('hit');
    process.kill(tier.pid('w2'), 'SIGSTOP');
    const failed = await tier.command('purge', '--tag', 'nothing', '--soft');
    process.kill(tier.pid('w2'), 'SIGCONT');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toBe('0 stored responses made stale (w1 0)\nw2 has not done it: no answer within 4000 ms\nWhat is listed may still be served: purge again.\n');
    expect(await tier.command('purge')).toMatchObject({ code: 2 });
    expect(await tier.command('purge', '--tag')).toMatchObject({ code: 2 });
    expect(await tier.command('purge', 'a.css')).toMatchObject({ code: 1 });
    expect(await tier.stop()).toBe(0);
  });
});
