/**
 * Which number stands behind which name, for each of the two kinds of processes. The compiler sees to it that every
 * metric in the catalog has its reader and that no reader is without its metric.
 */
import type { DnsStats } from '../dns/stats.js';
import { logFailuresTotal } from '../log.js';
import { adminStates, withdrawalReasons, type Pool } from '../pool/pool.js';
import type { ProberStats } from '../pool/prober.js';
import type { WorkerLoads } from '../pool/worker-loads.js';
import type { CacheStats } from '../proxy/cache/options.js';
import type { EngineStats } from '../proxy/engines/engine.js';
import type { NamedOrigins } from '../proxy/named-origins.js';
import { statusClasses, type GatewayStats } from '../proxy/stats.js';
import type { MetricNameOf, Role } from './catalog.js';
import { version } from '../version.js';
import { observeProcess } from './process.js';
import { createMetrics, emitTally, type Emit, type Metrics, type Readers } from './registry.js';

export type { Metrics } from './registry.js';

export interface WorkerMetricsOptions {
  /** The worker's name. */
  readonly worker: string;
  readonly gateway: GatewayStats;
  readonly cache: CacheStats;
  readonly engine: EngineStats;
  readonly origins: Pool;
  /** Of the origins. */
  readonly probes: ProberStats;
  readonly named: NamedOrigins;
}

export function createWorkerMetrics(options: WorkerMetricsOptions): Metrics {
  const { worker, gateway, cache, engine, origins, probes, named } = options;
  const observed = observeProcess();
  const readers: Readers<MetricNameOf<'worker'>> = {
    ...observed.readers,
    ...buildReader('worker', worker),
    ...gatewayReaders(gateway),
    ...cacheReaders(cache),
    ...engineReaders(engine),
    ...poolReaders('origins', origins),
    roundhouse_origin_addresses: (emit) => named.addresses.forEach((kept, origin) => emit(kept.count(), origin)),
    roundhouse_origin_lookups_total: (emit) => emitTally(emit, named.lookUps),
    roundhouse_probe_results_total: (emit) => emitTally(emit, probes.outcomes, (_member, result) => result === 'probe-passed'),
    roundhouse_probe_duration_seconds: (emit) =>
      origins.members.forEach(({ name, index }) => {
        const durationMs = probes.lastDurationMs[index] ?? NaN;
        if (!Number.isNaN(durationMs)) emit(durationMs / 1000, name);
      }),
  };
  return createMetrics(readers, observed.close);
}

function gatewayReaders(gateway: GatewayStats) {
  return {
    roundhouse_proxy_requests_total: (emit) => emitTally(emit, gateway.requests),
    roundhouse_proxy_request_duration_seconds: (emit) =>
      statusClasses.forEach((status, place) => {
        const distribution = gateway.durationS[place];
        if (distribution !== undefined) emit(distribution, status);
      }),
    roundhouse_proxy_in_flight_requests: (emit) => emit(gateway.inFlight),
    roundhouse_proxy_queued_requests: (emit) => emit(gateway.queued),
    roundhouse_proxy_open_tunnels: (emit) => emit(gateway.tunnels),
    roundhouse_proxy_faults_total: (emit) => emitTally(emit, gateway.faults),
    roundhouse_proxy_request_body_bytes_total: (emit) => emit(gateway.requestBodyBytesTotal),
    roundhouse_proxy_response_body_bytes_total: (emit) => emit(gateway.responseBodyBytesTotal),
    roundhouse_origin_attempts_total: (emit) => emitTally(emit, gateway.attempts),
    roundhouse_origin_retries_total: (emit) => emit(gateway.retriesTotal),
    roundhouse_origin_retries_denied_total: (emit) => emit(gateway.retriesDeniedTotal),
  } satisfies Partial<Readers<MetricNameOf<'worker'>>>;
}

function cacheReaders(cache: CacheStats) {
  return {
    roundhouse_cache_requests_total: (emit) => emitTally(emit, cache.requests),
    roundhouse_cache_collapsed_requests_total: (emit) => emit(cache.collapsedTotal),
    roundhouse_cache_background_fetches_total: (emit) => emit(cache.backgroundTotal),
    roundhouse_cache_stored_responses_total: (emit) => emit(cache.storedTotal),
    roundhouse_cache_not_stored_responses_total: (emit) => emitTally(emit, cache.notStored),
    roundhouse_cache_invalidated_responses_total: (emit) => emit(cache.invalidatedTotal),
    roundhouse_cache_purged_responses_total: (emit) => emit(cache.purgedTotal),
    roundhouse_cache_sliced_changes_total: (emit) => emit(cache.slicedChangesTotal),
    roundhouse_cache_evicted_responses_total: (emit) => emit(cache.store.evictionsTotal),
    roundhouse_cache_stored_bytes: (emit) => emit(cache.store.bytes),
    roundhouse_cache_entries: (emit) => emit(cache.store.entries),
    roundhouse_cache_disk_bytes: (emit) => emit(cache.disk.bytes),
    roundhouse_cache_disk_entries: (emit) => emit(cache.disk.entries),
    roundhouse_cache_disk_hits_total: (emit) => emit(cache.disk.hitsTotal),
    roundhouse_cache_disk_damaged_total: (emit) => emit(cache.disk.damagedTotal),
    roundhouse_cache_disk_skipped_total: (emit) => emit(cache.disk.skippedTotal),
    roundhouse_cache_disk_off: (emit) => emit(cache.disk.off),
  } satisfies Partial<Readers<MetricNameOf<'worker'>>>;
}

