/**
 * The tier that virtual users visit: brought up here (`own-tier.ts`), or one that runs already (`attached-tier.ts`).
 *
 * Workers, origin and control process stay the same through all rounds; only who answers for the service name changes. Each round
 * has a DNS process of its own, so that no rotation remembers the round before, always at the same address, so that a resolver
 * in front of it need not be told.
 */
import type { Pool, PoolMember } from '../../src/pool/pool.js';
import type { SocketAddress } from '../../src/service.js';
import type { ScenarioEvent } from '../../src/sim/scenario.js';
import type { Contender } from './contender.js';

export interface ServedDns {
  /** Where it answers. */
  readonly at: SocketAddress;
  /** Where its metrics are; undefined for one that is not ours. */
  readonly metrics: SocketAddress | undefined;
  stop(): Promise<void>;
}

export type WorkerEvent = Extract<ScenarioEvent, { readonly worker: string }>;

export interface TierUnderTest {
  /** By member index, in the order of the scenario's workers. */
  readonly members: readonly PoolMember[];
  /** Where each member has its metrics. */
  readonly metrics: readonly SocketAddress[];
  /** The name that users ask for. */
  readonly service: string;
  /** What DNS follows: who is eligible now. */
  readonly pool: Pool;
  /** Settles when every member is up and in the answers. @throws ServiceError when that takes too long */
  start(): Promise<void>;
  serve(contender: Contender): Promise<ServedDns>;
  /** Makes it happen. @throws ServiceError for what cannot be done to this tier */
  happen(event: WorkerEvent): Promise<void>;
  /** Undoes what has happened, and settles when every member is up again. */
  mend(): Promise<void>;
  stop(): Promise<void>;
  /** At once. */
  kill(): void;
}
