/**
 * Scenario time on a real clock: seconds since the virtual users began, which pass `speed` times as fast as real ones, so that
 * half an hour of caches and think times can be tried in minutes.
 */
import type { Clock, Timer } from '../../src/clock.js';

export interface ScenarioClock {
  readonly speed: number;
  nowS(): number;
  /** Real seconds since a moment of the scenario. */
  sinceS(atS: number): number;
  /** @param delayS of the scenario */
  after(delayS: number, callback: () => void): Timer;
}

/** @param beginMs on the monotonic clock: second 0 */
export function createScenarioClock(clock: Clock, beginMs: number, speed: number): ScenarioClock {
  const nowS = (): number => ((clock.monotonicMs() - beginMs) / 1000) * speed;
  return {
    speed,
    nowS,
    sinceS: (atS) => (nowS() - atS) / speed,
    after: (delayS, callback) => clock.after((delayS / speed) * 1000, callback),
  };
}
