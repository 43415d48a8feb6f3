import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { createDnsStats, queryTypes, rcodes } from '../../src/dns/stats.js';
import { catalog, entryOf, metricNamesOf, type MetricName, type Role } from '../../src/metrics/catalog.js';
import { parseExposition, type Sample } from '../../src/metrics/exposition.js';
import { createDnsMetrics, createWorkerMetrics, type Metrics } from '../../src/metrics/metrics.js';
import { metricsMarkdown } from '../../src/metrics/reference.js';
import { createPool, healthReasons, type PoolMember } from '../../src/pool/pool.js';
import { createReportedLoads } from '../../src/pool/worker-loads.js';
import { createCacheStats } from '../../src/proxy/cache/options.js';
import type { EngineStats } from '../../src/proxy/engines/engine.js';
import { createHandshakeTally } from '../../src/proxy/handshake-fault.js';
import { lookUpResults } from '../../src/proxy/origin-addresses.js';
import { createGatewayStats, methodClasses, statusClasses } from '../../src/proxy/stats.js';
import { createTally, observe } from '../../src/tally.js';

const opened: Metrics[] = [];
afterEach(() => opened.splice(0).forEach((metrics) => metrics.close()));

const members: readonly PoolMember[] = ['a', 'b'].map((name, index) => ({ name, index, address: `127.0.0.${index + 2}`, port: 80, weight: 1 }));
const newPool = () => createPool(members, { upThresh: 0.5, initialHealth: 'up', realtimeMs: () => 0 });

const newWorker = () => {
  const gateway = createGatewayStats(['a', 'b']);
  const engine: EngineStats = {
    connections: 3,
    connectionsTotal: 5,
    connectionsRefusedTotal: 1,
    handshakeFaults: createHandshakeTally(),
    originConnections: 2,
    originConnectionsTotal: 4,
    bytesIn: () => 1000,
    bytesOut: () => 2000,
  };
  const origins = newPool();
  const probes = { outcomes: createTally(['a', 'b'], healthReasons), lastDurationMs: Float64Array.of(12, NaN) };
  const named = { addresses: new Map([['b', { count: () => 2 }]]), lookUps: createTally(['b'], lookUpResults) };
  named.lookUps.add(0, 0);
  const metrics = createWorkerMetrics({ worker: 'w1', gateway, cache: createCacheStats(), engine, origins, probes, named });
  opened.push(metrics);
  return { gateway, origins, probes, metrics };
};

const newDns = () => {
  const stats = createDnsStats(['a', 'b'], ['london']);
  const pool = newPool();
  const loads = createReportedLoads(members.length, 6000, createVirtualClock());
  const metrics = createDnsMetrics({ stats, pool, evictionsTotal: () => 0, networks: () => 12, loads });
  opened.push(metrics);
  return { stats, pool, loads, metrics };
};

const pageOf = async (metrics: Metrics): Promise<Sample[]> => parseExposition(await metrics.render());

