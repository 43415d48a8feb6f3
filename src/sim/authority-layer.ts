/**
 * Layer 1: the authority. The pool, its health logic, the rotation and the TTL policy are the very code that serves live; what
 * is modelled here is only where they get their facts from: probes of simulated workers, and load told without delay.
 */
import type { VirtualClock } from '../clock.js';
import { createAuthority } from '../pool/authority.js';
import { createGivenDemand, type Demand } from '../pool/demand.js';
import { createEstimatedDemand } from '../pool/estimated-demand.js';
import { intervalMs, judge, stableForMs, type Verdict } from '../pool/health.js';
import type { RotationOptions } from '../pool/policies.js';
import { createPool, type Health, type HealthReason, type Pool, type PoolMember } from '../pool/pool.js';
import type { Rotation } from '../pool/rotation.js';
import { parseTtl, type TtlPolicy } from '../pool/ttl.js';
import type { WorkerLoads } from '../pool/worker-loads.js';
import type { Random } from '../random.js';
import type { AuthorityLayer } from './scenario.js';
import type { Workers } from './worker-layer.js';

export interface Network {
  readonly address: string;
  /** Look-ups a second of its clients, those that caches answer included. */
  readonly lookupsPerS: number;
}

export type MakeRotation = (policy: string) => (options: RotationOptions) => Rotation;

/** What was answered, for whoever compares it with the wire; arrays and objects are valid during the call only. */
export type OnAnswer = (answer: {
  readonly atS: number;
  readonly address: string;
  readonly members: Uint16Array;
  readonly count: number;
  readonly ttlS: number;
  readonly simulated: SimulatedAuthority;
}) => void;

export interface SimulatedAuthority {
  readonly pool: Pool;
  readonly loads: WorkerLoads;
  readonly clock: VirtualClock;
  /** Answers given from now on belong to this state of policy, TTL and members; grows with each change of them. */
  epoch(): number;
  /** Questions answered. */
  questions(): number;
  /** Of the last answer. */
  ttlS(): number;
  /** Decides one answer; writes member indices to `members` and returns how many. */
  answer(atS: number, address: string, members: Uint16Array): number;
  /** A change that answers from now on show. */
  changed(): number;
  /** Begins the policy anew, as a restart would. */
  setPolicy(policy: string): void;
  /** Goes on where the rotation stands. */
  setTtl(ttl: number | string): void;
  /** Utilisations of the last interval are in: sets the alarms. */
  observed(utilisations: Float64Array): void;
}

export interface AuthorityLayerOptions {
  readonly layer: AuthorityLayer;
  readonly members: readonly PoolMember[];
  /** One of each resolver; undefined when no policy or TTL of the scenario weighs where requests come from. */
  readonly networks: readonly Network[] | undefined;
  readonly workers: Workers;
  /** Does anybody die in this scenario? If not, probes would find nothing and are left out. */
  readonly probed: boolean;
  readonly makeRotation: MakeRotation;
  readonly clock: VirtualClock;
  /** Of policies that draw. */
  readonly random: Random;
  /** Of the error in what they are told of demand. */
  readonly demandRandom: Random;
  /** The verdict about this worker was overturned; this is the new one. */
  readonly onVerdict: (worker: number, health: Health) => void;
  readonly onAnswer: OnAnswer | undefined;
}

