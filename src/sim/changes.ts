/**
 * What happens on the way: the events of a scenario, each done at its time, and followed until its effect is seen.
 */
import type { VirtualClock } from '../clock.js';
import type { Health } from '../pool/pool.js';
import type { SimulatedAuthority } from './authority-layer.js';
import type { Clients } from './client-layer.js';
import type { FollowedChange, Recorder } from './recorder.js';
import type { Scenario, ScenarioEvent } from './scenario.js';
import type { Workers } from './worker-layer.js';

export interface Parts {
  readonly scenario: Scenario;
  readonly clock: VirtualClock;
  readonly authority: SimulatedAuthority;
  readonly clients: Clients;
  readonly workers: Workers;
  readonly recorder: Recorder;
}

export interface Changes {
  /** Probes overturned their verdict about this worker to `health`, so answers show it from now on. */
  noticed(worker: number, health: Health): void;
}

/** Effects of events are followed for so long; a tail of 2 % after 15 minutes is in it (LANMAN 2014). */
const followedSMax = 7200;

export function scheduleChanges(parts: Parts): Changes {
  const { scenario, clock, authority } = parts;
  const unnoticed = createUnnoticed();
  for (const event of scenario.events) clock.after((scenario.warmupS + event.atS) * 1000, () => happen(parts, event, unnoticed));
  return {
    noticed(worker, health) {
      const epoch = authority.changed();
      for (const change of unnoticed.take(worker, health === 'down' ? 'worker-dies' : 'worker-returns')) {
        change.epoch = epoch;
        change.noticedAfterS = clock.monotonicMs() / 1000 - scenario.warmupS - change.atS;
      }
    },
  };
}

interface Unnoticed {
  /** `anew`: those of this kind before it were undone without anybody noticing, and never will be. */
  add(worker: number, change: FollowedChange, anew: boolean): void;
  take(worker: number, kind: string): readonly FollowedChange[];
}

/** Deaths and returns that answers do not show yet; several of a worker when it dies again while it is dead. */
function createUnnoticed(): Unnoticed {
  const waiting = new Map<string, FollowedChange[]>();
  const keyOf = (worker: number, kind: string): string => `${worker} ${kind}`;
  return {
    add(worker, change, anew) {
      const key = keyOf(worker, change.kind);
      waiting.set(key, [...(anew ? [] : (waiting.get(key) ?? [])), change]);
    },
    take(worker, kind) {
      const key = keyOf(worker, kind);
      const taken = waiting.get(key) ?? [];
      waiting.delete(key);
      return taken;
    },
  };
}

function happen(parts: Parts, event: ScenarioEvent, unnoticed: Unnoticed): void {
  const { authority, clients, workers, recorder, clock } = parts;
  const atS = clock.monotonicMs() / 1000;
  const change = followed(parts.scenario, event);
  const serves = (worker: string): boolean => workers.liveness[indexOf(worker)] === 'serves';
  recorder.follow(change);
  const shows = (): void => {
    change.epoch = authority.changed();
    change.noticedAfterS = 0;
  };
  switch (event.kind) {
    case 'worker-dies':
      unnoticed.add(indexOf(event.worker), change, serves(event.worker));
      return workers.die(indexOf(event.worker), atS, event.how === 'refuse' ? 'refuses' : 'silent', (client, arrivedS) => {
        recorder.lost(arrivedS);
        // First come first served has planned the next request long since: as if the response had come in time.
        if (workers.eventful) clients.over(client, atS);
      });
    case 'worker-returns':
      unnoticed.add(indexOf(event.worker), change, !serves(event.worker));
      return workers.returns(indexOf(event.worker));
    case 'worker-drains':
      authority.pool.setAdmin(event.worker, 'draining');
      return shows();
    case 'worker-enabled':
      authority.pool.setAdmin(event.worker, 'enabled');
      return shows();
    case 'ttl':
      authority.setTtl(event.ttl);
      return shows();
    case 'policy':
      authority.setPolicy(event.policy);
      return shows();
    case 'flash-crowd':
      clients.crowd(event.clients, event.factor, event.resolver === undefined ? undefined : event.resolver - 1, atS, atS + event.durationS);
      clock.after(event.durationS * 1000, () => clients.crowdGoes(event.factor, clock.monotonicMs() / 1000));
  }
}

/** What is known of an event when it happens; its effect is still to be seen. */
export function followed(scenario: Scenario, event: ScenarioEvent): FollowedChange {
  const { atS, kind } = event;
  const seconds = kind === 'flash-crowd' ? 0 : Math.min(followedSMax, Math.max(0, Math.ceil(scenario.durationS - atS)));
  return {
    atS,
    kind,
    what: describe(scenario, event),
    epoch: Infinity,
    noticedAfterS: undefined,
    requests: new Float64Array(seconds),
    moved: new Float64Array(seconds),
  };
}

function describe({ clients }: Scenario, event: ScenarioEvent): string {
  switch (event.kind) {
    case 'worker-dies':
      return `${event.worker} dies (${event.how})`;
    case 'worker-returns':
      return `${event.worker} returns`;
    case 'worker-drains':
      return `${event.worker} drains`;
    case 'worker-enabled':
      return `${event.worker} enabled`;
    case 'ttl':
      return `TTL ${event.ttl}`;
    case 'policy':
      return `policy ${event.policy}`;
    case 'flash-crowd':
      return clients.arrivals === 'stream' ? `crowd ×${event.factor} for ${event.durationS} s` : `crowd of ${event.clients} for ${event.durationS} s`;
  }
}

/** `w3` is the third; the scenario has been checked. */
const indexOf = (worker: string): number => Number(worker.slice(1)) - 1;
