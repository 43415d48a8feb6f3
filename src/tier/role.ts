/**
 * What the roles of the tier have in common: what each is given, what it can be told, and what several are made with.
 */
import type { Clock } from '../clock.js';
import type { WorkerEntry } from '../config/effective.js';
import type { Config } from '../config/schema.js';
import type { Log } from '../log.js';
import { createPool, type Pool } from '../pool/pool.js';
import type { Random } from '../random.js';
import type { Service, SocketAddress } from '../service.js';

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

/** The workers as this process knows them, until the control process tells more. */
export function poolOf(config: Config, workers: readonly WorkerEntry[], clock: Clock): Pool {
  const { upThresh, initialState } = config.workers.probe;
  return createPool(workers, { upThresh, initialHealth: initialState, realtimeMs: clock.realtimeMs });
}

/** Where a worker serves `/metrics` and `/readyz`. */
export function endpointOf({ address, address6 = '::', metricsPort }: WorkerEntry): SocketAddress {
  return { address: address ?? address6, port: metricsPort };
}

/** A policy module that breaks its contract is reported once, not once per answer. */
export function warnOnce(log: Log, policy: string): (what: string) => void {
  let told = false;
  return (what) => {
    if (!told) log.error({ policy, what }, 'the policy module broke its contract; such answers use the listed order');
    told = true;
  };
}
