/**
 * What is read off the tier at one moment: the counters that Prometheus would scrape from each worker and from DNS.
 */
import type { Clock } from '../../src/clock.js';
import { scrape, sum, type Page } from '../../src/control/scrape.js';
import type { MetricName } from '../../src/metrics/catalog.js';
import type { PoolMember } from '../../src/pool/pool.js';
import type { SocketAddress } from '../../src/service.js';

export interface WorkerReading {
  /** When its process began: counters of another one begin at 0. */
  readonly startS: number;
  readonly requests: number;
  readonly activeS: number;
  readonly idleS: number;
  readonly cpuS: number;
  readonly inFlight: number;
}

export interface Reading {
  /** On the monotonic clock, in the middle of reading. */
  readonly atMs: number;
  /** By member index; undefined for one that did not answer. */
  readonly workers: readonly (WorkerReading | undefined)[];
  /** First places in A answers by member index; undefined when DNS is not ours or did not answer. */
  readonly firstPlaces: readonly number[] | undefined;
}

const requests = 'roundhouse_proxy_requests_total';
const active = 'roundhouse_process_event_loop_active_seconds_total';
const idle = 'roundhouse_process_event_loop_idle_seconds_total';
const cpu = 'process_cpu_seconds_total';
const inFlight = 'roundhouse_proxy_in_flight_requests';
const start = 'process_start_time_seconds';
const firstPlaces = 'roundhouse_dns_answer_first_places_total';

const workerMetrics: readonly MetricName[] = [requests, active, idle, cpu, inFlight, start];
const dnsMetrics: readonly MetricName[] = [firstPlaces];

export interface ReadOptions {
  readonly members: readonly PoolMember[];
  readonly metrics: readonly SocketAddress[];
  readonly dns: SocketAddress | undefined;
  readonly msMax: number;
  readonly clock: Clock;
}

export async function readAll({ members, metrics, dns, msMax, clock }: ReadOptions): Promise<Reading> {
  const beganMs = clock.monotonicMs();
  const readWorker = async (at: SocketAddress) => workerOf(await scrape(at, msMax, clock, workerMetrics));
  const readDns = dns === undefined ? undefined : scrape(dns, msMax, clock, dnsMetrics);
  const [page, ...workers] = await Promise.all([readDns, ...metrics.map(readWorker)] as const);
  const places = page === undefined ? undefined : members.map(({ name }) => sum(page, firstPlaces, { member: name, type: 'A' }));
  return { atMs: (beganMs + clock.monotonicMs()) / 2, workers, firstPlaces: places };
}

function workerOf(page: Page | undefined): WorkerReading | undefined {
  if (page === undefined || !page.some(({ name }) => name === active)) return undefined;
  return {
    startS: sum(page, start),
    requests: sum(page, requests),
    activeS: sum(page, active),
    idleS: sum(page, idle),
    cpuS: sum(page, cpu),
    inFlight: sum(page, inFlight),
  };
}
