/**
 * The control process: it probes the workers, keeps what the operator wants, reads the workers' load where a policy or the
 * alarm needs it, and tells everybody who follows.
 *
 * It is on nobody's path: when it is gone, DNS goes on answering from the last state it was told.
 */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { createHttpProbe } from '../pool/http-probe.js';
import { createPool, type Health, type Pool, type PoolMember } from '../pool/pool.js';
import { createProber, type ProbeOutcome, type Prober, type ProbeTiming } from '../pool/prober.js';
import type { Random } from '../random.js';
import { formatAddress, type Service, type SocketAddress } from '../service.js';
import { createAlarm } from './alarm.js';
import { createApi } from './api.js';
import { toDiscovery, type ScrapeTarget } from './discovery.js';
import { createLoadMeter, loadMetrics, type LoadMeter } from './load-meter.js';
import type { LoadOf } from './message.js';
import { purgeAll, type PurgeOutcome } from './purge.js';
import { scrape, type Page } from './scrape.js';
import { collectStatus, type Status } from './status.js';
import { keepWishes } from './wishes.js';
import { tellWithdrawals } from './withdrawal.js';

export interface ControlOptions {
  readonly listen: SocketAddress;
  readonly members: readonly PoolMember[];
  /** Where each member serves `/metrics` and the probed path, by member index. */
  readonly endpoints: readonly SocketAddress[];
  readonly dnsEndpoint: SocketAddress;
  readonly probe: ProbeTiming & { readonly path: string; readonly initialState: Health; readonly upThresh: number };
  /** How often the workers' load is read, and the utilisation beyond which one is alarmed; undefined: nobody needs it. */
  readonly load?: { readonly interMs: number; readonly alarm: number | undefined } | undefined;
  /** For `status`: `www.roundhouse.test`, `round-robin`, `30/5`. */
  readonly service: string;
  readonly policy: string;
  readonly ttl: string;
  readonly token: string | undefined;
  /** A purge found a worker that does not run. */
  readonly onAbsent?: ((worker: string) => Promise<void>) | undefined;
  /** Keeps the operator states over a restart. */
  readonly stateFile: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Control extends Service {
  readonly pool: Pool;
  readonly prober: Prober;
  address(): SocketAddress;
  status(): Promise<Status>;
  /** Begins to probe; before that every member is in its initial state. */
  probe(): void;
}

export function createControl(options: ControlOptions): Control {
  const { members, endpoints, probe, load, clock, random, log } = options;
  const pool = createPool(members, { upThresh: probe.upThresh, initialHealth: probe.initialState, realtimeMs: clock.realtimeMs });
  if (options.stateFile !== undefined) keepWishes(pool, options.stateFile, log);
  tellWithdrawals(pool, log);
  const endpointOf = (member: PoolMember): SocketAddress => endpoints[member.index] as SocketAddress; // one for each member
  const prober = createProber({
    pool,
    probe: createHttpProbe({ urlOf: (member) => new URL(probe.path, `http://${formatAddress(endpointOf(member))}`), accept: acceptReadiness }),
    timing: probe,
    clock,
    random,
    log,
  });
  const targets: readonly ScrapeTarget[] = [
    { role: 'dns', name: 'dns', at: options.dnsEndpoint },
    ...members.map((member) => ({ role: 'worker' as const, name: member.name, at: endpointOf(member), location: member.location })),
  ];
  const meter = load === undefined ? undefined : watchLoad(load, pool, endpointOf, () => api.tellLoads(), options);
  const loadOf: LoadOf = (index) => meter?.loadOf(index);
  const status = shared(clock, () => collectStatus({ ...options, pool, history: (member) => prober.history(member), loadOf, targets }));
  const purge = (said: unknown): Promise<PurgeOutcome> => purgeAll({ ...options, pool, endpointOf }, said);
  const api = createApi({ ...options, pool, loadOf, status, discovery: () => toDiscovery(targets), purge });
  return {
    pool,
    prober,
    status,
    address: () => api.address(),
    start: () => api.start(),
    probe() {
      prober.start();
      meter?.start();
    },
    async stop(graceMs) {
      prober.stop();
      meter?.stop();
      await api.stop(graceMs);
    },
  };
}

/** @param tell called when loads are new and the pool has not changed with them, which would have told everybody. */
function watchLoad(
  { interMs, alarm }: NonNullable<ControlOptions['load']>,
  pool: Pool,
  endpointOf: (member: PoolMember) => SocketAddress,
  tell: () => void,
  { clock, log }: Pick<ControlOptions, 'clock' | 'log'>,
): LoadMeter {
  const read = (member: PoolMember, msMax: number): Promise<Page | undefined> => scrape(endpointOf(member), msMax, clock, loadMetrics);
  const meter = createLoadMeter({ pool, interMs, read, onRead, clock });
  const review = alarm === undefined ? undefined : createAlarm(pool, alarm, meter.loadOf, log);
  function onRead(): void {
    const before = pool.snapshot();
    review?.();
    if (pool.snapshot() === before) tell();
  }
  return meter;
}

/** Who asks within `sharedMs` gets the same answer: each one costs a scrape of every process. */
function shared<T>(clock: Clock, collect: () => Promise<T>): () => Promise<T> {
  let latest: Promise<T> | undefined;
  return () => {
    if (latest !== undefined) return latest;
    const collected = collect();
    latest = collected;
    const forget = (): void => void clock.after(sharedMs, () => (latest = undefined));
    collected.then(forget, forget);
    return collected;
  };
}

const sharedMs = 100;

/**
 * A worker that the operator drains says 503 on `/readyz`, for balancers that look there; yet it is well, and that the
 * operator wants it out of the answers is written elsewhere (`admin`). So that answer is a good probe.
 */
export function acceptReadiness(status: number, body: string): ProbeOutcome {
  if (status === 200) return { ok: true };
  if (status !== 503) return { ok: false, reason: 'probe-status', detail: `HTTP ${status}` };
  const { by, reason } = readReadiness(body);
  return by === 'operator' ? { ok: true } : { ok: false, reason: 'not-ready', detail: reason };
}

function readReadiness(body: string): { readonly by: string; readonly reason: string } {
  try {
    const { by = '', reason = '' } = Object(JSON.parse(body)) as { by?: unknown; reason?: unknown }; // each there or not
    return { by: String(by), reason: String(reason).slice(0, 100) || 'HTTP 503' };
  } catch {
    return { by: '', reason: 'HTTP 503' };
  }
}
