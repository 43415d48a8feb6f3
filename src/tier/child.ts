/**
 * The program of a child process of `up`: one role, told what to be by its first message.
 *
 * Ctrl-C in a terminal reaches every process of the group at once; a child ignores it, because the supervisor decides
 * the order in which things stop. SIGTERM may be meant for one child or, as from systemd, for all: the child tells the
 * supervisor, so that DNS lets go of it, and stops a little later unless the supervisor says when.
 */
import { systemClock } from '../clock.js';
import { createLog } from '../log.js';
import { systemRandom } from '../random.js';
import type { FromChild, StartMessage, ToChild } from './protocol.js';
import type { Role } from './role.js';
import { createRole } from './roles.js';

/** From "I am leaving" until no more connections are accepted: ten times what the word needs to reach DNS. */
const leaveMs = 500;

const say = (message: FromChild): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });

async function run({ role, name, config, baseDirectory }: StartMessage): Promise<void> {
  const log = createLog({ ...config.log, fields: { role, name } });
  const effects = { clock: systemClock, random: systemRandom(), log };
  const service = await createRole(role, { name, config, baseDirectory, control: undefined, ...effects });
  let stopping = false;
  const stop = (graceMs: number): void => {
    if (stopping) return;
    stopping = true;
    void end(service, graceMs);
  };
  process.on('message', (message: ToChild) => {
    if (message.kind === 'stop') stop(message.graceMs);
  });
  process.on('disconnect', () => stop(config.proxy.timeouts.drainMs));
  process.on('SIGTERM', () => {
    service.leave();
    void say({ kind: 'leaving' });
    systemClock.after(leaveMs, () => stop(config.proxy.timeouts.drainMs));
  });
  await service.start();
  await say({ kind: 'ready' });
}

async function end(service: Role, graceMs: number): Promise<void> {
  await service.stop(graceMs).catch(() => undefined); // it goes away in any case
  process.exit(0);
}

process.on('SIGINT', () => undefined);
process.once('message', (message: ToChild) => {
  if (message.kind !== 'start') return;
  run(message).catch(async (error: unknown) => {
    await say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  });
});
