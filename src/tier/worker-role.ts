/**
 * One worker, made from the configuration: the proxy, the pool it follows to know what the operator wants of it, its metrics.
 */
import { namesOf, originsOf, workersOf, type WorkerEntry } from '../config/effective.js';
import { apiUrl, createFollower } from '../control/follower.js';
import { createLog, silentLog } from '../log.js';
import { createEndpoint, type Readiness } from '../metrics/endpoint.js';
import { createWorkerMetrics } from '../metrics/metrics.js';
import { loadRotationFactory } from '../pool/policy-loading.js';
import type { Pool, PoolMember } from '../pool/pool.js';
import type { engines } from '../proxy/engines/engines.js';
import type { CreateEngine } from '../proxy/engines/engine.js';
import { createNativeEngine } from '../proxy/engines/native/native.js';
import { createWorker } from '../proxy/worker.js';
import { ServiceError } from '../service.js';
import { endpointOf, poolOf, warnOnce, type ChildRoleOptions, type Role } from './role.js';

export async function createWorkerRole({ config, name, clock, random, log, baseDirectory, control }: ChildRoleOptions): Promise<Role> {
  const { proxy } = config;
  const workers = workersOf(config);
  const me = workers.find((worker) => worker.name === name);
  if (me === undefined) throw unknownWorker(name, workers);
  const onViolation = warnOnce(log, proxy.policy);
  const accessLogTo = { to: proxy.accessLogFile, option: 'proxy.accessLogFile' };
  const accessLogger = proxy.accessLog === 'off' ? silentLog : createLog({ level: 'info', ...accessLogTo });
  const worker = createWorker({
    ...proxy,
    newDiskStore: proxy.cache.disk.directory === undefined ? undefined : (await import('../proxy/cache/disk/disk-store.js')).newDiskStore,
    name,
    listen: { address: me.address ?? me.address6 ?? '::', port: me.port },
    alsoListen: me.address === undefined || me.address6 === undefined ? undefined : { address: me.address6, port: me.port },
    tlsPort: me.tlsPort,
    names: namesOf(config),
    origins: originsOf(config),
    newRotation: await loadRotationFactory(proxy.policy, baseDirectory, { tail: 'cyclic', random, onViolation }),
    accessLogger,
    log,
    clock,
    random,
    createEngine: await engineOf(proxy.engine),
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
    purge: (said) => worker.purge(said),
    token: process.env['ROUNDHOUSE_TOKEN'],
    clock,
    log,
  });
  return {
    async start() {
      await worker.start();
      await endpoint.start();
      void worker.warm(); // never fails; from now on no purge misses it
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

/** The code of the other one is loaded when it is asked for: a start waits for all workers. */
async function engineOf(name: keyof typeof engines): Promise<CreateEngine> {
  return name === 'native' ? createNativeEngine : (await import('../proxy/engines/engines.js')).engines[name];
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
