/**
 * What makes a canary sing: time that each query or request keeps the server's core busy.
 */
import { systemClock } from '../../src/clock.js';

const delayMs = 0.1;

export function delay(): void {
  const untilMs = systemClock.monotonicMs() + delayMs;
  while (systemClock.monotonicMs() < untilMs);
}
