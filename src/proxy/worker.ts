/**
 * A worker: an engine that listens, the gateway behind it, the pool of origins with its probes and its rotation.
 *
 * It serves from the moment it is bound: until an origin's first probe has answered the pool fails open, so nobody is
 * refused for lack of news. Stopping lets what is in flight finish, each response closing its connection, and cuts at the
 * end of the grace.
 */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { createHttpProbe, type ProbeConnection } from '../pool/http-probe.js';
import { createPool, type Health, type Pool, type PoolMember } from '../pool/pool.js';
import { createProber, type Prober, type ProberStats, type ProbeOutcome, type ProbeTiming } from '../pool/prober.js';
import type { Rotation } from '../pool/rotation.js';
import type { Random } from '../random.js';
import type { Service, SocketAddress } from '../service.js';
import { createCertificates, type CertificateFiles, type Certificates } from './certificates.js';
import { createAccessLog, type AccessLogMode } from './access-log.js';
import type { DiskStore } from './cache/disk/disk-store.js';
import type { DiskOptions } from './cache/disk/options.js';
import { createCacheStats, type CacheOptions, type CacheSettings, type CacheStats } from './cache/options.js';
import type { CreateEngine, Engine, EngineLimits, EngineStats, EngineTimeouts } from './engines/engine.js';
import type { GatewayOptions } from './exchange-state.js';
import { createGateway, type Gateway } from './gateway.js';
import { createNamedOrigins, type NamedOrigins, type ResolverOptions } from './named-origins.js';
import { originMember, originTarget, originUrl, type OriginOptions, type OriginTarget } from './origin-target.js';
import { newInstance } from './rewriting.js';
import { createSiteNames, type SiteNames } from './site-names.js';
import { createGatewayStats, type GatewayStats } from './stats.js';
import { createTrustedNetworks, type TrustedNetworks } from './trust.js';

/** The names and meanings of the configuration's `proxy` section. */
export interface WorkerOptions {
  readonly name: string;
  readonly listen: SocketAddress;
  /** A second address, of the other family. */
  readonly alsoListen?: SocketAddress | undefined;
  readonly origins: readonly OriginOptions[];
  /** Makes the rotation that orders the origins. */
  readonly newRotation: () => Rotation;
  readonly host: 'rewrite' | 'keep';
  /** Names that all mean one site, which is the first. */
  readonly names?: readonly string[] | undefined;
  readonly trustedNetworks: readonly string[];
  readonly proxyProtocolNetworks: readonly string[];
  /** For TLS, on the same addresses; none without. */
  readonly tlsPort?: number | undefined;
  readonly tls: { readonly certificates: readonly CertificateFiles[]; readonly reloadMs: number };
  readonly resolver: ResolverOptions;
  readonly probe: ProbeTiming & { readonly path: string; readonly initialState: Health; readonly upThresh: number };
  readonly timeouts: EngineTimeouts & GatewayOptions['timeouts'];
  readonly limits: EngineLimits & GatewayOptions['limits'];
  readonly retries: GatewayOptions['retries'];
  /** None without, or of 0 bytes. */
  readonly cache?: CacheSettings | undefined;
  /** Makes the store on disk, where the cache has one: its code is loaded only then. */
  readonly newDiskStore?: ((options: DiskOptions) => DiskStore) | undefined;
  readonly accessLog: AccessLogMode;
  /** Where the access log goes; lines have level `info`. */
  readonly accessLogger: Log;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
  readonly createEngine: CreateEngine;
}

export interface Worker extends Service {
  /** Valid after `start`. */
  address(): SocketAddress;
  /** Of TLS. */
  secureAddress(): SocketAddress | undefined;
  readonly stats: GatewayStats;
  readonly cache: CacheStats;
  readonly engine: EngineStats;
  readonly origins: Pool;
  readonly probes: ProberStats;
  readonly named: NamedOrigins;
  /** Also of what is on disk, so that it stays away. @returns how many stored responses. @throws RangeError for what is no purge. */
  purge(said: unknown): Promise<number>;
  /** Takes up what an earlier process left on disk; to be called when purges reach the worker. Without a disk it does nothing. */
  warm(): Promise<void>;
}

/** @throws ServiceError for origins or networks that make no sense. */
export function createWorker(options: WorkerOptions): Worker {
  const { clock, log, limits, timeouts } = options;
  const bounds = { limits, timeouts, clock };
  const named = createNamedOrigins({ targets: options.origins.map(originTarget), resolver: options.resolver, clock, log });
  const { targets } = named;
  const stats = createGatewayStats(targets.map(({ name }) => name));
  const pool = originPool(options, targets);
  const prober = originProber(options, targets, pool);
  const accessLog = createAccessLog({ worker: options.name, mode: options.accessLog, log: options.accessLogger });
  const cache = createCacheStats();
  const disk = diskOf(options, cache);
  const settings = cacheOf(options, cache, disk);
  const secure = tlsWithClients(options);
  const background = [named, prober, ...(secure === undefined ? [] : [secure.certificates])];
  const engine = options.createEngine({
    listen: options.listen,
    alsoListen: options.alsoListen,
    proxyProtocol: proxyProtocolOf(options),
    tls: secure,
    ...bounds,
    onExchange: (downstream) => gateway.accept(downstream),
    onRepeated: settings === undefined ? undefined : (text, client) => gateway.repeated(text, client),
    onBrokenRequest: (code, client) => gateway.broken(code, client),
    onBrokenHandshake: accessLog.brokenHandshake,
  });
  const gateway = createGateway({
    forward: engine.forward,
    pool,
    rotation: options.newRotation(),
    origins: targets,
    ...{ host: options.host, names: namesOf(options) },
    trusted: createTrustedNetworks(options.trustedNetworks),
    via: { pseudonym: options.name, instance: newInstance(options.random) },
    ...bounds,
    retries: options.retries,
    cache: settings,
    stats,
    random: options.random,
    onFinish: accessLog.exchange,
    onBrokenRequest: accessLog.brokenRequest,
    onConnectFault: (origin) => prober.nudge(origin),
  });

  let stopped: Promise<void> | undefined;
  return {
    ...{ stats, cache, engine: engine.stats },
    origins: pool,
    probes: prober.stats,
    named,
    purge: (said) => purge(said, gateway, disk),
    warm: async () => disk?.open(),
    address: () => engine.address(),
    secureAddress: () => engine.secureAddress(),
    async start() {
      await engine.start();
      for (const each of background) each.start();
      announce(options, { ...engine.address(), tlsPort: engine.secureAddress()?.port }, targets);
    },
    stop: (graceMs) => (stopped ??= halt({ clock, gateway, engine, disk, background }, graceMs)),
  };
}

