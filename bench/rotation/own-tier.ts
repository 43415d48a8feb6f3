/**
 * A tier brought up to be measured: control in this process, workers and origin as children, a DNS process for each round.
 */
import type { Clock } from '../../src/clock.js';
import { workersOf } from '../../src/config/effective.js';
import type { LoadedConfig } from '../../src/config/load.js';
import type { Log } from '../../src/log.js';
import type { Random } from '../../src/random.js';
import { createTier, type Tier } from '../../src/tier/tier.js';
import { endpointOf } from '../../src/tier/role.js';
import { createDnsProcesses } from './dns-processes.js';
import { allUp } from './pool-watch.js';
import type { TierUnderTest, WorkerEvent } from './tier-under-test.js';

export interface OwnTierOptions {
  readonly loaded: LoadedConfig;
  /** Members that are not in the answers until an event brings them: the last so many. */
  readonly absent: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const stopMs = 2000;
const upMsMax = 30_000;

export function createOwnTier({ loaded: { config, baseDirectory }, absent, clock, random, log }: OwnTierOptions): TierUnderTest {
  const tier = createTier({ config, baseDirectory, clock, random, log, withDns: false });
  const processes = createDnsProcesses(clock, log);
  const members = workersOf(config);
  const { pool } = tier.control;
  const frozen = new Set<string>();

  function resetAdmins(): void {
    members.forEach(({ name, index }) => pool.setAdmin(name, index >= members.length - absent ? 'disabled' : 'enabled'));
  }

  async function mend(): Promise<void> {
    for (const name of frozen) signal(tier, name, 'SIGCONT');
    frozen.clear();
    members.forEach(({ name }) => tier.release(name));
    members.forEach(({ name }) => pool.setAdmin(name, 'enabled')); // who is disabled is not probed
    await allUp(pool, upMsMax, clock);
    resetAdmins();
  }

  return {
    ...{ members, pool, mend },
    metrics: members.map(endpointOf),
    service: `${config.dns.name}.${config.dns.zone}`,
    async start() {
      await tier.start();
      await mend();
    },
    serve: (contender) => processes.serve(contender, config, baseDirectory),
    async happen(event: WorkerEvent) {
      switch (event.kind) {
        case 'worker-dies':
          if (event.how === 'refuse') return tier.hold(event.worker);
          frozen.add(event.worker);
          return signal(tier, event.worker, 'SIGSTOP');
        case 'worker-returns':
          if (frozen.delete(event.worker)) signal(tier, event.worker, 'SIGCONT');
          return tier.release(event.worker);
        case 'worker-drains':
          return pool.setAdmin(event.worker, 'draining');
        case 'worker-enabled':
          return pool.setAdmin(event.worker, 'enabled');
      }
    },
    async stop() {
      await tier.stop(stopMs);
    },
    kill() {
      processes.kill();
      tier.kill();
    },
  };
}

function signal(tier: Tier, name: string, which: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = tier.pids().get(name);
  if (pid !== undefined) process.kill(pid, which);
}
