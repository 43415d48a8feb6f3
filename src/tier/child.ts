/**
 * The program of a child process of `up`: one role, named by its argument so that its code loads at once, and told what
 * to do by its first message.
 *
 * Ctrl-C in a terminal, or closing it, reaches every process of the group at once; a child ignores that, because the supervisor decides
 * the order in which things stop. SIGTERM may be meant for one child or, as from systemd, for all: the child tells the
 * supervisor, so that DNS lets go of it, and stops a little later unless the supervisor says when.
 */
import { systemClock } from '../clock.js';
import { createLog } from '../log.js';
import { systemRandom } from '../random.js';
import type { ChildRole, FromChild, StartMessage, ToChild } from './protocol.js';
import type { Role } from './role.js';
import { loadRole } from './roles.js';

/** From "I am leaving" until no more connections are accepted: ten times what the word needs to reach DNS. */
const leaveMs = 500;
/** A child whose supervisor is gone finishes what is in flight, but a new supervisor may already want its address. */
const orphanGraceMs = 2000;

const loaded = loadRole(process.argv[2] as ChildRole); // the supervisor is its only caller
loaded.catch(() => undefined); // told when it is used

let service: Role | undefined;
let stopping = false;

async function begin({ role, name, config, baseDirectory }: StartMessage): Promise<void> {
  const log = createLog({ ...config.log, fields: { role, name } });
  const effects = { clock: systemClock, random: systemRandom(), log };
  const made = await (await loaded)({ name, config, baseDirectory, control: undefined, ...effects });
  process.on('SIGTERM', () => {
    made.leave();
    say({ kind: 'leaving' });
    systemClock.after(leaveMs, () => stop(config.proxy.timeouts.drainMs));
  });
  service = made;
  await made.start();
  say({ kind: 'ready' });
}

function stop(graceMs: number): void {
  if (stopping) return;
  stopping = true;
  const end = (): never => process.exit(0); // it goes away in any case
  if (service === undefined) end();
  else service.stop(graceMs).then(end, end);
}

function say(message: FromChild, then: () => void = () => undefined): void {
  if (process.send === undefined || !process.connected) then();
  else process.send(message, undefined, undefined, then);
}

for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => stop(orphanGraceMs));
process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') return stop(message.graceMs);
  begin(message).catch((error: unknown) => {
    say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }, () => process.exit(1));
  });
});
