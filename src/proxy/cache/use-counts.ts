/**
 * How often was asked for what is not stored, so that only what comes again takes room (`proxy_cache_min_uses` of nginx).
 *
 * A table of fixed size: keys are forgotten as others come, those that were asked for longest ago first.
 */
import { putLatest } from './latest.js';

const keysMax = 65_536;

export class UseCounts {
  readonly #counts = new Map<string, number>();
  readonly #least: number;

  /** @param least how many uses are enough */
  constructor(least: number) {
    this.#least = least;
  }

  use(key: string): void {
    if (this.#least <= 1) return;
    putLatest(this.#counts, key, (this.#counts.get(key) ?? 0) + 1, keysMax);
  }

  suffices(key: string): boolean {
    return this.#least <= 1 || (this.#counts.get(key) ?? 0) >= this.#least;
  }
}
