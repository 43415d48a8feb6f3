/**
 * Numbers as pages show them: enough digits to compare, no more than is known.
 */
export const fraction = (part: number): string => part.toFixed(3);

/** `14.3 %`; what is rare keeps two digits: `0.0013 %`. */
export const percent = (part: number): string => {
  const value = 100 * part;
  return value > 0 && value < 0.1 ? `${Number(value.toPrecision(2))} %` : `${value.toFixed(1)} %`;
};

/** `0.061 ± 0.004`; one repetition has no interval. */
export function estimate({ mean, halfWidth }: { readonly mean: number; readonly halfWidth: number | null }): string {
  return halfWidth === null ? fraction(mean) : `${fraction(mean)} ± ${fraction(halfWidth)}`;
}

/** `850 µs`, `12.3 ms`, `1.46 s`, `3600 s`: three digits, whole seconds above 100. */
export function seconds(value: number): string {
  if (value === 0) return '0 s';
  if (value < 0.001) return `${digits(1e6 * value)} µs`;
  return value < 1 ? `${digits(1000 * value)} ms` : `${digits(value)} s`;
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3))));

/** `1 234 567`, with thin spaces. */
export const count = (value: number): string => String(Math.round(value)).replaceAll(/\B(?=(?:\d{3})+$)/g, '\u2009');

/** What the points have in common is said once; what they differ in is listed in their order. */
export const distinct = (values: readonly string[]): string => [...new Set(values)].join(' · ');

export interface TimeUnit {
  readonly name: string;
  readonly seconds: number;
}

export function timeUnit(totalS: number): TimeUnit {
  if (totalS >= 10_800) return { name: 'hours', seconds: 3600 };
  return totalS >= 600 ? { name: 'minutes', seconds: 60 } : { name: 'seconds', seconds: 1 };
}
