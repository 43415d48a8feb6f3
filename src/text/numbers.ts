/**
 * Numbers for people who read tables in terminals: few digits, units that suit, the same on every machine whatever its language.
 */

/** `1,234,567`. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** `1 round`, `1,200 rounds`. */
export const counted = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Three digits in the unit that suits: `850 µs`, `12.3 ms`, `1.46 s`. */
export function time(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds < 0.001) return `${(1e6 * seconds).toPrecision(3)} µs`;
  if (seconds < 1) return `${(1000 * seconds).toPrecision(3)} ms`;
  return `${seconds < 1000 ? seconds.toPrecision(3) : Math.round(seconds)} s`;
}

/** A per cent that may be a small one: three digits. */
export const fine = (part: number): string => `${part === 0 ? 0 : (100 * part).toPrecision(3)} %`;
