/**
 * Every metric of both processes, once: registration, `docs/METRICS.md` and the tests come from this table.
 *
 * Names are `roundhouse_<area>_<noun>_<unit>` in base units, `_total` on counters. Label values come from closed lists or
 * from the configuration, never from the wire. The names under `process_` and `nodejs_` are those that dashboards for
 * Node already use; three that prom-client ends in `_total` though they are no counters are left out, as promtool asks.
 */
import { locatedBy, rcodes, rotatedTypes, queryTypes, tcpCloseReasons, transports } from '../dns/stats.js';
import { adminStates, healthReasons, withdrawalReasons } from '../pool/pool.js';
import { faultCodes } from '../proxy/fault.js';
import { handshakeFaults } from '../proxy/handshake-fault.js';
import { lookUpResults } from '../proxy/origin-addresses.js';
import { attemptOutcomes, methodClasses, statusClasses } from '../proxy/stats.js';
import { cacheCatalog } from './catalog-cache.js';
import type { CatalogEntry, Role } from './catalog-entry.js';

export type { CatalogEntry, Role };

const worker = ['worker'] as const;
const dns = ['dns'] as const;
const both = ['worker', 'dns'] as const;
const none = {};
const pools = { pool: ['workers', 'origins'] };
const poolMembers = { ...pools, member: 'members of the pool' };

