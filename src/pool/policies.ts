/**
 * The table of rotation policies: names as configuration, command line, metrics and documentation use them, and how each
 * is made. A policy may also be the path of a module of the user's own.
 *
 * What is made here is the state of *one* RRset (or one list of origins); whoever rotates A and AAAA makes two.
 */
import type { Clock } from '../clock.js';
import type { Random } from '../random.js';
import { ServiceError } from '../service.js';
import { createAuthority, type Authority } from './authority.js';
import type { Demand } from './demand.js';
import type { Rotation } from './rotation.js';
import { parseTtl } from './ttl.js';
import type { WorkerLoads } from './worker-loads.js';
import { createAffinity } from './policies/affinity.js';
import { loadCustomRotation, type OnViolation } from './policies/custom.js';
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
  /** For policies that reckon with time; those that need what is missing here say so when they are made. */
  readonly clock?: Clock | undefined;
  /** What members reported of their load. */
  readonly loads?: WorkerLoads | undefined;
  /** Where requests come from. */
  readonly demand?: Demand | undefined;
}

export interface LoadOptions extends RotationOptions {
  /** Called at each answer that a user's own policy got wrong and that was given in listed order instead. */
  readonly onViolation?: OnViolation;
}

export const policyNames = ['round-robin', 'static-list', 'fixed', 'random', 'weighted', 'affinity'] as const;
export type PolicyName = (typeof policyNames)[number];

const makers: Readonly<Record<PolicyName, (options: RotationOptions) => Rotation>> = {
  'round-robin': ({ tail, random }) => createRoundRobin(tail, random),
  'static-list': ({ requestorsMax = 65_536 }) => createStaticList(requestorsMax),
  fixed: createFixed,
  random: ({ random }) => createRandomOrder(random),
  weighted: createWeighted,
  affinity: createAffinity,
};

export function createRotation(name: PolicyName, options: RotationOptions): Rotation {
  return makers[name](options);
}

/**
 * @param policy a name of the table, or the path of a module, relative to `baseDirectory`.
 * @returns what makes the rotation of one RRset. Only a user's module can make it throw.
 * @throws ServiceError that says what is wrong with the name or the module.
 */
export async function loadRotationFactory(
  policy: string,
  baseDirectory: string,
  options: LoadOptions,
): Promise<(demand?: Demand) => Rotation> {
  const { onViolation, ...rotationOptions } = options;
  const name = policyNames.find((known) => known === policy);
  if (name !== undefined) return (demand = options.demand) => createRotation(name, { ...rotationOptions, demand });
  if (!/[/\\]/.test(policy)) throw unknownPolicy(policy);
  return loadCustomRotation(policy, baseDirectory, rotationOptions, onViolation);
}

export interface AuthorityFactoryOptions extends LoadOptions {
  readonly policy: string;
  /** As in the configuration: `240`, `30/5`, `240/per-domain`. */
  readonly ttl: number | string;
  /** Makes the view of demand of one RRset. */
  readonly newDemand?: (() => Demand) | undefined;
}

/** @returns what makes the state of one RRset. @throws ServiceError, as `loadRotationFactory` and `parseTtl`. */
export async function loadAuthorityFactory(baseDirectory: string, options: AuthorityFactoryOptions): Promise<() => Authority> {
  const { policy, ttl, newDemand, ...loadOptions } = options;
  const newRotation = await loadRotationFactory(policy, baseDirectory, loadOptions);
  return () => {
    const demand = newDemand?.();
    return createAuthority({ rotation: newRotation(demand), ttl: parseTtl(ttl), demand });
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
