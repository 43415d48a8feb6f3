/**
 * Ctrl-C while something is measured: the first stops it, the second ends at once.
 */
import { systemClock } from '../clock.js';

/** Who runs us under npm gets each Ctrl-C twice, from the terminal and from npm: two so close together are one. */
const sameSignalMs = 300;

/**
 * @param stop called once; any later signal ends the process.
 * @param kill what must be gone when it does
 * @returns what gives the signals back
 */
export function onInterrupt(stop: () => void, kill: () => void = () => undefined): () => void {
  let firstMs: number | undefined;
  const interrupted = (): void => {
    const nowMs = systemClock.monotonicMs();
    if (firstMs === undefined) stop();
    else if (nowMs - firstMs > sameSignalMs) {
      kill();
      process.exit(130);
    }
    firstMs ??= nowMs;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupted);
  return () => signals.forEach((signal) => process.off(signal, interrupted));
}