export const catalog = {
  roundhouse_build_info: {
    type: 'gauge',
    roles: both,
    help: 'Always 1; what runs here.',
    labels: { version: 'the version of Roundhouse', node: 'the version of Node', role: ['worker', 'dns'], name: 'the name of the worker, or dns' },
  },

  roundhouse_log_write_failures_total: {
    type: 'counter',
    roles: both,
    help: 'Writes to a log that failed; their lines are lost.',
    labels: none,
  },
  roundhouse_process_event_loop_active_seconds_total: {
    type: 'counter',
    roles: both,
    help: 'Time in which the event loop was busy. Its part of active and idle time is the utilisation of a server of one thread.',
    labels: none,
  },
  roundhouse_process_event_loop_idle_seconds_total: { type: 'counter', roles: both, help: 'Time in which the event loop waited for something to do.', labels: none },

  roundhouse_proxy_requests_total: {
    type: 'counter',
    roles: worker,
    help: 'Finished exchanges.',
    labels: { method: methodClasses, status: statusClasses },
  },
  roundhouse_proxy_request_duration_seconds: {
    type: 'histogram',
    roles: worker,
    help: 'From the complete request head to the end of the response.',
    labels: { status: statusClasses },
  },
  roundhouse_proxy_in_flight_requests: { type: 'gauge', roles: worker, help: 'Exchanges being served now.', labels: none },
  roundhouse_proxy_queued_requests: { type: 'gauge', roles: worker, help: 'Exchanges that wait for a place (proxy.limits.maxconn).', labels: none },
  roundhouse_proxy_open_tunnels: { type: 'gauge', roles: worker, help: 'Upgraded connections (WebSocket) open now.', labels: none },
  roundhouse_proxy_faults_total: {
    type: 'counter',
    roles: worker,
    help: 'Exchanges that failed and requests too broken to become one.',
    labels: { code: faultCodes },
  },
  roundhouse_proxy_request_body_bytes_total: { type: 'counter', roles: worker, help: 'Bytes of request bodies, without transfer coding.', labels: none },
  roundhouse_proxy_response_body_bytes_total: { type: 'counter', roles: worker, help: 'Bytes of response bodies, without transfer coding.', labels: none },

  ...cacheCatalog,

  roundhouse_client_connections: { type: 'gauge', roles: worker, help: 'Client connections open now.', labels: none },
  roundhouse_client_connections_opened_total: { type: 'counter', roles: worker, help: 'Client connections accepted.', labels: none },
  roundhouse_client_connections_refused_total: {
    type: 'counter',
    roles: worker,
    help: 'Client connections closed at once because of proxy.limits.connectionsMax.',
    labels: none,
  },
  roundhouse_client_handshake_faults_total: {
    type: 'counter',
    roles: worker,
    help: 'Client connections that ended before their first request, in the PROXY protocol or in TLS.',
    labels: { reason: handshakeFaults },
  },
  roundhouse_client_received_bytes_total: { type: 'counter', roles: worker, help: 'Bytes received on client connections, heads included.', labels: none },
  roundhouse_client_sent_bytes_total: { type: 'counter', roles: worker, help: 'Bytes sent on client connections, heads included.', labels: none },

  roundhouse_origin_attempts_total: {
    type: 'counter',
    roles: worker,
    help: 'Attempts to forward an exchange; more than requests when some are retried.',
    labels: { origin: 'members of the pool of origins', outcome: attemptOutcomes },
  },
  roundhouse_origin_retries_total: { type: 'counter', roles: worker, help: 'Further attempts after a failed one.', labels: none },
  roundhouse_origin_retries_denied_total: {
    type: 'counter',
    roles: worker,
    help: 'Retries that the kind of fault allowed and the budget (proxy.retries) did not.',
    labels: none,
  },
  roundhouse_origin_connections: { type: 'gauge', roles: worker, help: 'Connections to origins open now, idle ones included.', labels: none },
  roundhouse_origin_connections_opened_total: { type: 'counter', roles: worker, help: 'Connections to origins opened.', labels: none },
  roundhouse_origin_addresses: {
    type: 'gauge',
    roles: worker,
    help: 'Addresses that the origin has now; for origins that have a name.',
    labels: { origin: 'members of the pool of origins' },
  },
  roundhouse_origin_lookups_total: {
    type: 'counter',
    roles: worker,
    help: 'Look-ups of the origin\'s name by what they found (proxy.resolver).',
    labels: { origin: 'members of the pool of origins', result: lookUpResults },
  },

  roundhouse_pool_member_up: {
    type: 'gauge',
    roles: both,
    help: '1 when probes find the member up. On a worker the pool of origins, on DNS the pool of workers.',
    labels: poolMembers,
  },
  roundhouse_pool_member_admin: {
    type: 'gauge',
    roles: both,
    help: 'What the operator wants of the member: 1 for one of the states.',
    labels: { ...poolMembers, state: adminStates },
  },
  roundhouse_pool_member_alarmed: {
    type: 'gauge',
    roles: both,
    help: '1 when the member was busier than dns.alarm allows, and is spared new clients unless all are. Origins never are.',
    labels: poolMembers,
  },
  roundhouse_pool_member_withdrawn: {
    type: 'gauge',
    roles: both,
    help: '1 when the member is kept out of the answers for all, and why. Its own name and that of its location go on answering. Origins never are.',
    labels: { ...poolMembers, reason: withdrawalReasons },
  },
  roundhouse_pool_member_utilisation_ratio: {
    type: 'gauge',
    roles: dns,
    help: 'Busy part of the last control.load.interMs, 0 to 1, as the policy sees it; absent when nothing was heard lately or nobody needs it.',
    labels: poolMembers,
  },
  roundhouse_pool_member_backlog_requests: {
    type: 'gauge',
    roles: dns,
    help: 'Exchanges in service and waiting on the member, as the policy sees them; absent as above.',
    labels: poolMembers,
  },
  roundhouse_pool_member_eligible: { type: 'gauge', roles: both, help: '1 when the member may be chosen.', labels: poolMembers },
  roundhouse_pool_eligible_members: { type: 'gauge', roles: both, help: 'How many members may be chosen.', labels: pools },
  roundhouse_pool_fail_open: {
    type: 'gauge',
    roles: both,
    help: '1 while health is ignored because too few members are up (probe.upThresh).',
    labels: pools,
  },
  roundhouse_pool_withdrawal_ignored: {
    type: 'gauge',
    roles: both,
    help: '1 while withdrawn members are answered all the same, because without them too few would be left (probe.upThresh).',
    labels: pools,
  },
  roundhouse_probe_results_total: {
    type: 'counter',
    roles: worker,
    help: 'Probes of the origins by what they found.',
    labels: { member: 'members of the pool of origins', result: healthReasons },
  },
  roundhouse_probe_duration_seconds: {
    type: 'gauge',
    roles: worker,
    help: 'How long the last probe of the origin took.',
    labels: { member: 'members of the pool of origins' },
  },

  roundhouse_dns_queries_total: {
    type: 'counter',
    roles: dns,
    help: 'Queries by what was answered. NODATA is NOERROR without an answer.',
    labels: { type: queryTypes, rcode: rcodes, transport: transports },
  },
  roundhouse_dns_answer_first_places_total: {
    type: 'counter',
    roles: dns,
    help: 'How often the member stood first in an answer for the service name. Its share is what a rotation promises.',
    labels: { member: 'members of the pool of workers', type: rotatedTypes },
  },
  roundhouse_dns_located_questions_total: {
    type: 'counter',
    roles: dns,
    help: 'Questions for addresses of the service by where the client is and what told it: EDNS client subnet, or the address of who asks. With nearest.',
    labels: { location: 'locations, and (none)', by: locatedBy },
  },
  roundhouse_dns_response_size_bytes: { type: 'histogram', roles: dns, help: 'Size of responses.', labels: none },
  roundhouse_dns_answer_ttl_seconds: { type: 'histogram', roles: dns, help: 'TTL of answers for the service name.', labels: none },
  roundhouse_dns_requestor_evictions_total: {
    type: 'counter',
    roles: dns,
    help: 'Requestors or networks that the policy forgot because it remembers only so many; each counts as new again.',
    labels: none,
  },
  roundhouse_dns_demand_networks: {
    type: 'gauge',
    roles: dns,
    help: 'Networks whose demand is estimated, for policies and TTLs that weigh it; A and AAAA count apart.',
    labels: none,
  },
  roundhouse_dns_truncated_responses_total: {
    type: 'counter',
    roles: dns,
    help: 'Responses cut with TC because they did not fit.',
    labels: { transport: transports },
  },
  roundhouse_dns_dropped_responses_total: { type: 'counter', roles: dns, help: 'UDP responses not sent because the queue of the socket was full.', labels: none },
  roundhouse_dns_tcp_connections: { type: 'gauge', roles: dns, help: 'TCP connections open now.', labels: none },
  roundhouse_dns_tcp_connections_opened_total: { type: 'counter', roles: dns, help: 'TCP connections accepted.', labels: none },
  roundhouse_dns_tcp_connections_closed_total: { type: 'counter', roles: dns, help: 'TCP connections that ended, and why.', labels: { reason: tcpCloseReasons } },

  process_cpu_user_seconds_total: { type: 'counter', roles: both, help: 'CPU time in user mode.', labels: none },
  process_cpu_system_seconds_total: { type: 'counter', roles: both, help: 'CPU time in system mode.', labels: none },
  process_cpu_seconds_total: { type: 'counter', roles: both, help: 'CPU time in user and system mode.', labels: none },
  process_start_time_seconds: { type: 'gauge', roles: both, help: 'When the process started, since 1970.', labels: none },
  process_resident_memory_bytes: { type: 'gauge', roles: both, help: 'Resident memory.', labels: none },
  process_open_fds: { type: 'gauge', roles: both, help: 'Open file descriptors (Linux only).', labels: none },
  process_max_fds: { type: 'gauge', roles: both, help: 'Limit of open file descriptors (Linux only).', labels: none },
  nodejs_eventloop_lag_min_seconds: { type: 'gauge', roles: both, help: 'Least delay of the event loop since the last scrape.', labels: none },
  nodejs_eventloop_lag_max_seconds: { type: 'gauge', roles: both, help: 'Greatest delay of the event loop since the last scrape.', labels: none },
  nodejs_eventloop_lag_mean_seconds: { type: 'gauge', roles: both, help: 'Mean delay of the event loop since the last scrape.', labels: none },
  nodejs_eventloop_lag_p50_seconds: { type: 'gauge', roles: both, help: 'Median delay of the event loop since the last scrape.', labels: none },
  nodejs_eventloop_lag_p90_seconds: { type: 'gauge', roles: both, help: '90th percentile of the delay since the last scrape.', labels: none },
  nodejs_eventloop_lag_p99_seconds: { type: 'gauge', roles: both, help: '99th percentile of the delay since the last scrape.', labels: none },
  nodejs_active_resources: {
    type: 'gauge',
    roles: both,
    help: 'What keeps the event loop alive: sockets, servers, timers.',
    labels: { type: 'kinds of resources in Node' },
  },
  nodejs_heap_size_total_bytes: { type: 'gauge', roles: both, help: 'Size of the heap.', labels: none },
  nodejs_heap_size_used_bytes: { type: 'gauge', roles: both, help: 'Used part of the heap.', labels: none },
  nodejs_external_memory_bytes: { type: 'gauge', roles: both, help: 'Memory outside the heap that belongs to objects in it, such as buffers.', labels: none },
  nodejs_gc_duration_seconds: {
    type: 'histogram',
    roles: both,
    help: 'Pauses of the garbage collector.',
    labels: { kind: ['major', 'minor', 'incremental', 'weakcb'] },
  },
} as const satisfies Record<string, CatalogEntry>;

export type MetricName = keyof typeof catalog;

/** Names of the metrics that a process of this role has. */
export type MetricNameOf<R extends Role> = {
  [Name in MetricName]: R extends (typeof catalog)[Name]['roles'][number] ? Name : never;
}[MetricName];

/** The entry, seen as any of them. */
export const entryOf = (name: MetricName): CatalogEntry => catalog[name];

export const metricNamesOf = (role: Role): readonly MetricName[] =>
  (Object.keys(catalog) as MetricName[]).filter((name) => entryOf(name).roles.includes(role)); // keys of the literal
