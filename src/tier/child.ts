/**
 * The program of a child process of `up`: one role, told what to be by its first message.
 *
 * Ctrl-C in a terminal reaches every process of the group at once; a child ignores it, because the supervisor decides
 * the order in which things stop. SIGTERM to one child alone stops that one gracefully (and the supervisor restarts it).
 */
import { systemClock } from '../clock.js';
import { createLog } from '../log.js';
import { systemRandom } from '../random.js';
import type { Service } from '../service.js';
import type { FromChild, StartMessage, ToChild } from './protocol.js';
import { createRole } from './roles.js';

const say = (message: FromChild): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });

async function run({ role, name, config, baseDirectory }: StartMessage): Promise<void> {
  const log = createLog({ ...config.log, fields: { role, name } });
  const service = await createRole(role, { name, config, baseDirectory, control: undefined, clock: systemClock, random: systemRandom(), log });
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
  process.on('SIGTERM', () => stop(config.proxy.timeouts.drainMs));
  await service.start();
  await say({ kind: 'ready' });
}

async function end(service: Service, graceMs: number): Promise<void> {
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
