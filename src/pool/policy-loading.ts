/**
 * From what a person wrote to what makes rotations: a name of the table or the path of a module of the user's own. Code is
 * loaded when it is named, and not before.
 */
import { createVirtualClock } from '../clock.js';
import { createRandom } from '../random.js';
import { ServiceError } from '../service.js';
import { createAuthority, type Authority } from './authority.js';
import type { Demand } from './demand.js';
import { plainMakers, policyNames, type PolicyName, type RotationOptions } from './policies.js';
import { loadCustomRotation, type OnViolation } from './policies/custom.js';
import type { Rotation } from './rotation.js';
import { parseTtl } from './ttl.js';
import { createReportedLoads } from './worker-loads.js';

export interface LoadOptions extends RotationOptions {
  readonly onViolation?: OnViolation | undefined;
}

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
  if (name !== undefined) return builtIn(name);
  if (!/[/\\]/.test(policy)) throw unknownPolicy(policy);
  return loadCustomRotation(policy, baseDirectory, options.trial ?? (await trial()), options.onViolation);
}

async function builtIn(name: PolicyName): Promise<RotationMaker> {
  const plain: Partial<Record<PolicyName, RotationMaker>> = plainMakers;
  const maker = plain[name];
  if (maker !== undefined) return maker;
  const { createRotation } = await import('./rotations.js');
  return (given) => createRotation(name, given);
}

async function trial(): Promise<RotationOptions> {
  const { createGivenDemand } = await import('./demand.js');
  const { createLocations } = await import('./locations.js');
  const clock = createVirtualClock();
  const loads = createReportedLoads(0, Infinity, clock);
  return { tail: 'cyclic', random: createRandom(1), clock, loads, demand: createGivenDemand([]), locations: createLocations([]) };
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
