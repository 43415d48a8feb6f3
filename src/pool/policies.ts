/**
 * The table of rotation policies: names as configuration, command line, metrics and documentation use them, and how each
 * is made. A policy may also be the path of a module of the user's own.
 *
 * What is made here is the state of *one* RRset (or one list of origins); whoever rotates A and AAAA makes two.
 */
import { createVirtualClock, type Clock } from '../clock.js';
import { createRandom, type Random } from '../random.js';
import { ServiceError } from '../service.js';
import { createAuthority, type Authority } from './authority.js';
import { createGivenDemand, type Demand } from './demand.js';
import type { Rotation } from './rotation.js';
import { parseTtl } from './ttl.js';
import { createReportedLoads, type WorkerLoads } from './worker-loads.js';
import { createAffinity } from './policies/affinity.js';
import { loadCustomRotation, type OnViolation } from './policies/custom.js';
import { createDal } from './policies/dal.js';
import { createFixed } from './policies/fixed.js';
import { createLeastBacklog } from './policies/least-backlog.js';
import { createLeastLoaded } from './policies/least-loaded.js';
import { createLeastUtilised } from './policies/least-utilised.js';
import { createMrl } from './policies/mrl.js';
import { createProbabilisticTurn } from './policies/probabilistic.js';
import { createRandomOrder } from './policies/random.js';
import { createRoundRobin, type Tail } from './policies/round-robin.js';
import { createStaticList } from './policies/static-list.js';
import { createTwoTier } from './policies/two-tier.js';
import { createWeighted } from './policies/weighted.js';

export interface RotationOptions {
  /** `round-robin`: the order behind the first place. */
  readonly tail: Tail;
  readonly random: Random;
  /** `static-list`: how many requestors are remembered; 65,536 by default. */
  readonly requestorsMax?: number;
  /** `mrl`: how many fresh answers are remembered; 65,536 by default. */
  readonly freshAnswersMax?: number;
  /** For policies that reckon with time; those that need what is missing here say so when they are made. */
  readonly clock?: Clock | undefined;
  /** What members reported of their load. */
  readonly loads?: WorkerLoads | undefined;
  /** Where requests come from. */
  readonly demand?: Demand | undefined;
}

export interface LoadOptions extends RotationOptions {
  readonly onViolation?: OnViolation | undefined;
}

export const policyNames = [
  'round-robin',
  'static-list',
  'fixed',
  'random',
  'weighted',
  'affinity',
  'probabilistic-round-robin',
  'two-tier',
  'probabilistic-two-tier',
  'dal',
  'mrl',
  'least-loaded',
  'least-utilised',
  'least-backlog',
] as const;
export type PolicyName = (typeof policyNames)[number];

/** What a policy cannot do without. */
export interface PolicyNeeds {
  readonly demand?: true;
  readonly loads?: true;
  readonly clock?: true;
}

export const policyNeeds: Readonly<Record<PolicyName, PolicyNeeds>> = {
  'round-robin': {},
  'static-list': {},
  fixed: {},
  random: {},
  weighted: {},
  affinity: {},
  'probabilistic-round-robin': {},
  'two-tier': { demand: true },
  'probabilistic-two-tier': { demand: true },
  dal: { demand: true },
  mrl: { demand: true, clock: true },
  'least-loaded': { loads: true, clock: true },
  'least-utilised': { loads: true },
  'least-backlog': { loads: true },
};

/** With everything that the policy of this name needs. */
type Means = RotationOptions & Required<Pick<RotationOptions, 'requestorsMax' | 'freshAnswersMax'>> & {
    readonly clock: Clock;
    readonly loads: WorkerLoads;
    readonly demand: Demand;
  };

const makers: Readonly<Record<PolicyName, (means: Means) => Rotation>> = {
  'round-robin': ({ tail, random }) => createRoundRobin(tail, random),
  'static-list': ({ requestorsMax }) => createStaticList(requestorsMax),
  fixed: createFixed,
  random: ({ random }) => createRandomOrder(random),
  weighted: createWeighted,
  affinity: createAffinity,
  'probabilistic-round-robin': probabilistic,
  'two-tier': ({ demand, tail, random }) => createTwoTier(demand, () => createRoundRobin(tail, random)),
  'probabilistic-two-tier': (means) => createTwoTier(means.demand, () => probabilistic(means)),
  dal: ({ demand }) => createDal(demand),
  mrl: ({ demand, clock, freshAnswersMax }) => createMrl(demand, clock, freshAnswersMax),
  'least-loaded': ({ loads, clock }) => createLeastLoaded(loads, clock),
  'least-utilised': ({ loads }) => createLeastUtilised(loads),
  'least-backlog': ({ loads }) => createLeastBacklog(loads),
};

function probabilistic({ tail, random }: RotationOptions): Rotation {
  return createRoundRobin(tail, random, createProbabilisticTurn(random));
}

