/**
 * Child processes started before anybody knows what they will have to do: they load their code while the supervisor still
 * reads the command line and the configuration, on the core that would be idle (2.4 s until all served became 1.9 s).
 *
 * They begin nothing until told. Who is not taken is dropped, and who outlives the supervisor ends by itself.
 */
import { fork, type ChildProcess } from 'node:child_process';
import type { ChildRole } from './protocol.js';

const program = new URL('./child.js', import.meta.url);
const waiting: { readonly role: ChildRole; readonly process: ChildProcess }[] = [];

export function startChild(role: ChildRole): ChildProcess {
  return fork(program, [role], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

export function warmUp(roles: readonly ChildRole[]): void {
  for (const role of roles) {
    const process = startChild(role);
    process.on('error', () => undefined); // then it is not taken, and the one started in its place says why
    waiting.push({ role, process });
  }
}

/** One that was warmed up for the role, or else a new one. */
export function takeChild(role: ChildRole): ChildProcess {
  const at = waiting.findIndex((warm) => warm.role === role && warm.process.connected);
  const [warm] = at < 0 ? [] : waiting.splice(at, 1);
  if (warm === undefined) return startChild(role);
  warm.process.removeAllListeners('error');
  return warm.process;
}

/** Ends those that nobody took. */
export function dropWarm(): void {
  for (const { process } of waiting.splice(0)) process.kill('SIGKILL');
}
