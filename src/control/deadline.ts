/**
 * An end for whatever takes an `AbortSignal`, on the injected clock.
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
