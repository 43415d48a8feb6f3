/**
 * One repetition of one scenario, modules of the user's own loaded first: simulating itself waits for nothing.
 */
import type { RotationOptions } from '../pool/policies.js';
import { loadRotationMaker } from '../pool/policy-loading.js';
import type { Rotation } from '../pool/rotation.js';
import type { Run } from '../sim/run.js';
import type { Scenario } from '../sim/scenario.js';
import { simulate, type SimulateOptions } from '../sim/simulate.js';

export interface RepetitionOptions extends Pick<SimulateOptions, 'seed' | 'onProgress' | 'shouldStop'> {
  /** Told the first time that a module broke the contract of policies. */
  readonly onWarning: (text: string) => void;
}

/** @throws ServiceError for a policy that cannot be loaded. */
export async function repetition(scenario: Scenario, { onWarning, ...options }: RepetitionOptions): Promise<Run> {
  const makers = await loadMakers(scenario, onWarning);
  return simulate(scenario, { ...options, makeRotation: (policy) => makers.get(policy) as Maker }); // all that it names are loaded
}

type Maker = (options: RotationOptions) => Rotation;

async function loadMakers({ authority, events }: Scenario, onWarning: (text: string) => void): Promise<ReadonlyMap<string, Maker>> {
  const policies = new Set([authority.policy, ...events.flatMap((event) => (event.kind === 'policy' ? [event.policy] : []))]);
  const load = async (policy: string): Promise<[string, Maker]> => {
    const onViolation = (problem: string, total: number): void => {
      if (total === 1) onWarning(`policy ${policy}: ${problem}; such answers are given in listed order`);
    };
    return [policy, await loadRotationMaker(policy, '/', { onViolation })]; // paths of modules are absolute by now
  };
  return new Map(await Promise.all([...policies].map(load)));
}