const tablesMax = { requestorsMax: 65_536, freshAnswersMax: 65_536 };

/** @throws ServiceError when the options lack what the policy needs. */
export function createRotation(name: PolicyName, options: RotationOptions): Rotation {
  const { demand, loads, clock } = policyNeeds[name];
  if (demand === true && options.demand === undefined) throw lacking(`${name} weighs where requests come from, which only the DNS side knows`);
  if (loads === true && options.loads === undefined) throw lacking(`${name} goes by the load of the workers, which only the DNS side is told`);
  if (clock === true && options.clock === undefined) throw lacking(`${name} reckons with time, and was given no clock`);
  return makers[name]({ ...tablesMax, ...options } as Means); // what the policy needs is there, and it reads nothing else
}

const lacking = (what: string): ServiceError => new ServiceError(`policy: ${what}; choose another for the origins (proxy.policy)`);

export type RotationMaker = (options: RotationOptions) => Rotation;

export interface MakerOptions {
  /** Called each time that a user's own policy broke its contract; an answer that it got wrong is given in listed order. */
  readonly onViolation?: OnViolation | undefined;
  /** What a user's module is tried with, once, when it is loaded; by default a demand and loads of which nothing is known. */
  readonly trial?: RotationOptions | undefined;
}

/**
 * @param policy a name of the table, or the path of a module, relative to `baseDirectory`; it is imported once.
 * @returns what makes the rotation of one RRset. It throws a ServiceError when the options lack what the policy needs, and
 * whatever a user's module throws.
 * @throws ServiceError that says what is wrong with the name or the module.
 */
export async function loadRotationMaker(policy: string, baseDirectory: string, options: MakerOptions = {}): Promise<RotationMaker> {
  const name = policyNames.find((known) => known === policy);
  if (name !== undefined) return (given) => createRotation(name, given);
  if (!/[/\\]/.test(policy)) throw unknownPolicy(policy);
  return loadCustomRotation(policy, baseDirectory, options.trial ?? trial(), options.onViolation);
}

function trial(): RotationOptions {
  const clock = createVirtualClock();
  const loads = createReportedLoads(0, Infinity, clock);
  return { tail: 'cyclic', random: createRandom(1), clock, loads, demand: createGivenDemand([]) };
}

/** `loadRotationMaker` with options that are the same for all; only the demand is each RRset's own. */
export async function loadRotationFactory(
  policy: string,
  baseDirectory: string,
  { onViolation, ...options }: LoadOptions,
): Promise<(demand?: Demand) => Rotation> {
  const make = await loadRotationMaker(policy, baseDirectory, { onViolation, trial: options });
  return (demand = options.demand) => make({ ...options, demand });
}

export interface AuthorityFactoryOptions extends LoadOptions {
  readonly policy: string;
  /** As in the configuration: `240`, `30/5`, `240/per-domain`. */
  readonly ttl: number | string;
  /** Makes the view of demand of one RRset. */
  readonly newDemand?: (() => Demand) | undefined;
}

/** @returns what makes the state of one RRset. @throws ServiceError, as `loadRotationMaker` and `parseTtl`. */
export async function loadAuthorityFactory(baseDirectory: string, options: AuthorityFactoryOptions): Promise<() => Authority> {
  const { policy, ttl, newDemand, onViolation, ...rotationOptions } = options;
  const demandForTrial = newDemand?.();
  parseTtl(ttl, { demand: demandForTrial }); // now, and not when the first zone is made
  const make = await loadRotationMaker(policy, baseDirectory, { onViolation, trial: { ...rotationOptions, demand: demandForTrial } });
  return () => {
    const demand = newDemand?.();
    return createAuthority({ rotation: make({ ...rotationOptions, demand }), ttl: parseTtl(ttl, { demand }), demand });
  };
}

function unknownPolicy(policy: string): ServiceError {
  const nearest = /\.[cm]?[jt]s$/.test(policy) ? `./${policy}` : nearestName(policy.toLowerCase());
  const hint = nearest === undefined ? '' : `did you mean ${JSON.stringify(nearest)}? `;
  const known = `Known are ${policyNames.join(', ')}; anything else must be the path of a module (./my-policy.js).`;
  return new ServiceError(`policy: unknown policy ${JSON.stringify(policy)}; ${hint}${known}`);
}

/** The name with the fewest edits, if they are at most half of its letters; beyond 64 letters nobody meant a name. */
function nearestName(word: string): PolicyName | undefined {
  const ranked = policyNames.map((name) => ({ name, edits: editDistance(word.slice(0, 64), name) })).sort((a, b) => a.edits - b.edits);
  return ranked.find(({ name, edits }) => edits <= name.length / 2)?.name;
}

/** Levenshtein's, row by row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, length) => length);
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1];
    for (let at = 0; at < to.length; at += 1) {
      const replaced = (row[at] ?? 0) + (to[at] === letter ? 0 : 1); // at < row.length, as below
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
