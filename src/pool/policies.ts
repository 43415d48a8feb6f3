/**
 * The table of rotation policies: names as configuration, command line, metrics and documentation use them, what each needs,
 * and how the plain ones are made. `rotations.ts` makes all of them, `policy-loading.ts` also a module of the user's own.
 *
 * Every process of the tier loads this when it starts, so what weighs load and demand is not here: fifteen files more in six
 * processes were a tenth of a second of the start.
 */
import type { Clock } from '../clock.js';
import type { Random } from '../random.js';
import type { Demand } from './demand.js';
import type { Locations } from './locations.js';
import type { Rotation } from './rotation.js';
import type { WorkerLoads } from './worker-loads.js';
import { createAffinity } from './policies/affinity.js';
import { createFixed } from './policies/fixed.js';
import { createRandomOrder } from './policies/random.js';
import { createRoundRobin, type Tail } from './policies/round-robin.js';
import { createStaticList } from './policies/static-list.js';
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
  /** Where requestors are. */
  readonly locations?: Locations | undefined;
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
  'nearest',
] as const;
export type PolicyName = (typeof policyNames)[number];

/** What a policy cannot do without. */
export interface PolicyNeeds {
  readonly demand?: true;
  readonly loads?: true;
  readonly clock?: true;
  readonly locations?: true;
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
  nearest: { locations: true },
};

/** Those that can do without a map: the simulator's world has none. */
export const mapFreePolicyNames = policyNames.filter((name) => policyNeeds[name].locations !== true);

export const tablesMax = { requestorsMax: 65_536, freshAnswersMax: 65_536 };

/** Those that need nothing but a rotation's usual means. */
export const plainMakers = {
  'round-robin': ({ tail, random }) => createRoundRobin(tail, random),
  'static-list': ({ requestorsMax = tablesMax.requestorsMax }) => createStaticList(requestorsMax),
  fixed: createFixed,
  random: ({ random }) => createRandomOrder(random),
  weighted: createWeighted,
  affinity: createAffinity,
} satisfies Partial<Record<PolicyName, (options: RotationOptions) => Rotation>>;
