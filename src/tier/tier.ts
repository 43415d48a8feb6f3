/**
 * The whole tier on one machine, as `up` runs it: the control process is this one, everything else is a child.
 *
 * Start: control first (the others follow it), then origin and workers, then probes, then DNS, which answers its first
 * query when the first round of probes is in. Stop is the other way round: out of DNS first, then the workers finish
 * what is in flight, then the origin, then control.
 */
import { availableParallelism } from 'node:os';
import type { Clock } from '../clock.js';
import { workersOf } from '../config/effective.js';
import type { Config } from '../config/schema.js';
import type { Control } from '../control/control.js';
import type { Log } from '../log.js';
import type { HealthReason } from '../pool/pool.js';
import type { Random } from '../random.js';
import { ServiceError, type Service } from '../service.js';
import type { ChildRole, StartMessage } from './protocol.js';
import { createControlRole } from './control-role.js';
import { createSupervisor, type Supervisor } from './supervisor.js';
import { dropWarm } from './warm.js';

export interface TierOptions {
  readonly config: Config;
  readonly baseDirectory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** False: somebody else answers for the service name, and follows `control`. */
  readonly withDns?: boolean;
}

export interface Tier extends Service, Pick<Supervisor, 'hold' | 'release'> {
  readonly control: Control;
  /** Process ids of the children: `w1`, …, `dns`, `origin`. */
  pids(): ReadonlyMap<string, number>;
  /** Kills all children, now. */
  kill(): void;
}

/** The children of other processes than this may take so long to end when nothing is in flight there. */
const stopMs = 2000;
/** A child that was told to go may have been told so together with us; then that is no news about the child. */
const hearsayMs = 100;

export function createTier({ config, baseDirectory, clock, random, log, withDns = true }: TierOptions): Tier {
  const control = createControlRole({ config, clock, random, log });
  const workers = workersOf(config).map((worker) => worker.name);
  const isWorker = (name: string): boolean => workers.includes(name);
  const supervisor = createSupervisor({
    clock,
    log,
    onReady: (name) => isWorker(name) && control.prober.nudge(name),
    onLeaving: (name) => void clock.after(hearsayMs, () => markDown(name, 'not-ready', 'told to stop')),
    onExit: (name, how) => markDown(name, 'process-exited', how),
  });
  let stopping = false;
  function markDown(name: string, reason: HealthReason, detail: string): void {
    if (!stopping && isWorker(name)) control.prober.markDown(name, reason, detail);
  }
  const message = (role: ChildRole, name: string): StartMessage => ({ kind: 'start', role, name, config, baseDirectory });

  async function start(): Promise<void> {
    await control.start();
    const origin = config.origins === undefined ? supervisor.start(message('origin', 'origin')) : Promise.resolve();
    const serving = startAll(workers, (name) => supervisor.start(message('worker', name), origin));
    const probing = Promise.all([origin, serving]).then(() => control.probe());
    const dns = withDns ? supervisor.start(message('dns', 'dns'), probing) : Promise.resolve();
    dropWarm();
    await Promise.all([probing, dns]); // both at once: a child may end before its turn has come
  }

  async function stop(graceMs: number): Promise<void> {
    stopping = true;
    control.prober.stop(); // what it would find out from here on is what we do
    supervisor.retire();
    await supervisor.stop(['dns'], stopMs);
    await supervisor.stop(workers, graceMs);
    await supervisor.stop(['origin'], stopMs);
    await control.stop(stopMs);
  }

  return {
    control,
    pids: supervisor.pids,
    hold: supervisor.hold,
    release: supervisor.release,
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

/** More processes than this loading at the same time would only keep each other from getting ready. */
const loadingMax = 2 * availableParallelism();

/** Tells of every failure, not the first alone: who lacks four addresses wants to add four. */
async function startAll(names: readonly string[], start: (name: string) => Promise<void>): Promise<void> {
  const left = [...names];
  const failures: string[] = [];
  async function lane(): Promise<void> {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      await start(name).catch((failure: unknown) => failures.push(failure instanceof Error ? failure.message : String(failure)));
    }
  }
  await Promise.all(Array.from({ length: loadingMax }, lane));
  if (failures.length > 0) throw new ServiceError(failures.join('\n  '));
}
