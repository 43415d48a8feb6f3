/**
 * HTTP-date in its three forms (RFC 9110 §5.6.7), strictly: what is not one of them is no date, for a cache that guesses keeps
 * things that it should not.
 */

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] as const;

const fixdate = /^(?:mon|tue|wed|thu|fri|sat|sun), (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) gmt$/;
const rfc850 = /^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (\d\d)-([a-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) gmt$/;
const asctime = /^(?:mon|tue|wed|thu|fri|sat|sun) ([a-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/**
 * Letter case does not matter to recipients (RFC 9111 §4.2: "caches are encouraged to be more lenient").
 *
 * @param nowMs settles the century of a year of two digits.
 * @returns ms since 1970; undefined for no date.
 */
export function parseHttpDate(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const lower = text.toLowerCase();
  const [, day, month, year, ...time] = fixdate.exec(lower) ?? [];
  if (year !== undefined) return utc(Number(year), month, day, time);
  const [, day850, month850, year850, ...time850] = rfc850.exec(lower) ?? [];
  if (year850 !== undefined) return twoDigitYear(Number(year850), nowMs, (full) => utc(full, month850, day850, time850));
  const [, monthAsc, dayAsc, hours, minutes, seconds, yearAsc] = asctime.exec(lower) ?? [];
  return yearAsc === undefined ? undefined : utc(Number(yearAsc), monthAsc, dayAsc, [hours, minutes, seconds]);
}

/** More than 50 years ahead is in the past (RFC 9110 §5.6.7). */
function twoDigitYear(year: number, nowMs: number, dateOf: (full: number) => number | undefined): number | undefined {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const full = thisYear - (thisYear % 100) + year;
  return dateOf(full > thisYear + 50 ? full - 100 : full);
}

type Part = string | undefined;

function utc(year: number, monthName: Part, day: Part, time: readonly Part[]): number | undefined {
  const month = months.findIndex((name) => name === monthName);
  const [hours = 99, minutes = 99, seconds = 99] = time.map(Number);
  if (month < 0 || hours > 23 || minutes > 59 || seconds > 60) return undefined; // 60: a leap second
  const midnight = Date.UTC(year, month, Number(day));
  // Date.UTC rolls 31 February over into March.
  return new Date(midnight).getUTCDate() === Number(day) ? midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 : undefined;
}

export const formatHttpDate = (ms: number): string => new Date(ms).toUTCString();
