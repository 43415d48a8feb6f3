/**
 * A tier that runs already, found through its control process: workers and operator states are its own, and DNS processes of ours
 * follow the same control process. Nothing of it is killed; what is drained is enabled again.
 */
import type { Clock } from '../../src/clock.js';
import type { LoadedConfig } from '../../src/config/load.js';
import { createControlClient } from '../../src/control/client.js';
import { createFollower } from '../../src/control/follower.js';
import type { Log } from '../../src/log.js';
import { createPool, type PoolMember } from '../../src/pool/pool.js';
import { ServiceError, type SocketAddress } from '../../src/service.js';
import { createDnsProcesses } from './dns-processes.js';
import { allUp, numberOf } from './pool-watch.js';
import type { TierUnderTest, WorkerEvent } from './tier-under-test.js';

/** What is known of a tier before anything is done to it. */
export interface FoundTier {
  readonly control: URL;
  readonly service: string;
  readonly members: readonly PoolMember[];
  /** By member index. */
  readonly metrics: readonly SocketAddress[];
}

/** @throws ControlError when nobody answers there */
export async function findTier(control: URL, clock: Clock): Promise<FoundTier> {
  const client = createControlClient(control, undefined, clock);
  const [{ service, members }, discovery] = await Promise.all([client.status(), client.discovery()]);
  const targetOf = new Map(discovery.map(({ targets: [target = ''], labels }) => [labels['worker'], target]));
  return {
    control,
    service,
    members: members.map(({ name, address, port, weight }, index) => {
      if (address === undefined) throw new ServiceError(`bench: worker ${name} has no IPv4 address, and virtual users ask for A records`);
      return { name, index, address, port, weight };
    }),
    metrics: members.map(({ name }) => parseTarget(targetOf.get(name) ?? '')),
  };
}

/** `127.0.0.11:9101`, `[::1]:9101`. */
function parseTarget(target: string): SocketAddress {
  const [, bracketed, plain = '', port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(target) ?? [];
  if (port === undefined) throw new ServiceError(`bench: the tier does not say where a worker's metrics are (${JSON.stringify(target)})`);
  return { address: bracketed ?? plain, port: Number(port) };
}

const upMsMax = 30_000;
/** Until the first state has come. */
const followMsMax = 5000;

export interface AttachedTierOptions {
  readonly found: FoundTier;
  readonly loaded: LoadedConfig;
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export function createAttachedTier({ found, loaded: { config, baseDirectory }, token, clock, log }: AttachedTierOptions): TierUnderTest {
  const { control, service, members, metrics } = found;
  const { upThresh, initialState } = config.workers.probe;
  const pool = createPool(members, { upThresh, initialHealth: initialState, realtimeMs: clock.realtimeMs });
  const follower = createFollower({ control, pool, clock, log });
  const client = createControlClient(control, token, clock);
  const processes = createDnsProcesses(clock, log);
  const drained = new Set<string>();

  async function mend(): Promise<void> {
    for (const name of drained) await client.change(name, 'enable');
    drained.clear();
    await allUp(pool, upMsMax, clock);
  }

  return {
    ...{ members, metrics, service, pool, mend, kill: processes.kill },
    async start() {
      follower.start();
      await follower.settled(followMsMax);
      await mend();
    },
    serve: (contender) => processes.serve(contender, config, baseDirectory),
    async happen(event: WorkerEvent) {
      const name = members[numberOf(event.worker)]?.name ?? event.worker; // scenarios know them by number
      if (event.kind === 'worker-dies' || event.kind === 'worker-returns') {
        throw new ServiceError('a tier that runs already is not killed; drain it, or let `bench rotation` bring up its own');
      }
      if (event.kind === 'worker-drains') drained.add(name);
      else drained.delete(name);
      await client.change(name, event.kind === 'worker-drains' ? 'drain' : 'enable');
    },
    async stop() {
      for (const name of drained) await client.change(name, 'enable').catch(() => undefined); // it may be gone itself
      follower.stop();
      processes.kill();
    },
  };
}
