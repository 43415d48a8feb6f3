/**
 * Policies that weigh where requests come from and how busy the workers are, in a real tier.
 */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { createDnsClient, type DnsClient } from '../../src/dns/client.js';
import { parseExposition, type Sample } from '../../src/metrics/exposition.js';
import { get } from '../support/load.js';
import { startTier, type TestTier } from '../support/tier.js';

const clientOf = (tier: TestTier): DnsClient => createDnsClient({ server: tier.dns, timeoutMs: 2000, clock: systemClock });

async function addresses(client: DnsClient, tier: TestTier): Promise<string[]> {
  const { answers } = await client.ask(tier.service, 'A');
  return answers.map(({ data }) => data);
}

async function dnsMetrics(tier: TestTier): Promise<Sample[]> {
  const response = await fetch(`http://${tier.dns.address}:9153/metrics`);
  return parseExposition(await response.text());
}

const valuesOf = (samples: readonly Sample[], name: string): number[] =>
  samples.filter((sample) => sample.name === name).map(({ value }) => value);

/** Looks until it holds; the test's own time limit ends it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Requests without a pause to one worker, past DNS, until `stop`. */
function flood(url: string, users: number): { stop(): Promise<void> } {
  let running = true;
  const user = async (): Promise<void> => {
    while (running) await get(url).catch(() => undefined);
  };
  const all = Promise.all(Array.from({ length: users }, user));
  return {
    async stop() {
      running = false;
      await all;
    },
  };
}

describe('a tier by demand', () => {
  it('answers evenly, with TTLs divided among networks, and tells how many of them it knows', async () => {
    const tier = await startTier({ args: ['--workers', '3', '--policy', 'two-tier', '--ttl', '60/per-domain'] });
    const client = clientOf(tier);
    const first = new Map<string, number>();
    for (let asked = 0; asked < 300; asked += 1) {
      const { answers } = await client.ask(tier.service, 'A');
      expect(answers.map(({ data }) => data).toSorted()).toEqual([11, 12, 13].map((last) => `${tier.network}.${last}`));
      for (const { ttlS } of answers) expect(ttlS >= 1 && ttlS <= 86_400).toBe(true);
      first.set(answers[0]?.data ?? '', (first.get(answers[0]?.data ?? '') ?? 0) + 1);
    }
    expect([...first.values()]).toEqual([100, 100, 100]); // one network is the average, so one cursor serves it all
    await until(async () => {
      await client.ask(tier.service, 'A');
      return (valuesOf(await dnsMetrics(tier), 'roundhouse_dns_demand_networks')[0] ?? 0) >= 1;
    });
    expect(valuesOf(await dnsMetrics(tier), 'roundhouse_pool_member_utilisation_ratio')).toEqual([]); // nobody needs it
    expect((await tier.command('status')).stdout).toContain('policy two-tier, TTL 60 s/per-domain');
    client.close();
    expect(await tier.stop()).toBe(0);
  });
});

describe('a tier by load', () => {
  it('knows how busy its workers are; beyond the alarm one leaves the answers, and returns when it rests', async () => {
    const tier = await startTier({
      args: ['--workers', '3', '--policy', 'least-loaded', '--alarm', '0.2'],
      config: { control: { load: { interMs: 250 } } },
    });
    const client = clientOf(tier);
    await tier.until(({ members }) => members.every(({ utilisation, backlog }) => utilisation !== undefined && backlog !== undefined));
    await until(async () => valuesOf(await dnsMetrics(tier), 'roundhouse_pool_member_utilisation_ratio').length === 3);
    await tier.until(({ members }) => members.every(({ eligible }) => eligible));

    const victim = `${tier.network}.11`;
    const busy = flood(`${tier.worker('w1')}/bytes/20000`, 8);
    await tier.until(({ members: [w1] }) => w1?.alarmed === true && !w1.eligible && w1.health === 'up');
    await until(async () => !(await addresses(client, tier)).includes(victim));
    await until(async () => /w1 .* no .*alarm \d+\.\d %/.test((await tier.command('status')).stdout));
    expect((await get(`${tier.worker('w1')}/echo`)).status).toBe(200); // it serves whoever still comes
    await busy.stop();

    await tier.until(({ members }) => members.every(({ alarmed, eligible }) => !alarmed && eligible));
    await until(async () => (await addresses(client, tier)).includes(victim));
    expect(tier.stdout()).toMatch(/w1 is busier than the alarm allows/);
    expect(tier.stdout()).toMatch(/w1 is no longer busier than the alarm allows/);
    client.close();
    expect(await tier.stop()).toBe(0);
  });

  it.each(['dal', 'mrl', 'least-utilised', 'least-backlog', 'probabilistic-round-robin', 'probabilistic-two-tier'])('%s serves', async (policy) => {
    const tier = await startTier({ args: ['--workers', '2', '--policy', policy, '--ttl', '60/per-domain-and-server'] });
    const client = clientOf(tier);
    for (let asked = 0; asked < 20; asked += 1) {
      expect((await addresses(client, tier)).toSorted()).toEqual([`${tier.network}.11`, `${tier.network}.12`]);
    }
    client.close();
    expect(await tier.stop()).toBe(0);
  });
});
