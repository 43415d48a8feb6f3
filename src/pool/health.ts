/**
 * From single probe results to a verdict: hysteresis, as a pure function.
 *
 * A verdict is overturned by `fall` or `rise` results against it in a row, so that one blip does nothing. The first
 * result ever settles it at once: a fresh start needs one probe, not `rise` of them. State and stability travel together
 * (gdnsd's idea): a verdict in doubt needs fewer probes to flip and is probed faster, so what is derived from
 * `stableForMs`, the TTL of answers, shortens by itself while it is in doubt.
 */
import type { Health } from './pool.js';

export interface ProbeTiming {
  /** Between probes of a member that is up beyond doubt. */
  readonly interMs: number;
  /** The same while the last result spoke against the verdict. */
  readonly fastinterMs: number;
  /** The same while it is down beyond doubt. */
  readonly downinterMs: number;
  readonly timeoutMs: number;
  /** Good probes in a row that bring a member up. */
  readonly rise: number;
  /** Failed probes in a row that take it down. */
  readonly fall: number;
}

export interface Verdict {
  readonly health: Health;
  /** False until the first result. */
  readonly settled: boolean;
  /** Results in a row that spoke against `health`. */
  readonly contrary: number;
}

/** What is assumed before the first result, which then decides alone. */
export const unsettledVerdict = (health: Health): Verdict => ({ health, settled: false, contrary: 0 });

/** Somebody knows that the member is gone: down whatever the thresholds say, and `rise` good probes to come back. */
export const forcedDownVerdict: Verdict = { health: 'down', settled: true, contrary: 0 };

export function judge(verdict: Verdict, passed: boolean, { rise, fall }: ProbeTiming): Verdict {
  const found: Health = passed ? 'up' : 'down';
  const contrary = found === verdict.health ? 0 : verdict.contrary + 1;
  const overturned = contrary >= (found === 'up' ? rise : fall);
  if (!verdict.settled || overturned) return { health: found, settled: true, contrary: 0 };
  return { ...verdict, contrary };
}

export function inTransition({ contrary }: Verdict): boolean {
  return contrary > 0;
}

/** The interval in force, HAProxy's three. */
export function intervalMs(verdict: Verdict, { interMs, fastinterMs, downinterMs }: ProbeTiming): number {
  if (inTransition(verdict)) return fastinterMs;
  return verdict.health === 'up' ? interMs : downinterMs;
}

/** Probes still needed to overturn the verdict × the interval in force. 0 while unsettled: the next result decides. */
export function stableForMs(verdict: Verdict, timing: ProbeTiming): number {
  if (!verdict.settled) return 0;
  const threshold = verdict.health === 'up' ? timing.fall : timing.rise;
  return (threshold - verdict.contrary) * intervalMs(verdict, timing);
}
