/**
 * An end for whatever takes an `AbortSignal`, on the injected clock; and what a person is told of a call that failed.
 */
import type { Clock } from '../clock.js';

/** Runs `action`; its signal is aborted, with a TimeoutError as reason, when it takes longer than `ms`. */
export async function withDeadline<T>(clock: Clock, ms: number, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const timer = clock.after(ms, () => abort.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')));
  try {
    return await action(abort.signal);
  } finally {
    timer.cancel();
  }
}

/** `ECONNREFUSED`, out of fetch's "fetch failed". */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message || cause.name;
}
