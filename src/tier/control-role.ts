/**
 * The control process, made from the configuration.
 */
import { shownTtl, weighsLoads, workersOf } from '../config/effective.js';
import type { Config } from '../config/schema.js';
import { createControl, type Control } from '../control/control.js';
import { ServiceError } from '../service.js';
import { endpointOf, type RoleOptions } from './role.js';

export function createControlRole({ config, clock, random, log }: RoleOptions): Control {
  const workers = workersOf(config);
  return createControl({
    listen: { address: config.control.address, port: config.control.port },
    members: workers,
    endpoints: workers.map(endpointOf),
    dnsEndpoint: { address: config.dns.metricsAddress, port: config.dns.metricsPort },
    probe: config.workers.probe,
    load: weighsLoads(config) ? { ...config.control.load, alarm: config.dns.alarm } : undefined,
    service: `${config.dns.name}.${config.dns.zone}`,
    policy: config.dns.policy,
    ttl: shownTtl(config),
    token: tokenFor(config),
    onAbsent: onAbsent(config),
    stateFile: config.control.stateFile,
    clock,
    random,
    log,
  });
}

/** As far as its disk is that of this machine. */
function onAbsent({ proxy }: Config): ((worker: string) => Promise<void>) | undefined {
  const { directory } = proxy.cache.disk;
  return directory === undefined ? undefined : async (worker) => (await import('../proxy/cache/disk/absence.js')).notePurge(directory, worker);
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