interface Parts {
  readonly clock: Clock;
  readonly gateway: Gateway;
  readonly engine: Engine;
  readonly disk: DiskStore | undefined;
  readonly background: readonly { stop(): void }[];
}

async function halt({ clock, gateway, engine, disk, background }: Parts, graceMs: number): Promise<void> {
  gateway.drain();
  // Before the engine's own limit, so that what is cut is recorded as cut by us.
  const cut = clock.after(graceMs, () => gateway.cut());
  await engine.stop(graceMs);
  cut.cancel();
  gateway.close();
  await disk?.close(diskGraceMs);
  for (const each of background) each.stop();
}

async function purge(said: unknown, gateway: Gateway, disk: DiskStore | undefined): Promise<number> {
  const count = gateway.purge(said);
  await disk?.settled();
  return count;
}

function namesOf({ names: [own, ...others] = [] }: WorkerOptions): SiteNames | undefined {
  return own === undefined ? undefined : createSiteNames(own, others);
}

function tlsWithClients({ tls, tlsPort, clock, log }: WorkerOptions): { port: number; certificates: Certificates } | undefined {
  if (tlsPort === undefined) return undefined;
  return { port: tlsPort, certificates: createCertificates({ files: tls.certificates, reloadMs: tls.reloadMs, clock, log }) };
}

function announce({ name: worker, log }: WorkerOptions, at: object, targets: readonly OriginTarget[]): void {
  log.info({ worker, ...at, origins: targets.map(({ name }) => name) }, 'worker listens');
  targets.forEach((target) => warnOfTrust(target, log));
}

function warnOfTrust({ name, tls }: OriginTarget, log: Log): void {
  if (tls?.options.rejectUnauthorized === false) log.warn({ origin: name }, 'the certificate of this origin is not verified (tls.verify)');
}

function cacheOf({ cache }: WorkerOptions, stats: CacheStats, diskStore: DiskStore | undefined): CacheOptions | undefined {
  return cache === undefined || cache.bytesMax === 0 ? undefined : { ...cache, stats, diskStore };
}

/** For what is not written yet when everybody has been served. */
const diskGraceMs = 2000;

function diskOf({ cache, newDiskStore, name, clock, log }: WorkerOptions, { disk: stats }: CacheStats): DiskStore | undefined {
  const { disk, bytesMax = 0 } = cache ?? {};
  if (disk?.directory === undefined || bytesMax === 0) return undefined;
  return newDiskStore?.({ ...disk, directory: disk.directory, worker: name, stats, clock, log });
}

/** Undefined for none: not every engine knows it. */
function proxyProtocolOf({ proxyProtocolNetworks }: WorkerOptions): TrustedNetworks | undefined {
  if (proxyProtocolNetworks.length === 0) return undefined;
  return createTrustedNetworks(proxyProtocolNetworks, 'proxy.proxyProtocolNetworks');
}

function originPool({ origins, probe, clock }: WorkerOptions, targets: readonly OriginTarget[]): Pool {
  const members = targets.map((target, index) => originMember(target, origins[index] as OriginOptions, index)); // made from it
  return createPool(members, { upThresh: probe.upThresh, initialHealth: probe.initialState, realtimeMs: clock.realtimeMs });
}

function originProber({ probe, clock, random, log }: WorkerOptions, targets: readonly OriginTarget[], pool: Pool): Prober {
  const urlOf = ({ index }: PoolMember): URL => originUrl(targets[index] as OriginTarget, probe.path); // one for each member
  const connectionOf = ({ index }: PoolMember): ProbeConnection => {
    const { addresses, tls } = targets[index] as OriginTarget; // likewise
    return { ...(addresses === undefined ? {} : { lookup: addresses.lookup }), ...tls?.options };
  };
  return createProber({
    pool,
    probe: createHttpProbe({ urlOf, connectionOf, accept: acceptBelow500, clock }),
    timing: probe,
    clock,
    random,
    log,
  });
}

/** A 404 on the probe's path still says that the origin is alive; a 500 says that it is not well. */
const acceptBelow500 = (status: number): ProbeOutcome =>
  status < 500 ? { ok: true } : { ok: false, reason: 'probe-status', detail: `HTTP ${status}` };
