/**
 * TTL policies: how long an answer may be kept by caches.
 *
 * `constantTtl` promises predictable load on the servers, `healthBoundedTtl` that caches drop an answer about when the
 * verdicts behind it could change: long in quiet times, short while a member is in doubt. `perDomainTtl` gives busy
 * networks short ones, so that each answer sends about the same number of requests, at the same total rate of questions.
 */
import { ServiceError } from '../service.js';
import { createGivenDemand, type Demand } from './demand.js';
import type { PoolMember, PoolSnapshot } from './pool.js';
import type { Requestor } from './rotation.js';

export interface TtlPolicy {
  /** Whole seconds, for the answer to this requestor whose first address is `first`. Allocates nothing. */
  ttlS(snapshot: PoolSnapshot, requestor: Requestor, first: PoolMember): number;
}

/** What may be written beside whole seconds, for error messages here and in the configuration. */
export const ttlForms = 'MAX/MIN such as 30/5, 240/per-domain or 240/per-domain-and-server';
/** How one is written; `parseTtl` checks the ranges. */
export const ttlPattern = /^(\d{1,10})(?:\/(\d{1,10}|per-domain|per-domain-and-server))?$/;

/** RFC 2181 §8: 31 bits; a larger one is to be read as 0. */
const ttlMaxS = 2 ** 31 - 1;
/** By demand no TTL is longer: a network that asks less than once a day is no load. */
const demandTtlMaxS = 86_400;
/** … nor shorter: 0 would give up the cache of the busiest. */
const demandTtlMinS = 1;

export function constantTtl(ttlS: number): TtlPolicy {
  checkSeconds(ttlS, ttlS);
  return { ttlS: () => ttlS };
}

/** At most the time for which the pool's verdicts stand (`stableForMs`), rounded down, and within [minS, maxS]. */
export function healthBoundedTtl(maxS: number, minS: number): TtlPolicy {
  checkSeconds(maxS, maxS);
  checkSeconds(minS, minS);
  if (minS > maxS) throw new ServiceError(`ttl: in MAX/MIN the first must not be below the second, got "${maxS}/${minS}"; write ${minS}/${maxS}`);
  return { ttlS: ({ stableForMs }) => Math.max(minS, Math.min(maxS, Math.floor(stableForMs / 1000))) };
}

/**
 * Inversely as the network's share of requests (TTL/K of Colajanni, Yu and Dias), and with `perServer` also as the weight
 * of the first member relative to the mean of the eligible (TTL/S_K). The questions of all networks together are as many as
 * with a constant `constantS`. Rounded to whole seconds, to and fro, which on the whole changes that little.
 */
export function perDomainTtl(constantS: number, demand: Demand, perServer: boolean): TtlPolicy {
  if (!(constantS >= demandTtlMinS && constantS <= demandTtlMaxS)) {
    throw new ServiceError(`ttl: before /per-domain expected whole seconds from ${demandTtlMinS} to ${demandTtlMaxS}, got ${constantS}`);
  }
  const lookupsPerAnswer = createBalance(constantS, demand);
  const meanWeight = createMeanWeight();
  let version = -1;
  let secondsTimesShare = 0;

  function solve(): void {
    version = demand.version;
    let total = 0;
    demand.forEachRate((lookupsPerS) => void (total += lookupsPerS));
    secondsTimesShare = total > 0 ? lookupsPerAnswer() / total : constantS * demand.shareMax;
  }

  return {
    ttlS(snapshot, requestor, first) {
      if (version !== demand.version) solve();
      const relative = perServer ? first.weight / meanWeight(snapshot) : 1;
      return clamp(Math.round((secondsTimesShare / demand.share(requestor)) * relative));
    },
  };
}

const clamp = (seconds: number): number => Math.max(demandTtlMinS, Math.min(demandTtlMaxS, seconds));

/**
 * How many look-ups each answer shall cover while it is fresh, the same x for every network: TTL_j = x/λ_j.
 *
 * A cache asks every TTL_j + 1/λ_j = (x + 1)/λ_j seconds, so the questions of all are Λ/(x + 1), and a wanted rate R gives
 * x = Λ/R − 1. Networks at the ends of the range of TTLs ask at a rate of their own; they are taken out of Λ and R, and the
 * others reckoned anew until nobody crosses the ends any more.
 */
function createBalance(constantS: number, demand: Demand): () => number {
  let lookups = 0; // a second, of the networks within the range
  let questions = 0; // a second, left for them
  let x = 0;
  const addConstant = (rate: number): void => void (questions += 1 / (constantS + 1 / rate));
  const addFree = (rate: number): void => {
    const seconds = x / rate;
    const within = clamp(seconds);
    if (within === seconds) lookups += rate;
    else questions -= 1 / (within + 1 / rate);
  };
  return () => {
    questions = 0;
    demand.forEachRate(addConstant);
    const wanted = questions;
    lookups = 0;
    demand.forEachRate((rate) => void (lookups += rate));
    let next = lookups / wanted - 1;
    for (let round = 0; round < 32 && next !== x; round += 1) {
      x = next;
      lookups = 0;
      questions = wanted;
      demand.forEachRate(addFree);
      if (lookups > 0 && questions > 0) next = lookups / questions - 1;
    }
    return x;
  };
}

/** Of the eligible members, reckoned anew when the snapshot changes. */
function createMeanWeight(): (snapshot: PoolSnapshot) => number {
  let last: PoolSnapshot | undefined;
  let mean = 1;
  return (snapshot) => {
    if (snapshot !== last) {
      last = snapshot;
      mean = snapshot.eligible.reduce((sum, { weight }) => sum + weight, 0) / snapshot.eligible.length;
    }
    return mean;
  };
}

/**
 * `30` or `"30"`: constant. `"30/5"`: health-bounded, from 5 to 30. `"240/per-domain"`, `"240/per-domain-and-server"`: by
 * demand, which then must be among the means. @throws ServiceError
 */
export function parseTtl(spec: number | string, { demand }: { readonly demand?: Demand | undefined } = {}): TtlPolicy {
  const [, first, second] = ttlPattern.exec(String(spec)) ?? [];
  if (first === undefined) throw wrongTtl(spec);
  if (second === undefined) return constantTtl(Number(first));
  if (/^\d/.test(second)) return healthBoundedTtl(Number(first), Number(second));
  if (demand === undefined) throw new ServiceError(`ttl: ${spec} follows where requests come from, which is not known here; write seconds or MAX/MIN`);
  return perDomainTtl(Number(first), demand, second === 'per-domain-and-server');
}

/** Is it one that `parseTtl` understands where demand is known? @throws ServiceError */
export function checkTtl(spec: number | string): void {
  parseTtl(spec, { demand: createGivenDemand([]) });
}

function checkSeconds(ttlS: number, given: number | string): void {
  if (!Number.isInteger(ttlS) || ttlS < 0 || ttlS > ttlMaxS) throw wrongTtl(given);
}

function wrongTtl(given: number | string): ServiceError {
  return new ServiceError(`ttl: expected whole seconds from 0 to ${ttlMaxS}, or ${ttlForms}, got ${JSON.stringify(given)}`);
}
