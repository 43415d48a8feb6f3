/**
 * RFC 9111 for a shared cache, slow and obviously right: on structured messages, one sentence of the RFC after the other, with
 * nothing shared with the code that it checks. All times are whole seconds relative to the moment of receipt.
 */

export interface Directive {
  readonly name: string;
  /** A number, a text (also one that is no number), or nothing. */
  readonly argument: number | string | undefined;
}

export interface ModelRequest {
  readonly method: string;
  readonly authorization: boolean;
  readonly directives: readonly Directive[];
}

export interface ModelResponse {
  readonly status: number;
  readonly directives: readonly Directive[];
  readonly date: number | undefined;
  readonly expires: number | 'invalid' | undefined;
  readonly lastModified: number | undefined;
  readonly age: number | undefined;
  readonly etag: boolean;
  readonly setCookie: boolean;
  readonly varyStar: boolean;
}

const first = (directives: readonly Directive[], name: string): Directive | undefined =>
  directives.find((directive) => directive.name === name);
const has = (directives: readonly Directive[], name: string): boolean => first(directives, name) !== undefined;
const isUnqualified = (directives: readonly Directive[], name: string): boolean =>
  directives.some((directive) => directive.name === name && directive.argument === undefined);
const namesCookie = (directives: readonly Directive[], name: string): boolean =>
  !isUnqualified(directives, name) && directives.some((directive) => directive.name === name && directive.argument === 'set-cookie');

const heuristicallyCacheable = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];
const notUnderstood = [299, 599];

/** "explicit" seconds, 0 for those that cannot be read. */
function seconds(directives: readonly Directive[], name: string): number | undefined {
  const directive = first(directives, name);
  if (directive === undefined) return undefined;
  return typeof directive.argument === 'number' ? Math.min(directive.argument, 2 ** 31) : 0;
}

function lifetime(response: ModelResponse): number {
  const { directives, expires, lastModified } = response;
  const date = response.date ?? 0;
  const shared = seconds(directives, 's-maxage');
  if (shared !== undefined) return shared;
  const max = seconds(directives, 'max-age');
  if (max !== undefined) return max;
  if (expires === 'invalid') return 0;
  if (expires !== undefined) return Math.max(0, expires - date);
  if (lastModified === undefined) return 0;
  if (!heuristicallyCacheable.includes(response.status) && !has(directives, 'public')) return 0;
  return Math.min(86_400, Math.max(0, (date - lastModified) / 10));
}

function age(response: ModelResponse, now: number): number {
  const apparentAge = Math.max(0, 0 - (response.date ?? 0));
  const correctedAgeValue = response.age ?? 0; // the response took no time
  return Math.max(apparentAge, correctedAgeValue) + now;
}

export function modelStores(request: ModelRequest, response: ModelResponse): boolean {
  const { directives, status } = response;
  const mustUnderstand = has(directives, 'must-understand');
  if (request.method !== 'GET') return false;
  if (status === 206 || status === 304) return false;
  if (mustUnderstand && notUnderstood.includes(status)) return false;
  if (has(request.directives, 'no-store')) return false;
  if (has(directives, 'no-store') && !mustUnderstand) return false;
  if (isUnqualified(directives, 'private')) return false;
  const shareable = has(directives, 'must-revalidate') || has(directives, 'public') || has(directives, 's-maxage');
  if (request.authorization && !shareable) return false;
  if (response.setCookie && !namesCookie(directives, 'private') && !namesCookie(directives, 'no-cache')) return false;
  if (response.varyStar) return false;
  const explicit = hasNumberOrNot(directives) || response.expires !== undefined || has(directives, 'public');
  if (!explicit && !heuristicallyCacheable.includes(status)) return false;
  const validator = response.etag || response.lastModified !== undefined;
  const freshNow = !isUnqualified(directives, 'no-cache') && lifetime(response) > age(response, 0);
  return validator || freshNow;
}

const hasNumberOrNot = (directives: readonly Directive[]): boolean => has(directives, 'max-age') || has(directives, 's-maxage');

export function modelMayBeStale(response: ModelResponse): boolean {
  const { directives } = response;
  const forbids = ['must-revalidate', 'proxy-revalidate', 's-maxage'].some((name) => has(directives, name));
  return !forbids && !isUnqualified(directives, 'no-cache');
}

/** What a stored response is good for, `now` seconds after it came. */
export function modelReuse(request: ModelRequest, response: ModelResponse, now: number): 'fresh' | 'stale' | 'stale-while-revalidate' | 'ask' {
  const asked = request.directives;
  const valid = (name: string): number | undefined => {
    const directive = first(asked, name);
    return typeof directive?.argument === 'number' ? Math.min(directive.argument, 2 ** 31) : undefined; // §1.2.2
  };
  const isFresh = lifetime(response) > age(response, now);
  const staleBy = age(response, now) - lifetime(response);
  if (has(asked, 'no-cache')) return 'ask';
  if (isUnqualified(response.directives, 'no-cache')) return 'ask';
  if (age(response, now) > (valid('max-age') ?? Infinity)) return 'ask';
  const minFresh = valid('min-fresh') ?? 0;
  if (isFresh) return -staleBy >= minFresh ? 'fresh' : 'ask';
  if (!modelMayBeStale(response) || minFresh > 0) return 'ask';
  const maxStale = first(asked, 'max-stale');
  if (maxStale !== undefined && maxStale.argument === undefined) return 'stale';
  if (staleBy <= (valid('max-stale') ?? -1)) return 'stale';
  return staleBy < (seconds(response.directives, 'stale-while-revalidate') ?? 0) ? 'stale-while-revalidate' : 'ask';
}

export function modelStandsIn(request: ModelRequest, response: ModelResponse, now: number): boolean {
  if (!modelMayBeStale(response) || has(request.directives, 'no-cache')) return false;
  const asked = first(request.directives, 'stale-if-error')?.argument;
  const allowed = Math.max(seconds(response.directives, 'stale-if-error') ?? 0, typeof asked === 'number' ? asked : 0);
  return age(response, now) - lifetime(response) < allowed;
}
