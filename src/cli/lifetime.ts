/**
 * The life of a foreground command: serve until told to stop, stop gracefully, and at once when told twice.
 */
import { systemClock } from '../clock.js';
import type { Service } from '../service.js';

export interface Foreground {
  readonly service: Service;
  readonly graceMs: number;
  /** Printed at once. */
  readonly starting?: string;
  /** Printed when it serves. */
  readonly screen: () => string;
  /** What is done, and waited for, before it stops. */
  readonly leave?: () => Promise<void>;
  /** The way out that does not wait; called before the process exits when told twice. */
  readonly kill?: () => void;
}

/** Some tell the process and then its group, `timeout` for one: two signals so close together are one. */
const sameSignalMs = 300;

/** Resolves with the exit code. */
export async function runInForeground({ service, graceMs, starting = '', screen, leave, kill }: Foreground): Promise<number> {
  surviveClosedOutput();
  const asked = signalled();
  process.stdout.write(starting);
  const started = service.start();
  const first = await Promise.race([started.then(() => 'started' as const), asked.then(() => 'asked' as const)]);
  if (first === 'asked') {
    process.stdout.write('\nStopped before it was up.\n');
    started.catch(() => undefined); // of no interest any more
    kill?.();
    return 130;
  }
  process.stdout.write(screen());
  await asked;
  process.stdout.write('\nStopping; Ctrl-C again stops at once.\n');
  systemClock.after(sameSignalMs, () => {
    void signalled().then(() => {
      kill?.();
      process.exit(130);
    });
  });
  await leave?.();
  await service.stop(graceMs);
  return 0;
}

/** Who reads our output may be gone (`up | head`, a closed terminal); that is no reason to drop what is in flight. */
function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The listeners stay: without one the next signal would end us at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, () => resolve());
  });
}
