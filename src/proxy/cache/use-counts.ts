/**
 * How often was asked for what is not stored, so that only what comes again takes room (`proxy_cache_min_uses` of nginx).
 *
 * A table of fixed size: keys are forgotten as others come, those that were asked for longest ago first.
 */

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
    const count = this.#counts.get(key) ?? 0;
    this.#counts.delete(key);
    this.#counts.set(key, count + 1);
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= keysMax) break;
      this.#counts.delete(oldest);
    }
  }

  suffices(key: string): boolean {
    return this.#least <= 1 || (this.#counts.get(key) ?? 0) >= this.#least;
  }
}
