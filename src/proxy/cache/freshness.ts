/**
 * How long a response is fresh, how old it is, and how long it may be used after that (RFC 9111 §4.2, RFC 5861). Pure.
 */
import { fieldValue, type Fields } from '../fields.js';
import { ageSeconds, deltaSeconds, listField, namedFields, parseDirectives, parseTargeted, type Directives } from './directives.js';
import { parseHttpDate } from './http-date.js';
import type { Arrived, Policy, ReadPolicy } from './stored-response.js';

export interface FreshnessOptions {
  /** Most that a heuristic may give; 0: no heuristics. */
  readonly heuristicMaxS: number;
  /** The heuristic for errors that may be stored without explicit freshness (404, 405, 410, 414, 501); 0: as for the others. */
  readonly negativeTtlS: number;
  /** For responses that do not say: how long a stale one is used while a fresh one is fetched, or when that fails. */
  readonly graceS: number;
  readonly staleIfErrorS: number;
}

/** Status codes that may be stored without explicit freshness (RFC 9110 §15.1), but for 206, which is no whole. */
export const heuristicStatuses: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

/** "A typical setting of this fraction might be 10 %." (RFC 9111 §4.2.2) */
const heuristicPart = 10;

/** Fields that speak to us in particular, the first that is there in the place of Cache-Control and Expires (RFC 9213 §2.2). */
const targetList = ['roundhouse-cache-control', 'cdn-cache-control'] as const;

interface ResponseDirectives {
  readonly directives: Directives;
  readonly targeted: boolean;
}

function responseDirectives(fields: Fields): ResponseDirectives {
  for (const name of targetList) {
    const directives = parseTargeted(listField(fields, name));
    if (directives !== undefined) return { directives, targeted: true };
  }
  return { directives: parseDirectives(listField(fields, 'cache-control')), targeted: false };
}

export function readPolicy(status: number, fields: Fields, arrived: Arrived, options: FreshnessOptions): ReadPolicy {
  const said = responseDirectives(fields);
  const { directives } = said;
  const { realtimeMs, responseMs } = arrived;
  const dateMs = parseHttpDate(fieldValue(fields, 'date'), realtimeMs) ?? realtimeMs;
  const lastModifiedMs = parseHttpDate(fieldValue(fields, 'last-modified'), realtimeMs);
  const explicitMs = explicitLifetimeMs(fields, said, dateMs, realtimeMs);
  const noCache = namedFields(directives, 'no-cache') === 'all';
  return {
    directives,
    dateMs,
    lifetimeMs: explicitMs ?? heuristicLifetimeMs(status, directives, dateMs, lastModifiedMs, options),
    heuristic: explicitMs === undefined,
    initialAgeMs: initialAgeMs(fields, dateMs, arrived),
    responseMs,
    noCache,
    mustRevalidate: noCache || ['must-revalidate', 'proxy-revalidate', 's-maxage'].some((name) => directives.has(name)),
    staleWhileRevalidateMs: 1000 * (deltaSeconds(directives, 'stale-while-revalidate') ?? options.graceS) || 0,
    staleIfErrorMs: 1000 * (deltaSeconds(directives, 'stale-if-error') ?? options.staleIfErrorS) || 0,
    etag: validEtag(fieldValue(fields, 'etag')),
    lastModifiedMs,
  };
}

const entityTag = /^(?:W\/)?"[^"]*"$/;
const validEtag = (value: string | undefined): string | undefined => (value !== undefined && entityTag.test(value) ? value : undefined);

/** RFC 9111 §4.2.1, for a shared cache. What cannot be read makes the response stale. Undefined: nothing is said. */
function explicitLifetimeMs(fields: Fields, said: ResponseDirectives, dateMs: number, nowMs: number): number | undefined {
  const { directives, targeted } = said;
  const seconds = deltaSeconds(directives, 's-maxage') ?? deltaSeconds(directives, 'max-age');
  if (seconds !== undefined) return Number.isNaN(seconds) ? 0 : seconds * 1000;
  const expires = targeted ? undefined : fieldValue(fields, 'expires');
  if (expires === undefined) return undefined;
  // "… especially the value '0', as representing a time in the past" (§5.3)
  return Math.max(0, (parseHttpDate(expires, nowMs) ?? dateMs) - dateMs);
}

function heuristicLifetimeMs(
  status: number,
  directives: Directives,
  dateMs: number,
  modifiedMs: number | undefined,
  { heuristicMaxS, negativeTtlS }: FreshnessOptions,
): number {
  const isKnown = heuristicStatuses.has(status);
  if (isKnown && status >= 400 && negativeTtlS > 0) return negativeTtlS * 1000;
  if (modifiedMs === undefined || (!isKnown && !directives.has('public'))) return 0;
  return Math.min(heuristicMaxS * 1000, Math.max(0, dateMs - modifiedMs) / heuristicPart);
}

/** RFC 9111 §4.2.3: the greater of what the clocks say and what the caches before us counted. */
function initialAgeMs(fields: Fields, dateMs: number, { requestMs, responseMs, realtimeMs }: Arrived): number {
  const apparentMs = Math.max(0, Math.floor((realtimeMs - dateMs) / 1000) * 1000); // a Date has no parts of seconds
  const correctedMs = ageSeconds(fieldValue(fields, 'age')) * 1000 + (responseMs - requestMs);
  return Math.max(apparentMs, correctedMs);
}

/** @param nowMs monotonic. */
export const currentAgeMs = (policy: Policy, nowMs: number): number => policy.initialAgeMs + Math.max(0, nowMs - policy.responseMs);

/** Monotonic time at which it stops being fresh. */
export const freshUntilMs = ({ responseMs, lifetimeMs, initialAgeMs }: Policy): number => responseMs + lifetimeMs - initialAgeMs;

/** Age (§5.1), in whole seconds. */
export const ageS = (policy: Policy, nowMs: number): number => Math.floor(currentAgeMs(policy, nowMs) / 1000);

/** What a client can reckon from Age and the lifetime; negative when it is stale. */
export const freshForS = (policy: Policy, nowMs: number): number => Math.floor(policy.lifetimeMs / 1000) - ageS(policy, nowMs);
