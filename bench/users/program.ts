/**
 * The program of the process of the virtual users: one round after the other, as it is told. It is a process of its own so that
 * what it costs can be told from what the tier costs.
 */
import { systemClock } from '../../src/clock.js';
import type { FromUsers, ToUsers } from './protocol.js';
import { startRound, type UsersRound } from './round.js';

const tickMs = 200;

let round: UsersRound | undefined;

function say(message: FromUsers): void {
  if (process.connected) process.send?.(message, () => undefined); // who told us to begin may be gone
}

function report(): void {
  if (round === undefined) return;
  say({ kind: 'tick', tick: round.tick() });
  systemClock.after(tickMs, report);
}

function fail(error: unknown): void {
  const expected = error instanceof Error && error.name === 'ServiceError';
  const text = error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error);
  say({ kind: 'failed', expected, text });
}

function take(message: ToUsers): void {
  switch (message.kind) {
    case 'begin':
      round = startRound(message.order, systemClock);
      round.result
        .then((result) => say({ kind: 'over', result }), fail)
        .finally(() => (round = undefined));
      return report();
    case 'happened':
      return round?.happened(message.event);
    case 'noticed':
      return round?.noticed(message.event);
    case 'stop':
      return round?.stop();
  }
}

// Ctrl-C in a terminal reaches every process of the group, and so do other ways to end one; whoever started us decides what it means.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', take);
say({ kind: 'ready' });
