/**
 * `roundhouse dns`, `worker`, `control`, `origin`: one role alone, in the foreground, as `up` runs it.
 */
import { sleep, systemClock } from '../clock.js';
import { createLog } from '../log.js';
import { systemRandom } from '../random.js';
import type { Service } from '../service.js';
import type { ChildRole } from '../tier/protocol.js';
import { createControlRole } from '../tier/control-role.js';
import type { ChildRoleOptions, Role } from '../tier/role.js';
import { loadRole } from '../tier/roles.js';
import { controlFlag } from './flags.js';
import { runInForeground } from './lifetime.js';
import { configOf } from './up.js';

export async function runRoleCommand(role: ChildRole | 'control', given: Readonly<Record<string, unknown>>): Promise<number> {
  const { config, baseDirectory } = configOf(given);
  const name = typeof given['name'] === 'string' ? given['name'] : role;
  const log = createLog({ ...config.log, fields: { role, name } });
  const control = given['control'] === undefined ? undefined : controlFlag(given['control']);
  const options: ChildRoleOptions = { config, baseDirectory, name, control, clock: systemClock, random: systemRandom(), log };
  const screen = (): string => `roundhouse: ${name} serves; Ctrl-C stops it.\n`;
  const { drainMs: graceMs, lameduckMs } = config.proxy.timeouts;
  if (role === 'control') return runInForeground({ service: controlService(options), graceMs, screen });
  const service = await (await loadRole(role))(options);
  return runInForeground({ service, graceMs, screen, leave: () => leaveFirst(service, role === 'worker' ? lameduckMs : 0) });
}

/** A worker on its own goes on accepting while the control process notices and DNS lets go of it. */
async function leaveFirst(service: Role, lameduckMs: number): Promise<void> {
  service.leave();
  await sleep(systemClock, lameduckMs);
}

function controlService(options: ChildRoleOptions): Service {
  const control = createControlRole(options);
  return {
    async start() {
      await control.start();
      control.probe();
    },
    stop: (graceMs) => control.stop(graceMs),
  };
}
