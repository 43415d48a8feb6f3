/**
 * What is kept of a response, and what its fields say about keeping it, read once.
 *
 * A stored response is never changed: freshening makes a new one around the same body, so whoever is sending the old one is
 * not disturbed.
 */
import type { Fields } from '../fields.js';
import type { Directives } from './directives.js';

/** When a response came, and what was asked. Real time is for comparing with dates, monotonic time for measuring. */
export interface Arrived {
  /** Monotonic time at which the request left and the response head came. */
  readonly requestMs: number;
  readonly responseMs: number;
  /** Real time of the latter. */
  readonly realtimeMs: number;
}

/** What the response says about reuse. */
export interface Policy {
  /** ms since 1970; where there was no Date that can be read, the time of receipt. */
  readonly dateMs: number;
  /** Freshness lifetime (RFC 9111 §4.2.1). */
  readonly lifetimeMs: number;
  /** Nobody said so; it was guessed (§4.2.2). */
  readonly heuristic: boolean;
  /** Corrected initial age (§4.2.3), counted from `responseMs` on. */
  readonly initialAgeMs: number;
  /** Monotonic. */
  readonly responseMs: number;
  /** Never without validation: `no-cache` without field names. */
  readonly noCache: boolean;
  /** Not to be used stale: `must-revalidate`, `proxy-revalidate`, `s-maxage` (§4.2.4), `no-cache`. */
  readonly mustRevalidate: boolean;
  /** RFC 5861, beyond the lifetime; what the response does not say is as configured. */
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  readonly etag: string | undefined;
  readonly lastModifiedMs: number | undefined;
}

/** The same while it is decided whether to store it. */
export interface ReadPolicy extends Policy {
  readonly directives: Directives;
}

/** Request fields that choose among variants, in the order of `Vary`, and their normalised values; '' where there was none. */
export interface Variant {
  /** In lower case. */
  readonly names: readonly string[];
  readonly values: readonly string[];
}

export interface StoredResponse {
  readonly key: string;
  readonly variant: Variant;
  readonly status: number;
  readonly reason: string;
  /** As the client gets them, but for Age, Content-Length and our Cache-Status. */
  readonly fields: Fields;
  readonly policy: Policy;
  readonly body: Buffer;
}
