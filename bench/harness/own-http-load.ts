/**
 * An HTTP load generator for where wrk is not installed: a request is followed by the next as soon as its response is there, on each
 * connection (closed loop).
 */
import { sleep, type Clock } from '../../src/clock.js';
import type { Aim, Load } from './driver.js';
import { Lanes, type Lane } from './http-lanes.js';

const sweepMs = 50;

export async function loadHttp(aim: Aim, clock: Clock): Promise<Load> {
  const beganMs = clock.monotonicMs();
  const endMs = beganMs + 1000 * aim.seconds;
  const onFree = (lane: Lane): void => lanes.ask(lane);
  const lanes = new Lanes({ aim, clock, onFree });
  while (clock.monotonicMs() < endMs && lanes.open.size > 0) {
    await sleep(clock, Math.min(sweepMs, endMs - clock.monotonicMs()));
    lanes.giveUpLate();
  }
  const load = { seconds: (clock.monotonicMs() - beganMs) / 1000, answers: lanes.answers, failures: lanes.failures.counts() };
  lanes.close();
  return load;
}
