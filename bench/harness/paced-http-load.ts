/**
 * An HTTP load generator in an open loop: requests are due at random times of a constant rate (Poisson), however slow the answers.
 *
 * A closed loop asks a slow server less, and so leaves out the very requests that would have waited (coordinated omission). Here a
 * request that is due while no connection is free waits for one, and the wait counts. What does not count is how late the
 * generator itself took a request up, which is told beside the latency: it is not the server's.
 */
import { sleep, type Clock } from '../../src/clock.js';
import type { Random } from '../../src/random.js';
import type { Aim, Latency, Load } from './driver.js';
import { Lanes, type Lane } from './http-lanes.js';
import { startTicker } from './ticker.js';

/** Finer ticks cost more of the core that the generator shares with the origin. */
const tickMs = 0.25;
/** At the beginning Node is still compiling what is used: the generator is slow then, and requests pile up in it. These do not count. */
const settlingMs = 1000;
/** For connections before, and for answers after. */
const graceMs = 2000;
const sweepMs = 20;

/** What is remembered of each request is some 50 bytes. */
export const pacedRequestsMax = 20_000_000;

/** @throws RangeError without a rate, or for more than `pacedRequestsMax` requests */
export async function loadHttpPaced(aim: Aim, clock: Clock, random: Random): Promise<Load> {
  const { perS = 0, seconds, atOnce } = aim;
  if (!(perS > 0)) throw new RangeError('an open loop needs a rate');
  if (perS * seconds > pacedRequestsMax) throw new RangeError(`more than ${pacedRequestsMax} requests`);
  const run = startRun(aim, clock);
  await until(() => run.lanes.open.size === 0 || run.free.length >= atOnce, clock, run.lanes);
  const lateMs: number[] = [];
  const beganMs = clock.monotonicMs();
  const countsFromMs = beganMs + settlingMs;
  const endMs = countsFromMs + 1000 * seconds;
  let dueMs = beganMs;
  const ticker = startTicker(tickMs, () => {
    const nowMs = Math.min(endMs, clock.monotonicMs());
    for (; dueMs < nowMs; dueMs += (-1000 * Math.log(1 - random.next())) / perS) {
      if (nowMs >= countsFromMs) lateMs.push(nowMs - dueMs);
      run.takeUp(nowMs);
    }
  });
  while (clock.monotonicMs() < endMs && run.lanes.open.size > 0) {
    await sleep(clock, Math.max(1, Math.min(sweepMs, endMs - clock.monotonicMs())));
    run.lanes.giveUpLate();
  }
  await ticker.stop();
  const took = (clock.monotonicMs() - beganMs) / 1000;
  const answers = run.lanes.answers;
  await until(() => run.pending() === 0, clock, run.lanes);
  run.end();
  const latenciesMs = run.latencies.filter(({ since }) => since >= countsFromMs).map(({ ms }) => ms);
  return { seconds: took, answers, failures: run.lanes.failures.counts(), latency: latencyOf(latenciesMs, lateMs) };
}

function startRun(aim: Aim, clock: Clock) {
  /** When the request under way on it was taken up. */
  const takenUpMs = new Map<Lane, number>();
  const free: Lane[] = [];
  const waiting: number[] = [];
  let served = 0;
  const latencies: { readonly since: number; readonly ms: number }[] = [];
  const lanes = new Lanes({
    aim,
    clock,
    onFree(lane) {
      const since = waiting[served];
      if (since === undefined) return void free.push(lane);
      served += 1;
      begin(lane, since);
    },
    onAnswer: settle,
    /** A reset is no quick answer; only who waited in vain has a time. */
    onFailure: (lane, what) => (what === 'timed out' ? settle(lane) : void takenUpMs.delete(lane)),
  });

  function begin(lane: Lane, since: number): void {
    takenUpMs.set(lane, since);
    lanes.ask(lane);
  }

  function settle(lane: Lane): void {
    const since = takenUpMs.get(lane);
    if (since !== undefined) latencies.push({ since, ms: clock.monotonicMs() - since });
    takenUpMs.delete(lane);
  }

  return {
    lanes,
    free,
    latencies,
    pending: () => takenUpMs.size + waiting.length - served,
    takeUp(nowMs: number) {
      let lane = free.pop();
      while (lane?.socket.destroyed === true) lane = free.pop();
      if (lane === undefined) waiting.push(nowMs);
      else begin(lane, nowMs);
    },
    /** Whoever has no answer yet has waited at least so long. */
    end() {
      const nowMs = clock.monotonicMs();
      for (const since of [...takenUpMs.values(), ...waiting.slice(served)]) {
        latencies.push({ since, ms: nowMs - since });
        lanes.failures.add('unanswered');
      }
      lanes.close();
    },
  };
}

async function until(holds: () => boolean, clock: Clock, lanes: Lanes): Promise<void> {
  const endMs = clock.monotonicMs() + graceMs;
  while (!holds() && clock.monotonicMs() < endMs) {
    await sleep(clock, sweepMs);
    lanes.giveUpLate();
  }
}

function latencyOf(latenciesMs: readonly number[], lateMs: readonly number[]): Latency {
  const [sorted, late] = [Float64Array.from(latenciesMs).sort(), Float64Array.from(lateMs).sort()];
  const at = (percent: number): number => percentile(sorted, percent);
  return { p50Ms: at(50), p99Ms: at(99), p999Ms: at(99.9), lateP99Ms: percentile(late, 99) };
}

/** The least value that is not below so many percent of all (nearest rank); 0 of none. */
const percentile = (sorted: Float64Array, percent: number): number =>
  sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
