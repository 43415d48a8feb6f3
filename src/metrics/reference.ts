/**
 * `docs/METRICS.md`, made from the catalog.
 */
import { entryOf, metricNamesOf, type CatalogEntry, type MetricName, type Role } from './catalog.js';

const head = `# Metrics

<!-- Generated from src/metrics/catalog.ts by \`npm run docs\`; a test compares the two. -->

Each worker serves \`/metrics\` on port 9101 of its own address (\`workers.metricsPort\`), the DNS process on 127.0.0.1:9153
(\`dns.metricsAddress\`, \`dns.metricsPort\`). Beside it are \`/livez\` (200 while the process runs) and \`/readyz\` (200, or 503
with the reason while it starts, drains or stops). \`/metrics?name[]=NAME\` gives only the named ones.

Counters start at 0 with the process. All label values come from closed lists or from the configuration, so the number
of series is bounded; combinations that can only be 0 for ever are not shown before they happen.
`;

const queries = `## Queries to start from

\`\`\`promql
# Each worker's share of first places in answers: what the rotation promises
sum by (member) (rate(roundhouse_dns_answer_first_places_total[5m]))
  / ignoring (member) group_left sum (rate(roundhouse_dns_answer_first_places_total[5m]))

# Each worker's share of requests: what clients and resolvers make of it
sum by (instance) (rate(roundhouse_proxy_requests_total[5m]))

# Share of failed requests, by worker
sum by (instance) (rate(roundhouse_proxy_requests_total{status="5xx"}[5m]))
  / sum by (instance) (rate(roundhouse_proxy_requests_total[5m]))

# 99th percentile of the time a request takes
histogram_quantile(0.99, sum by (le) (rate(roundhouse_proxy_request_duration_seconds_bucket[5m])))

# Each process's utilisation: the busy part of its event loop
rate(roundhouse_process_event_loop_active_seconds_total[1m])
  / (rate(roundhouse_process_event_loop_active_seconds_total[1m]) + rate(roundhouse_process_event_loop_idle_seconds_total[1m]))

# Health is being ignored somewhere
max by (pool) (roundhouse_pool_fail_open) == 1
\`\`\`
`;

export function metricsMarkdown(): string {
  const own = (role: Role) => (name: MetricName) => isOurs(name) && entryOf(name).roles.length === 1 && entryOf(name).roles.includes(role);
  const workers = metricNamesOf('worker');
  const shared = workers.filter((name) => isOurs(name) && entryOf(name).roles.length > 1);
  return [
    head,
    section('Workers', workers.filter(own('worker'))),
    section('DNS', metricNamesOf('dns').filter(own('dns'))),
    section('Both', shared),
    section('The process', workers.filter((name) => !isOurs(name))),
    queries,
  ].join('\n');
}

const isOurs = (name: string): boolean => name.startsWith('roundhouse_');

function section(title: string, names: readonly MetricName[]): string {
  const rows = names.map((name) => `| \`${name}\` | ${entryOf(name).type} | ${labelsOf(entryOf(name))} | ${entryOf(name).help} |`);
  return `## ${title}\n\n${['| name | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')}\n`;
}

function labelsOf({ labels }: CatalogEntry): string {
  const listed = (values: readonly string[]): string => values.map((value) => `\`${value}\``).join(' ');
  const each = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${typeof values === 'string' ? values : listed(values)}`);
  return each.length === 0 ? '–' : each.join('<br>');
}
