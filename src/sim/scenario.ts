/**
 * What a simulation is told: the four layers of the way from a service name to a busy worker, and what happens on the way.
 * Data only; `config/scenario-schema.ts` reads it from YAML, checks it and fills the defaults in.
 *
 * Times are in seconds, work is in *hits*: a request brings one or more, a worker of capacity 100 serves 100 a second.
 */
import type { Tail } from '../pool/policies/round-robin.js';
import type { ProbeTiming } from '../pool/health.js';

export interface Scenario {
  /** A sentence or two for people. */
  readonly description: string;
  /** Measured time, after the warm-up. */
  readonly durationS: number;
  /** Simulated first and not measured. */
  readonly warmupS: number;
  /** Of utilisation: its maximum over the workers is taken per interval. The alarm looks at the same one. */
  readonly intervalS: number;
  /** P(maximum utilisation < threshold) is reported for each, 0 to 1. */
  readonly thresholds: readonly number[];
  readonly repetitions: number;
  readonly authority: AuthorityLayer;
  readonly resolvers: ResolverLayer;
  readonly clients: ClientLayer;
  readonly workers: WorkerLayer;
  readonly events: readonly ScenarioEvent[];
}

export interface AuthorityLayer {
  /** A name of `policyNames`, or the path of a module. */
  readonly policy: string;
  readonly tail: Tail;
  /** As `dns.ttl`: `240`, `30/5`, `240/per-domain`, `240/per-domain-and-server`. */
  readonly ttl: number | string;
  readonly answersMax: number;
  readonly upThresh: number;
  /** A worker whose utilisation in the last interval exceeded this is left out, unless all are; undefined: no alarm. */
  readonly alarm?: number | undefined;
  readonly demand: {
    /** `given`: policies know each network's true share; `estimated`: from DNS alone, by the live estimator. */
    readonly source: 'given' | 'estimated';
    /** Each given rate is off by a factor drawn uniformly from 1 ± this/100. */
    readonly errorPercent: number;
  };
  /** How deaths are noticed; as `workers.probe` of the configuration. */
  readonly probe: ProbeTiming;
}

export interface ResolverLayer {
  readonly population: Population;
  /** Shares need not add up to 1: they are relative. Which resolver is of which kind is drawn. */
  readonly kinds: readonly ResolverKind[];
  /** Relative shares of clients that use 1, 2, 3, … resolvers (a look-up takes one of them at random). */
  readonly perClient: readonly number[];
}

export interface Population {
  /**
   * `uniform`: equal shares; `zipf`: the k-th has 1/k^exponent; `head`: the first have the shares listed in `weights`
   * (parts of all clients), the rest is `zipf` over the others; `listed`: relative `weights`, one a resolver.
   */
  readonly law: 'uniform' | 'zipf' | 'head' | 'listed';
  /** How many resolvers; for `listed` as many as there are weights. */
  readonly count: number;
  readonly exponent: number;
  readonly weights: readonly number[];
}

export const answerOrders = ['keep', 'rotate', 'cyclic', 'shuffle'] as const;
/** What a resolver does to a cached list: nothing, a rotation from a uniform start, from a cursor of its own, a uniform shuffle. */
export type AnswerOrder = (typeof answerOrders)[number];

export interface ResolverKind {
  readonly share: number;
  readonly order: AnswerOrder;
  /** A shorter TTL is prolonged to this. */
  readonly ttlFloorS: number;
  /** A longer TTL is cut to this. */
  readonly ttlCeilingS: number;
  /** What is expired is handed out so much longer (a stale tail); 0: never. */
  readonly staleS: number;
}

export const addressChoices = ['first', 'shuffle', 'sort', 'sticky'] as const;
/** Which address a client takes: the first; a random one; the nearest by RFC 6724 rule 9; the one it had, if still listed. */
export type AddressChoice = (typeof addressChoices)[number];

