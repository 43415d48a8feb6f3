/**
 * Prometheus itself: its linter finds nothing to say about our pages, and a server finds all targets by discovery.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get } from '../support/load.js';
import { exec, missing } from '../support/programs.js';
import { startTier, type TestTier } from '../support/tier.js';

let tier: TestTier;
beforeAll(async () => {
  tier = await startTier();
  for (const name of ['w1', 'w2', 'w3', 'w4']) for (const path of ['/echo', '/status/404', '/status/503']) await get(tier.worker(name) + path);
  await tier.command('resolve', '-n', '100');
});
afterAll(async () => {
  await tier.stop();
});

// Reason: the real program may not be installed; `missing` prints which.
describe.skipIf(missing('promtool'))('promtool check metrics', () => {
  it('is clean on each worker and on DNS', async () => {
    const pages = [...[11, 12, 13, 14].map((n) => `http://${tier.network}.${n}:9101/metrics`), `http://${tier.network}.1:9153/metrics`];
    for (const url of pages) {
      const page = await (await fetch(url)).text();
      const { code, stdout, stderr } = await exec('promtool', ['check', 'metrics'], page);
      expect(`${stdout}${stderr}`, url).toBe('');
      expect(code).toBe(0);
    }
  });
});

// Reason: the real program may not be installed; `missing` prints which.
describe.skipIf(missing('prometheus'))('a Prometheus server', () => {
  it('discovers and scrapes every process', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'roundhouse-prometheus-'));
    writeFileSync(
      join(directory, 'prometheus.yml'),
      `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: roundhouse
    http_sd_configs: [{ url: "${tier.control}/api/discovery", refresh_interval: 5s }]
`,
    );
    const web = `${tier.network}.90:9090`;
    const server = spawn('prometheus', [`--config.file=${directory}/prometheus.yml`, `--storage.tsdb.path=${directory}/data`, `--web.listen-address=${web}`], { stdio: 'ignore' });
    try {
      const shares = async (): Promise<Record<string, string>> => {
        const answer = await fetch(`http://${web}/api/v1/query?query=sum by (worker) (roundhouse_proxy_requests_total)`).catch(() => undefined);
        if (answer === undefined || !answer.ok) return {};
        const { data } = (await answer.json()) as { data: { result: { metric: { worker?: string }; value: [number, string] }[] } };
        return Object.fromEntries(data.result.map(({ metric, value }) => [metric.worker ?? '', value[1]]));
      };
      await expect.poll(shares, { timeout: 60_000, interval: 500 }).toEqual({ w1: '3', w2: '3', w3: '3', w4: '3' });
    } finally {
      server.kill();
    }
  });
});
