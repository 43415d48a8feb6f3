/**
 * Turns for reading: the thread pool has few threads, and not only the disk needs them.
 */

/** Under way at once. */
const turnsMax = 2;
/** In line for one. */
const waitingMax = 256;

export class Turns {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** @returns false: too many wait already. Whoever got true gives it back. */
  async take(): Promise<boolean> {
    if (this.#taken < turnsMax) {
      this.#taken += 1;
      return true;
    }
    if (this.#waiting.length >= waitingMax) return false;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return true;
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken -= 1;
    else next();
  }
}