export interface ClientKind {
  readonly share: number;
  readonly choice: AddressChoice;
  /** `session`: one look-up a session, then pinned to its address. `ttl`: as long as the TTL says, within floor and ceiling. */
  readonly cache: 'session' | 'ttl';
  readonly cacheFloorS: number;
  /** 0: the client caches nothing. */
  readonly cacheCeilingS: number;
  /** An open connection is used again when the last request began less than so long ago, whatever caches say; 0: never. */
  readonly reuseS: number;
}

export interface ClientLayer {
  readonly count: number;
  /**
   * `open`: think time runs from request to request. `closed`: from the response to the next request. `stream`: requests
   * come at `ratePerS` as one Poisson process, each by a client drawn anew and each a session of its own.
   */
  readonly arrivals: 'open' | 'closed' | 'stream';
  /** `stream`: requests a second. */
  readonly ratePerS: number;
  readonly session: { readonly law: 'geometric' | 'fixed'; readonly requestsMean: number };
  readonly think: Law & { readonly meanS: number };
  /** A request brings a whole number of hits, uniform from `min` to `max`. */
  readonly hits: { readonly min: number; readonly max: number };
  readonly kinds: readonly ClientKind[];
  readonly connect: {
    /** What finding out costs that an address refuses. */
    readonly refusedS: number;
    /** What it costs that an address says nothing, each (RFC 8305 §5: 250 ms). */
    readonly blackHoledS: number;
  };
}

export const laws = ['deterministic', 'exponential', 'lognormal', 'hyper-exponential'] as const;

export interface Law {
  readonly law: (typeof laws)[number];
  /** Squared coefficient of variation; of `lognormal` (above 0) and `hyper-exponential` (above 1, two phases with balanced means). */
  readonly cv2: number;
}

export interface WorkerLayer {
  readonly count: number;
  /** Hits a second, of all together. */
  readonly capacity: number;
  /** Relative capacities, repeated over the workers; none: equal. */
  readonly relative: readonly number[];
  /** Absolute capacities instead, one a worker; then `count`, `capacity` and `relative` do not count. */
  readonly capacities: readonly number[];
  /** The weight that policies see; none: in proportion to capacity, the largest 100. */
  readonly weights: readonly number[];
  /** Requests that a worker serves at the same time, each at capacity/slots; only with `fcfs`. */
  readonly slots: number;
  readonly discipline: 'fcfs' | 'processor-sharing';
  /** Work of one hit, mean 1. */
  readonly service: Law;
  /** The last so many are not there until an event adds them. */
  readonly absent: number;
}

/** `atS` counts from the beginning of the measured time. Workers are named w1, w2, … */
export type ScenarioEvent =
  /** It stops serving at once: what it has in hand fails, later attempts are refused or (`black-hole`) get no answer. Probes find out. */
  | { readonly atS: number; readonly kind: 'worker-dies'; readonly worker: string; readonly how: 'refuse' | 'black-hole' }
  /** It serves again, with empty queues; probes find out. */
  | { readonly atS: number; readonly kind: 'worker-returns'; readonly worker: string }
  /** The operator takes it out of the answers; it serves whoever still comes. */
  | { readonly atS: number; readonly kind: 'worker-drains'; readonly worker: string }
  /** The operator puts it (back) into the answers; also the first time of an absent one. */
  | { readonly atS: number; readonly kind: 'worker-enabled'; readonly worker: string }
  | { readonly atS: number; readonly kind: 'ttl'; readonly ttl: number | string }
  | { readonly atS: number; readonly kind: 'policy'; readonly policy: string }
  /** So many clients more, for so long, behind the resolver of that rank (1 is the largest) or all. `stream`: `factor` times the rate. */
  | {
      readonly atS: number;
      readonly kind: 'flash-crowd';
      readonly durationS: number;
      readonly clients: number;
      readonly factor: number;
      readonly resolver?: number | undefined;
    };

/** Clients that no event brings are there from the start; these are all that there can ever be. */
export function clientsMax({ clients, events }: Scenario): number {
  return events.reduce((sum, event) => sum + (event.kind === 'flash-crowd' ? event.clients : 0), clients.count);
}
