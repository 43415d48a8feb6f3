/**
 * How long the file system has been at what it was asked. A disk that hangs answers neither yes nor no: nobody may wait for it.
 */
import type { Clock } from '../../../clock.js';

/** With something under way for so long, nothing more is asked, and what must be written waits. */
const stallMs = 250;
/** Then it will not answer any more. */
const hangMs = 10_000;

export class Watch {
  readonly #clock: Clock;
  readonly #onHang: () => void;
  readonly #onAnswer: () => void;
  /** In the order in which it began. */
  readonly #underway = new Set<{ readonly sinceMs: number }>();

  /** @param onAnswer after each thing that was asked: what waited may go on */
  constructor(clock: Clock, onHang: () => void, onAnswer: () => void) {
    this.#clock = clock;
    this.#onHang = onHang;
    this.#onAnswer = onAnswer;
  }

  get stalled(): boolean {
    for (const { sinceMs } of this.#underway) return this.#clock.monotonicMs() - sinceMs > stallMs;
    return false;
  }

  async over<T>(work: Promise<T>): Promise<T> {
    const each = { sinceMs: this.#clock.monotonicMs() };
    this.#underway.add(each);
    const hangs = this.#clock.after(hangMs, this.#onHang);
    try {
      return await work;
    } finally {
      hangs.cancel();
      this.#underway.delete(each);
      this.#onAnswer();
    }
  }
}

/** A wait with an end. @param onHalf is called when half of the time has gone. @returns whether it settled in time. */
export async function settles(work: Promise<void>, clock: Clock, limitMs: number, onHalf: () => void): Promise<boolean> {
  let late = (): void => undefined;
  const tooLate = new Promise<false>((resolve) => (late = () => resolve(false)));
  const timers = [clock.after(limitMs / 2, onHalf), clock.after(limitMs, () => late())];
  const inTime = await Promise.race([tooLate, work.then(() => true)]);
  for (const timer of timers) timer.cancel();
  return inTime;
}
