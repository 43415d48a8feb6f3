/**
 * The four roles of the tier, each made from the effective configuration. `up` runs three of them as child processes
 * and the fourth, control, in its own; on machines of their own they are the same services.
 */
import { resolve } from 'node:path';
import type { Clock } from '../clock.js';
import { originsOf, workersOf, type WorkerEntry } from '../config/effective.js';
import type { Config } from '../config/schema.js';
import { apiUrl } from '../control/api.js';
import { createControl, type Control } from '../control/control.js';
import { createFollower } from '../control/follower.js';
import { createResponder } from '../dns/responder.js';
import { createDnsServer } from '../dns/server.js';
import { createDnsStats } from '../dns/stats.js';
import { createZone } from '../dns/zone.js';
import { createLog, silentLog, type Log } from '../log.js';
import { createEndpoint, type Readiness } from '../metrics/endpoint.js';
import { createDnsMetrics, createWorkerMetrics } from '../metrics/metrics.js';
import { createOrigin } from '../origin/origin.js';
import { loadRotationFactory } from '../pool/policies.js';
import { createPool, type Pool, type PoolMember } from '../pool/pool.js';
import { parseTtl } from '../pool/ttl.js';
import { createHttpProxyEngine } from '../proxy/engines/http-proxy.js';
import { createWorker } from '../proxy/worker.js';
import type { Random } from '../random.js';
import { ServiceError, type Service, type SocketAddress } from '../service.js';
import type { ChildRole } from './protocol.js';

export interface RoleOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface ChildRoleOptions extends RoleOptions {
  /** Which worker; ignored by the other roles. */
  readonly name: string;
  /** Paths in the configuration are relative to this. */
  readonly baseDirectory: string;
  /** Where to follow the control process; by default at its configured address. */
  readonly control: URL | undefined;
}

export interface Role extends Service {
  /** Says on `/readyz` that it is about to stop, and goes on serving: balancers get time to let go. */
  leave(): void;
}

export function createRole(role: ChildRole, options: ChildRoleOptions): Promise<Role> {
  switch (role) {
    case 'dns':
      return createDnsRole(options);
    case 'worker':
      return createWorkerRole(options);
    case 'origin':
      return Promise.resolve(createOriginRole(options));
  }
}

export function createControlRole({ config, clock, random, log }: RoleOptions): Control {
  const workers = workersOf(config);
  return createControl({
    listen: { address: config.control.address, port: config.control.port },
    members: workers,
    endpoints: workers.map(endpointOf),
    dnsEndpoint: { address: config.dns.metricsAddress, port: config.dns.metricsPort },
    probe: config.workers.probe,
    service: `${config.dns.name}.${config.dns.zone}`,
    policy: config.dns.policy,
    ttl: `${config.dns.ttl} s`,
    token: tokenFor(config),
    clock,
    random,
    log,
  });
}

/** Beyond loopback anybody could drain the pool, so there a token is not optional. */
function tokenFor({ control }: Config): string | undefined {
  const token = process.env['ROUNDHOUSE_TOKEN'];
  const loopback = control.address.startsWith('127.') || control.address === '::1';
  if (!loopback && (token === undefined || token === '')) {
    throw new ServiceError(`control: ${control.address} is not a loopback address, so changes need a token; set the environment variable ROUNDHOUSE_TOKEN`);
  }
  return token === '' ? undefined : token;
}

async function createDnsRole({ config, clock, random, log, baseDirectory, control }: ChildRoleOptions): Promise<Role> {
  const { dns } = config;
  const workers = workersOf(config);
  const pool = poolOf(config, workers, clock);
  const stats = createDnsStats(workers.map((worker) => worker.name));
  const onViolation = warnOnce(log, dns.policy);
  const newRotation = await loadRotationFactory(dns.policy, baseDirectory, { tail: dns.tail, random, onViolation });
  const zone = createZone({
    zone: dns.zone,
    nameservers: dns.nameservers,
    nameserverAddress: dns.address,
    negativeTtlS: dns.negativeTtlS,
    serial: Math.floor(clock.realtimeMs() / 1000),
    rotated: { name: dns.name, pool, newRotation, ttl: parseTtl(dns.ttl), answersMax: dns.answersMax },
    records: dns.records,
  });
  const responder = createResponder({ zone, stats, ednsBytes: dns.ednsBytes });
  const server = createDnsServer({ listen: { address: dns.address, port: dns.port }, responder, stats, tcp: dns.tcp, clock, log });
  const follower = createFollower({ control: control ?? apiUrl(config.control), pool, clock, log });
  let readiness: Readiness = { ready: false, reason: 'starting' };
  const leave = (): void => void (readiness = { ready: false, reason: 'stopping', by: 'signal' });
  const endpoint = createEndpoint({
    listen: { address: dns.metricsAddress, port: dns.metricsPort },
    what: 'dns metrics',
    option: 'dns.metricsAddress or dns.metricsPort',
    metrics: createDnsMetrics({ stats, pool }),
    ready: () => readiness,
    clock,
    log,
  });
  return {
    async start() {
      await endpoint.start();
      follower.start();
      await follower.settled(firstRoundMs(config));
      await server.start();
      readiness = { ready: true };
    },
    leave,
    async stop(graceMs) {
      leave();
      follower.stop();
      await server.stop(graceMs);
      await endpoint.stop(0);
    },
  };
}