const value = (samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
  samples.find((one) => one.name === name && Object.entries(labels).every(([label, text]) => one.labels[label] === text))?.value;

describe('the catalog', () => {
  it.each(Object.keys(catalog) as MetricName[])('%s keeps the rules for names', (name) => {
    const { type, help, labels, roles } = entryOf(name);
    expect(name).toMatch(/^(roundhouse|process|nodejs)(_[a-z0-9]+)+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(/_(ms|millis|milliseconds|minutes|kb|mb|percent|counter|gauge|histogram)(_|$)/);
    expect(name).not.toMatch(/_(sum|count|bucket|created)$/);
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
    if (/_(bytes|seconds)_/.test(name)) expect(name).toMatch(/_(bytes|seconds)_total$/);
    expect(help).toMatch(/^[A-Z0-9].*\.$/);
    expect(roles.length).toBeGreaterThan(0);
    for (const [label, values] of Object.entries(labels)) {
      expect(label).toMatch(/^[a-z]+$/);
      expect(label).not.toBe('le');
      expect(values.length).toBeGreaterThan(0);
    }
  });

  it('is what docs/METRICS.md says', () => {
    expect(readFileSync(new URL('../../docs/METRICS.md', import.meta.url), 'utf8')).toBe(metricsMarkdown());
  });
});

describe.each<[Role, () => { metrics: Metrics }]>([['worker', newWorker], ['dns', newDns]])('a page of the role %s', (role, make) => {
  it('has exactly the metrics of the catalog, each with one HELP and one TYPE', async () => {
    const page = await make().metrics.render();
    const lines = page.split('\n');
    const heads = (word: string): string[] => lines.filter((line) => line.startsWith(`# ${word} `)).map((line) => line.split(' ')[2] ?? '');
    expect(heads('HELP').toSorted()).toEqual([...metricNamesOf(role)].toSorted());
    expect(heads('TYPE')).toEqual(heads('HELP'));
    for (const name of metricNamesOf(role)) expect(page).toContain(`# TYPE ${name} ${entryOf(name).type}\n`);
    expect(page.endsWith('\n')).toBe(true);
  });

  it('has no series twice, and only labels and values of the catalog', async () => {
    const samples = await pageOf(make().metrics);
    const keys = samples.map(({ name, labels }) => `${name}${JSON.stringify(Object.entries(labels).toSorted())}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { name, labels } of samples) {
      const family = name in catalog ? (name as MetricName) : (name.replace(/_(bucket|sum|count)$/, '') as MetricName);
      const { le: _le, ...own } = labels;
      expect(Object.keys(own)).toEqual(Object.keys(entryOf(family).labels));
      for (const [label, text] of Object.entries(own)) {
        const known = entryOf(family).labels[label];
        if (typeof known === 'object') expect(known).toContain(text);
      }
    }
  });

  it('can be asked for some', async () => {
    const { metrics } = make();
    const page = await metrics.render(['process_cpu_seconds_total', 'roundhouse_build_info', 'nothing', 'roundhouse_build_info']);
    expect([...page.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name)).toEqual(['process_cpu_seconds_total', 'roundhouse_build_info']);
    expect(parseExposition(page).map(({ name }) => name)).toEqual(['process_cpu_seconds_total', 'roundhouse_build_info']);
    expect(await metrics.render(['__proto__', 'constructor', 'nothing'])).toBe('');
  });

  it('tells of the process', async () => {
    const samples = await pageOf(make().metrics);
    expect(value(samples, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(value(samples, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(value(samples, 'roundhouse_build_info', { node: process.version, role })).toBe(1);
  });

  it('can be read by two at once, and after it was closed', async () => {
    const { metrics } = make();
    const [one, other] = await Promise.all([pageOf(metrics), pageOf(metrics)]);
    expect(one.map(({ name }) => name)).toEqual(other.map(({ name }) => name));
    metrics.close();
    expect((await pageOf(metrics)).length).toBeGreaterThan(20);
  });
});

describe('a worker\'s page', () => {
  it('shows zeros before the first event, so that rate() sees it', async () => {
    const samples = await pageOf(newWorker().metrics);
    const requests = samples.filter(({ name }) => name === 'roundhouse_proxy_requests_total');
    expect(requests).toHaveLength(methodClasses.length * statusClasses.length);
    expect(requests.every((sample) => sample.value === 0)).toBe(true);
    expect(value(samples, 'roundhouse_proxy_faults_total', { code: 'connect-refused' })).toBe(0);
    expect(value(samples, 'roundhouse_origin_attempts_total', { origin: 'b', outcome: 'answered' })).toBe(0);
    expect(value(samples, 'roundhouse_origin_addresses', { origin: 'b' })).toBe(2);
    expect(lookUpResults.map((result) => value(samples, 'roundhouse_origin_lookups_total', { origin: 'b', result }))).toEqual([1, 0, 0]);
    expect(samples.filter(({ name }) => name === 'roundhouse_probe_results_total').map(({ labels }) => labels['result'])).toEqual(['probe-passed', 'probe-passed']);
  });

  it('shows what was counted', async () => {
    const { gateway, origins, probes, metrics } = newWorker();
    gateway.requests.addMany(7, methodClasses.indexOf('PUT'), statusClasses.indexOf('2xx'));
    gateway.inFlight = 2;
    gateway.retriesDeniedTotal = 4;
    probes.outcomes.add(1, healthReasons.indexOf('probe-timeout'));
    origins.setAdmin('b', 'draining');
    const samples = await pageOf(metrics);
    expect(value(samples, 'roundhouse_proxy_requests_total', { method: 'PUT', status: '2xx' })).toBe(7);
    expect(value(samples, 'roundhouse_proxy_in_flight_requests')).toBe(2);
    expect(value(samples, 'roundhouse_origin_retries_denied_total')).toBe(4);
    expect(value(samples, 'roundhouse_client_sent_bytes_total')).toBe(2000);
    expect(value(samples, 'roundhouse_probe_results_total', { member: 'b', result: 'probe-timeout' })).toBe(1);
    expect(value(samples, 'roundhouse_probe_duration_seconds', { member: 'a' })).toBe(0.012);
    expect(value(samples, 'roundhouse_probe_duration_seconds', { member: 'b' })).toBeUndefined();
    expect(value(samples, 'roundhouse_pool_member_admin', { pool: 'origins', member: 'b', state: 'draining' })).toBe(1);
    expect(value(samples, 'roundhouse_pool_member_admin', { member: 'b', state: 'enabled' })).toBe(0);
    expect(value(samples, 'roundhouse_pool_eligible_members')).toBe(1);
  });

  it('shows durations as a histogram: cumulative, with sum and count', async () => {
    const { gateway, metrics } = newWorker();
    const served = gateway.durationS[statusClasses.indexOf('2xx')];
    for (const seconds of [0.0005, 0.0006, 0.0009, 100]) observe(served as NonNullable<typeof served>, seconds); // one for each class
    const samples = await pageOf(metrics);
    const at = (le: string) => value(samples, 'roundhouse_proxy_request_duration_seconds_bucket', { status: '2xx', le });
    expect([at('0.0005'), at('0.001'), at('60'), at('+Inf')]).toEqual([1, 3, 3, 4]);
    expect(value(samples, 'roundhouse_proxy_request_duration_seconds_count', { status: '2xx' })).toBe(4);
    expect(value(samples, 'roundhouse_proxy_request_duration_seconds_sum', { status: '2xx' })).toBeCloseTo(100.002, 6);
    expect(value(samples, 'roundhouse_proxy_request_duration_seconds_count', { status: '5xx' })).toBe(0);
  });
});

describe('the page of DNS', () => {
  it('shows what every zone answers, and all else when it happens', async () => {
    const { stats, metrics } = newDns();
    expect((await pageOf(metrics)).filter(({ name }) => name === 'roundhouse_dns_queries_total')).toHaveLength(8);
    stats.queries.add(queryTypes.indexOf('MX'), rcodes.indexOf('REFUSED'), 1);
    const samples = await pageOf(metrics);
    expect(value(samples, 'roundhouse_dns_queries_total', { type: 'MX', rcode: 'REFUSED', transport: 'tcp' })).toBe(1);
    expect(samples.filter(({ name }) => name === 'roundhouse_dns_queries_total')).toHaveLength(9);
  });

  it('shows first places per member and type, and the pool', async () => {
    const { stats, pool, metrics } = newDns();
    stats.firstPlaces.addMany(1000, 1, 1);
    stats.located.add(1, 0);
    observe(stats.ttlS, 30);
    pool.setHealth('a', { health: 'down', reason: 'probe-refused', detail: '', sinceMs: 0, stableForMs: 1000 });
    const samples = await pageOf(metrics);
    expect(value(samples, 'roundhouse_dns_answer_first_places_total', { member: 'b', type: 'AAAA' })).toBe(1000);
    expect(value(samples, 'roundhouse_dns_answer_first_places_total', { member: 'a', type: 'A' })).toBe(0);
    expect(value(samples, 'roundhouse_dns_located_questions_total', { location: '(none)', by: 'subnet' })).toBe(1);
    expect(value(samples, 'roundhouse_dns_answer_ttl_seconds_bucket', { le: '30' })).toBe(1);
    expect(value(samples, 'roundhouse_pool_member_up', { pool: 'workers', member: 'a' })).toBe(0);
    expect(value(samples, 'roundhouse_pool_member_eligible', { member: 'b' })).toBe(1);
  });

  it('shows alarms, and loads as far as they are known', async () => {
    const { pool, loads, metrics } = newDns();
    pool.setAlarm('b', true);
    pool.setWithdrawn('a', 'lagging');
    loads.report(0, 0, 3);
    loads.report(1, NaN, 4);
    const samples = await pageOf(metrics);
    expect(['a', 'b'].map((member) => value(samples, 'roundhouse_pool_member_alarmed', { pool: 'workers', member }))).toEqual([0, 1]);
    expect(['a', 'b'].map((member) => value(samples, 'roundhouse_pool_member_withdrawn', { member, reason: 'lagging' }))).toEqual([1, 0]);
    expect(value(samples, 'roundhouse_pool_withdrawal_ignored', { pool: 'workers' })).toBe(0);
    expect(['a', 'b'].map((member) => value(samples, 'roundhouse_pool_member_utilisation_ratio', { member }))).toEqual([0, undefined]);
    expect(['a', 'b'].map((member) => value(samples, 'roundhouse_pool_member_backlog_requests', { member }))).toEqual([3, 4]);
    expect(value(samples, 'roundhouse_dns_demand_networks')).toBe(12);
  });

  it('tells when it fails open', async () => {
    const { pool, metrics } = newDns();
    for (const name of ['a', 'b']) pool.setHealth(name, { health: 'down', reason: 'probe-refused', detail: '', sinceMs: 0, stableForMs: 1000 });
    expect(value(await pageOf(metrics), 'roundhouse_pool_fail_open', { pool: 'workers' })).toBe(1);
  });
});
