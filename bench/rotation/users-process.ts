/**
 * The process of the virtual users, seen from here.
 */
import { fork } from 'node:child_process';
import { ServiceError } from '../../src/service.js';
import type { FromUsers, Order, Tick, ToUsers, UsersResult } from '../users/protocol.js';

export interface UsersProcess {
  /** Settles when the process can take orders. */
  readonly ready: Promise<void>;
  /** One round. @throws ServiceError when the process fails or ends */
  round(order: Order): Promise<UsersResult>;
  /** Of the round under way, or of the last one. */
  tick(): Tick;
  tell(message: Exclude<ToUsers, { readonly kind: 'begin' }>): void;
  stop(): void;
}

const program = new URL('../users/program.js', import.meta.url);
const nothing: Tick = { requests: 0, failed: 0, pending: 0, connections: 0 };

export function startUsers(): UsersProcess {
  const child = fork(program, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let last = nothing;
  let settle: { resolve(result: UsersResult): void; reject(error: Error): void } | undefined;
  let fail: (error: Error) => void = () => undefined;
  const ready = new Promise<void>((resolve, reject) => {
    fail = reject;
    child.once('message', () => resolve()); // its first word
  });
  ready.catch(() => undefined); // told to whoever waits
  let gone: Error | undefined;
  const end = (error: Error): void => {
    gone ??= error;
    fail(error);
    settle?.reject(error);
  };
  child.on('message', (message: FromUsers) => {
    if (message.kind === 'tick') last = message.tick;
    else if (message.kind === 'over') settle?.resolve(message.result);
    else if (message.kind === 'failed') settle?.reject(failureOf(message));
  });
  child.on('error', (error) => end(new ServiceError(`bench: the process of the virtual users: ${error.message}`, { cause: error })));
  child.on('exit', (code, signal) => end(new ServiceError(`bench: the process of the virtual users ended (${signal ?? `exit code ${code}`})`)));
  const tell = (message: ToUsers): void => void (child.connected && child.send(message, () => undefined));
  return {
    ready,
    tell,
    tick: () => last,
    stop: () => void child.kill('SIGKILL'),
    round(order) {
      last = nothing;
      return new Promise((resolve, reject) => {
        if (gone !== undefined) return reject(gone); // between two rounds
        settle = { resolve, reject };
        tell({ kind: 'begin', order });
      });
    },
  };
}

function failureOf({ expected, text }: Extract<FromUsers, { readonly kind: 'failed' }>): Error {
  if (expected) return new ServiceError(text);
  const error = new Error(text.split('\n', 1)[0]);
  error.stack = text; // a bug of ours: where it was is what helps
  return error;
}