function engineReaders(engine: EngineStats) {
  return {
    roundhouse_client_connections: (emit) => emit(engine.connections),
    roundhouse_client_connections_opened_total: (emit) => emit(engine.connectionsTotal),
    roundhouse_client_connections_refused_total: (emit) => emit(engine.connectionsRefusedTotal),
    roundhouse_client_handshake_faults_total: (emit) => emitTally(emit, engine.handshakeFaults),
    roundhouse_client_received_bytes_total: (emit) => emit(engine.bytesIn()),
    roundhouse_client_sent_bytes_total: (emit) => emit(engine.bytesOut()),
    roundhouse_origin_connections: (emit) => emit(engine.originConnections),
    roundhouse_origin_connections_opened_total: (emit) => emit(engine.originConnectionsTotal),
  } satisfies Partial<Readers<MetricNameOf<'worker'>>>;
}

export interface DnsMetricsOptions {
  readonly stats: DnsStats;
  /** The workers. */
  readonly pool: Pool;
  /** Requestors and networks that the policy forgot. */
  readonly evictionsTotal: () => number;
  /** Networks whose demand is estimated. */
  readonly networks: () => number;
  /** What the policy sees of the workers' load; undefined when nobody needs it. */
  readonly loads: WorkerLoads | undefined;
}

export function createDnsMetrics({ stats, pool, evictionsTotal, networks, loads }: DnsMetricsOptions): Metrics {
  const observed = observeProcess();
  const readers: Readers<MetricNameOf<'dns'>> = {
    ...observed.readers,
    ...buildReader('dns', 'dns'),
    ...poolReaders('workers', pool),
    roundhouse_pool_member_utilisation_ratio: (emit) => emitLoads(emit, pool, loads?.utilisation),
    roundhouse_pool_member_backlog_requests: (emit) => emitLoads(emit, pool, loads?.backlog),
    roundhouse_dns_demand_networks: (emit) => emit(networks()),
    roundhouse_dns_queries_total: (emit) => emitTally(emit, stats.queries, isExpected),
    roundhouse_dns_answer_first_places_total: (emit) => emitTally(emit, stats.firstPlaces),
    roundhouse_dns_located_questions_total: (emit) => emitTally(emit, stats.located),
    roundhouse_dns_response_size_bytes: (emit) => emit(stats.responseBytes),
    roundhouse_dns_answer_ttl_seconds: (emit) => emit(stats.ttlS),
    roundhouse_dns_requestor_evictions_total: (emit) => emit(evictionsTotal()),
    roundhouse_dns_truncated_responses_total: (emit) => emitTally(emit, stats.truncatedTotal),
    roundhouse_dns_dropped_responses_total: (emit) => emit(stats.udpSendDroppedTotal),
    roundhouse_dns_tcp_connections: (emit) => emit(stats.tcpConnections),
    roundhouse_dns_tcp_connections_opened_total: (emit) => emit(stats.tcpConnectionsTotal),
    roundhouse_dns_tcp_connections_closed_total: (emit) => emitTally(emit, stats.tcpClosed),
  };
  return createMetrics(readers, observed.close);
}

/** Of 252 combinations few ever happen; shown from the start are those that every zone answers. */
const isExpected = (type?: string, rcode?: string): boolean => (type === 'A' || type === 'AAAA') && (rcode === 'NOERROR' || rcode === 'NXDOMAIN');

function poolReaders(name: 'workers' | 'origins', pool: Pool) {
  return {
    roundhouse_pool_member_up: (emit) => {
      for (const { member, health } of pool.snapshot().members) emit(health === 'up' ? 1 : 0, name, member.name);
    },
    roundhouse_pool_member_admin: (emit) => {
      for (const { member, admin } of pool.snapshot().members) {
        for (const state of adminStates) emit(state === admin ? 1 : 0, name, member.name, state);
      }
    },
    roundhouse_pool_member_alarmed: (emit) => {
      for (const { member, alarmed } of pool.snapshot().members) emit(alarmed ? 1 : 0, name, member.name);
    },
    roundhouse_pool_member_withdrawn: (emit) => {
      for (const { member, withdrawn } of pool.snapshot().members) {
        for (const reason of withdrawalReasons) emit(reason === withdrawn ? 1 : 0, name, member.name, reason);
      }
    },
    roundhouse_pool_member_eligible: (emit) => emitEligible(emit, name, pool),
    roundhouse_pool_eligible_members: (emit) => emit(pool.snapshot().eligible.length, name),
    roundhouse_pool_fail_open: (emit) => emit(pool.snapshot().failOpen ? 1 : 0, name),
    roundhouse_pool_withdrawal_ignored: (emit) => emit(pool.snapshot().withdrawalIgnored ? 1 : 0, name),
  } satisfies Partial<Readers<MetricNameOf<'worker' | 'dns'>>>;
}

/** NaN says that nothing is known, and then there is no sample. */
function emitLoads(emit: Emit, pool: Pool, of: ((index: number) => number) | undefined): void {
  for (const { name, index } of pool.members) {
    const load = of?.(index) ?? NaN;
    if (!Number.isNaN(load)) emit(load, 'workers', name);
  }
}

function emitEligible(emit: Emit, name: string, pool: Pool): void {
  const { members, eligible } = pool.snapshot();
  const chosen = new Set(eligible.map((member) => member.name));
  for (const { member } of members) emit(chosen.has(member.name) ? 1 : 0, name, member.name);
}

function buildReader(role: Role, name: string) {
  return {
    roundhouse_build_info: (emit) => emit(1, version, process.version, role, name),
    roundhouse_log_write_failures_total: (emit) => emit(logFailuresTotal()),
  } satisfies Partial<Readers<MetricNameOf<Role>>>;
}
