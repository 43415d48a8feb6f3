/**
 * The whole tier on one machine, as `up` runs it: the control process is this one, everything else is a child.
 *
 * Start: control first (the others follow it), then origin and workers, then probes, then DNS, which answers its first
 * query when the first round of probes is in. Stop is the other way round: out of DNS first, then the workers finish
 * what is in flight, then the origin, then control.
 */
import type { Clock } from '../clock.js';
import { workersOf } from '../config/effective.js';
import type { Config } from '../config/schema.js';
import type { Control } from '../control/control.js';
import type { Log } from '../log.js';
import type { Random } from '../random.js';
import { ServiceError, type Service } from '../service.js';
import type { ChildRole, StartMessage } from './protocol.js';
import { createControlRole } from './control-role.js';
import { createSupervisor } from './supervisor.js';

export interface TierOptions {
  readonly config: Config;
  readonly baseDirectory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Tier extends Service {
  readonly control: Control;
  /** Process ids of the children: `w1`, …, `dns`, `origin`. */
  pids(): ReadonlyMap<string, number>;
  /** Kills all children, now. */
  kill(): void;
}

/** The children of other processes than this may take so long to end when nothing is in flight there. */
const stopMs = 2000;

export function createTier({ config, baseDirectory, clock, random, log }: TierOptions): Tier {
  const control = createControlRole({ config, clock, random, log });
  const workers = workersOf(config).map((worker) => worker.name);
  const isWorker = (name: string): boolean => workers.includes(name);
  const supervisor = createSupervisor({
    clock,
    log,
    onReady: (name) => isWorker(name) && control.prober.nudge(name),
    onLeaving: (name) => isWorker(name) && control.prober.markDown(name, 'not-ready', 'told to stop'),
    onExit: (name, how) => isWorker(name) && control.prober.markDown(name, 'process-exited', how),
  });
  const message = (role: ChildRole, name: string): StartMessage => ({ kind: 'start', role, name, config, baseDirectory });

  async function start(): Promise<void> {
    await control.start();
    const origin = config.origins === undefined ? supervisor.start(message('origin', 'origin')) : Promise.resolve();
    const serving = allOf(workers.map((name) => supervisor.start(message('worker', name), origin)));
    const probing = Promise.all([origin, serving]).then(() => control.probe());
    const dns = supervisor.start(message('dns', 'dns'), probing);
    await Promise.all([probing, dns]); // both at once: a child may end before its turn has come
  }

  async function stop(graceMs: number): Promise<void> {
    supervisor.retire();
    await supervisor.stop(['dns'], stopMs);
    await supervisor.stop(workers, graceMs);
    await supervisor.stop(['origin'], stopMs);
    await control.stop(stopMs);
  }

  return {
    control,
    pids: supervisor.pids,
    kill: supervisor.kill,
    stop,
    async start() {
      try {
        await start();
      } catch (error) {
        supervisor.kill();
        await control.stop(0);
        throw error;
      }
    },
  };
}

/** Every failure, not the first alone: who lacks four addresses wants to add four. */
async function allOf(starts: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(starts);
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  if (failures.length === 0) return;
  throw new ServiceError(failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))).join('\n  '));
}
