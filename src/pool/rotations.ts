/**
 * How each policy of the table is made.
 *
 * What is made here is the state of *one* RRset (or one list of origins); whoever rotates A and AAAA makes two.
 */
import type { Clock } from '../clock.js';
import { ServiceError } from '../service.js';
import type { Demand } from './demand.js';
import type { Locations } from './locations.js';
import { plainMakers, policyNeeds, tablesMax, type PolicyName, type RotationOptions } from './policies.js';
import { createDal } from './policies/dal.js';
import { createLeastBacklog } from './policies/least-backlog.js';
import { createLeastLoaded } from './policies/least-loaded.js';
import { createLeastUtilised } from './policies/least-utilised.js';
import { createMrl } from './policies/mrl.js';
import { createNearest } from './policies/nearest.js';
import { createProbabilisticTurn } from './policies/probabilistic.js';
import { createTwoTier } from './policies/two-tier.js';
import { createRoundRobin } from './policies/round-robin.js';
import type { Rotation } from './rotation.js';
import type { WorkerLoads } from './worker-loads.js';

/** With everything that the policy of this name needs. */
type Means = RotationOptions & Required<Pick<RotationOptions, 'requestorsMax' | 'freshAnswersMax'>> & {
    readonly clock: Clock;
    readonly loads: WorkerLoads;
    readonly demand: Demand;
    readonly locations: Locations;
  };

const makers: Readonly<Record<PolicyName, (means: Means) => Rotation>> = {
  ...plainMakers,
  'probabilistic-round-robin': probabilistic,
  'two-tier': ({ demand, tail, random }) => createTwoTier(demand, () => createRoundRobin(tail, random)),
  'probabilistic-two-tier': (means) => createTwoTier(means.demand, () => probabilistic(means)),
  dal: ({ demand }) => createDal(demand),
  mrl: ({ demand, clock, freshAnswersMax }) => createMrl(demand, clock, freshAnswersMax),
  'least-loaded': ({ loads, clock }) => createLeastLoaded(loads, clock),
  'least-utilised': ({ loads }) => createLeastUtilised(loads),
  'least-backlog': ({ loads }) => createLeastBacklog(loads),
  nearest: ({ locations, tail, random }) => createNearest(locations, () => createRoundRobin(tail, random)),
};

function probabilistic({ tail, random }: RotationOptions): Rotation {
  return createRoundRobin(tail, random, createProbabilisticTurn(random));
}

/** @throws ServiceError when the options lack what the policy needs. */
export function createRotation(name: PolicyName, options: RotationOptions): Rotation {
  const { demand, loads, clock, locations } = policyNeeds[name];
  if (demand === true && options.demand === undefined) throw lacking(`${name} weighs where requests come from, which only the DNS side knows`);
  if (loads === true && options.loads === undefined) throw lacking(`${name} goes by the load of the workers, which only the DNS side is told`);
  if (clock === true && options.clock === undefined) throw lacking(`${name} reckons with time, and was given no clock`);
  if (locations === true && options.locations === undefined) throw lacking(`${name} goes by where clients are, which only the DNS side knows`);
  return makers[name]({ ...tablesMax, ...options } as Means); // what the policy needs is there, and it reads nothing else
}

const lacking = (what: string): ServiceError => new ServiceError(`policy: ${what}; choose another for the origins (proxy.policy)`);