export function createSimulatedAuthority(options: AuthorityLayerOptions): SimulatedAuthority {
  const { layer, members, workers, clock, random, onAnswer } = options;
  const pool = createPool(members, { upThresh: layer.upThresh, initialHealth: 'up', realtimeMs: clock.realtimeMs });
  const loads = createLoads(workers, clock);
  const demand = createDemand(options);
  let epoch = 1;
  let questions = 0;
  let lastTtlS = 0;
  const requestor = { address: '' };
  const newRotation = (policy: string): Rotation => options.makeRotation(policy)({ tail: layer.tail, random, clock, loads, demand });
  const newTtl = (ttl: number | string): TtlPolicy => parseTtl(ttl, { demand });
  let rotation = newRotation(layer.policy);
  let ttl = newTtl(layer.ttl);
  let authority = createAuthority({ rotation, ttl, demand });
  const self: SimulatedAuthority = {
    pool,
    loads,
    clock,
    epoch: () => epoch,
    questions: () => questions,
    ttlS: () => lastTtlS,
    answer(atS, address, order) {
      clock.advanceTo(atS * 1000);
      requestor.address = address;
      questions += 1;
      const snapshot = pool.snapshot();
      const { eligible } = snapshot;
      const count = authority.answer(snapshot, eligible, requestor, Math.min(layer.answersMax, members.length), order);
      for (let place = 0; place < count; place += 1) order[place] = (eligible[order[place] as number] as PoolMember).index;
      lastTtlS = count === 0 ? 0 : authority.ttlS;
      onAnswer?.({ atS, address, members: order, count, ttlS: lastTtlS, simulated: self });
      return count;
    },
    changed: () => (epoch += 1),
    setPolicy(policy) {
      rotation = newRotation(policy);
      authority = createAuthority({ rotation, ttl, demand });
    },
    setTtl(spec) {
      ttl = newTtl(spec);
      authority = createAuthority({ rotation, ttl, demand });
    },
    observed(utilisations) {
      loads.observed(utilisations);
      if (layer.alarm === undefined) return;
      const { alarm } = layer;
      pool.batch(() => members.forEach(({ name, index }) => pool.setAlarm(name, (utilisations[index] as number) > alarm)));
    },
  };
  startHealth(options, pool);
  return self;
}

interface SimulatedLoads extends WorkerLoads {
  observed(utilisations: Float64Array): void;
}

/** Utilisation as of the last interval, backlog as of now. */
function createLoads(workers: Workers, clock: VirtualClock): SimulatedLoads {
  const last = new Float64Array(workers.count).fill(Number.NaN);
  let version = 0;
  return {
    utilisation: (index) => last[index] as number, // policies ask for members, as below
    backlog: (index) => workers.backlog(index, clock.monotonicMs() / 1000),
    get version() {
      return version;
    },
    observed(utilisations) {
      last.set(utilisations);
      version += 1;
    },
  };
}

function createDemand({ layer, networks, clock, demandRandom }: AuthorityLayerOptions): Demand | undefined {
  if (networks === undefined) return undefined;
  if (layer.demand.source === 'estimated') return createEstimatedDemand({ clock });
  const error = layer.demand.errorPercent / 100;
  return createGivenDemand(
    networks.map(({ address, lookupsPerS }) => ({ address, lookupsPerS: lookupsPerS * (1 + error * (2 * demandRandom.next() - 1)) })),
  );
}

/** Probes every worker as the live prober does: the same verdicts at the same intervals, on the virtual clock. */
function startHealth({ layer: { probe }, members, workers, clock, probed, onVerdict }: AuthorityLayerOptions, pool: Pool): void {
  const settled: Verdict = { health: 'up', settled: true, contrary: 0 };
  const tell = (member: PoolMember, verdict: Verdict, reason: HealthReason): void =>
    pool.setHealth(member.name, {
      health: verdict.health,
      reason,
      detail: '',
      sinceMs: 0,
      stableForMs: stableForMs(verdict, probe),
    });
  for (const member of members) {
    let verdict = settled;
    tell(member, verdict, 'probe-passed');
    if (!probed) continue;
    const conclude = (passed: boolean, reason: HealthReason): void => {
      const before = verdict;
      verdict = judge(verdict, passed, probe);
      tell(member, verdict, verdict.health === 'up' ? 'probe-passed' : reason);
      if (before.health !== verdict.health) onVerdict(member.index, verdict.health);
    };
    const ask = (): void => {
      const found = workers.liveness[member.index];
      if (found === 'silent') clock.after(probe.timeoutMs, () => conclude(false, 'probe-timeout'));
      else conclude(found === 'serves', 'probe-refused');
      clock.after(Math.max(intervalMs(verdict, probe), probe.timeoutMs), ask);
    };
    clock.after((probe.interMs * member.index) / members.length, ask); // spread, as the live ones soon are
  }
}
