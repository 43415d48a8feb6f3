/**
 * Whether a stored response answers a request as it is, after a word with the origin, or in its stead (RFC 9111 §4, §5.2.1). Pure.
 */
import type { Fields } from '../fields.js';
import { deltaSeconds, listField, parseDirectives, type Directives } from './directives.js';
import { currentAgeMs } from './freshness.js';
import type { Policy } from './stored-response.js';

/** `Pragma: no-cache` counts where there is no Cache-Control (§5.4). */
export function requestDirectives(fields: Fields): Directives {
  const list = listField(fields, 'cache-control');
  if (list !== undefined) return parseDirectives(list);
  return parseDirectives(listField(fields, 'pragma')?.toLowerCase().includes('no-cache') === true ? 'no-cache' : undefined);
}

/**
 * `fresh`: as it is. `stale`: as it is, for the client takes it so. `stale-while-revalidate`: as it is, while a fresh one is fetched.
 * `validate`: it is stale, or may not be used unasked. `validate-request`: the client wants one newer than this.
 */
export type Reuse = 'fresh' | 'stale' | 'stale-while-revalidate' | 'validate' | 'validate-request';

/** @param nowMs monotonic. */
export function reuseOf(policy: Policy, asked: Directives, nowMs: number): Reuse {
  if (asked.has('no-cache')) return 'validate-request';
  if (policy.noCache) return 'validate';
  const ageMs = currentAgeMs(policy, nowMs);
  const staleMs = ageMs - policy.lifetimeMs;
  const tooOld = ageMs > secondsOf(asked, 'max-age', Infinity) * 1000;
  const needFreshMs = secondsOf(asked, 'min-fresh', 0) * 1000;
  // §4.2: "lifetime > age"; a second that has just passed is over.
  if (staleMs < 0 && !tooOld && -staleMs >= needFreshMs) return 'fresh';
  const mayBeStale = !policy.mustRevalidate && !tooOld && needFreshMs === 0;
  if (mayBeStale && staleMs <= maxStaleMs(asked)) return 'stale';
  if (mayBeStale && staleMs < policy.staleWhileRevalidateMs) return 'stale-while-revalidate';
  return staleMs < 0 ? 'validate-request' : 'validate';
}

/** What a client wrote that is no number does not bind us. */
function secondsOf(asked: Directives, name: string, otherwise: number): number {
  const seconds = deltaSeconds(asked, name);
  return seconds === undefined || Number.isNaN(seconds) ? otherwise : seconds;
}

/** Without an argument any age is welcome (§5.2.1.2). */
function maxStaleMs(asked: Directives): number {
  if (asked.get('max-stale') === true) return Infinity;
  return secondsOf(asked, 'max-stale', -1) * 1000;
}

/** Whether it may stand in for an error (RFC 5861 §4), by what the response, the request or the configuration says. */
export function mayStandIn(policy: Policy, asked: Directives, nowMs: number): boolean {
  if (policy.mustRevalidate || asked.has('no-cache')) return false;
  const allowedMs = Math.max(policy.staleIfErrorMs, secondsOf(asked, 'stale-if-error', 0) * 1000);
  return currentAgeMs(policy, nowMs) - policy.lifetimeMs < allowedMs;
}

/** Whether it has been stale for so long that it is not even kept for validation. */
export function isOverdue(policy: Policy, nowMs: number, keepS: number): boolean {
  const usefulMs = Math.max(policy.staleWhileRevalidateMs, policy.staleIfErrorMs);
  return currentAgeMs(policy, nowMs) - policy.lifetimeMs >= usefulMs + keepS * 1000;
}

/** "An error is any situation that would result in a 500, 502, 503, or 504 response" (RFC 5861 §4). */
export const isStandInStatus = (status: number): boolean => status === 500 || (status >= 502 && status <= 504);