/** How long DNS waits for the first round of probes before it answers: one probe's time, and a little to be told. */
const firstRoundMs = (config: Config): number => config.workers.probe.timeoutMs + 500;

async function createWorkerRole({ config, name, clock, random, log, baseDirectory, control }: ChildRoleOptions): Promise<Role> {
  const { proxy } = config;
  const workers = workersOf(config);
  const me = workers.find((worker) => worker.name === name);
  if (me === undefined) throw unknownWorker(name, workers);
  const onViolation = warnOnce(log, proxy.policy);
  const accessLogger = proxy.accessLog === 'off' ? silentLog : createLog({ level: 'info', to: proxy.accessLogFile });
  const worker = createWorker({
    ...proxy,
    name,
    listen: { address: me.address ?? me.address6 ?? '::', port: me.port },
    origins: originsOf(config),
    newRotation: await loadRotationFactory(proxy.policy, baseDirectory, { tail: 'cyclic', random, onViolation }),
    accessLogger,
    log,
    clock,
    random,
    createEngine: createHttpProxyEngine,
  });
  const pool = poolOf(config, workers, clock);
  const follower = createFollower({ control: control ?? apiUrl(config.control), pool, clock, log });
  const life = { started: false, stopping: false };
  const leave = (): void => void (life.stopping = true);
  const endpoint = createEndpoint({
    listen: endpointOf(me),
    what: `worker ${name} metrics`,
    option: 'workers.metricsPort',
    metrics: createWorkerMetrics({ ...worker, worker: name, gateway: worker.stats }),
    ready: () => readinessOf(life, pool, me),
    clock,
    log,
  });
  return {
    async start() {
      await worker.start();
      await endpoint.start();
      follower.start();
      life.started = true;
    },
    leave,
    async stop(graceMs) {
      leave();
      await worker.stop(graceMs);
      follower.stop();
      await endpoint.stop(0);
    },
  };
}

function unknownWorker(name: string, workers: readonly WorkerEntry[]): ServiceError {
  const known = workers.map((worker) => worker.name).join(', ');
  return new ServiceError(`worker: the configuration has no worker ${JSON.stringify(name)}; it has ${known}`);
}

function readinessOf(life: { readonly started: boolean; readonly stopping: boolean }, pool: Pool, me: PoolMember): Readiness {
  if (life.stopping) return { ready: false, reason: 'stopping', by: 'signal' };
  if (!life.started) return { ready: false, reason: 'starting' };
  const admin = pool.snapshot().members[me.index]?.admin ?? 'enabled';
  return admin === 'enabled' ? { ready: true } : { ready: false, reason: 'draining', by: 'operator' };
}

function createOriginRole({ config, baseDirectory, clock, log }: ChildRoleOptions): Role {
  const { address, port, directory } = config.origin;
  const listen = { address, port };
  const origin = createOrigin({ listen, clock, log, ...(directory === undefined ? {} : { directory: resolve(baseDirectory, directory) }) });
  return { ...origin, leave: () => undefined }; // nobody probes it on `/readyz`
}

function poolOf(config: Config, workers: readonly WorkerEntry[], clock: Clock): Pool {
  const { upThresh, initialState } = config.workers.probe;
  return createPool(workers, { upThresh, initialHealth: initialState, realtimeMs: clock.realtimeMs });
}

const endpointOf = (worker: WorkerEntry): SocketAddress => ({ address: worker.address ?? worker.address6 ?? '::', port: worker.metricsPort });

/** A policy module that breaks its contract is reported once, not once per answer. */
function warnOnce(log: Log, policy: string): (what: string) => void {
  let told = false;
  return (what) => {
    if (!told) log.error({ policy, what }, 'the policy module broke its contract; such answers use the listed order');
    told = true;
  };
}
