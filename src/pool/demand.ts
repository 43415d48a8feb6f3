/**
 * Where requests come from, by network of the requestor (the papers say *domain*): what the domain-aware policies weigh.
 *
 * Networks are told apart by `prefixHash` of the requestor's address. Who knows the truth (the simulator) gives it; the
 * live server estimates it from DNS alone: a resolver asks again TTL + 1/rate after its last question, so the gap tells
 * the rate.
 */
import type { Requestor } from './rotation.js';

export interface Demand {
  /** Part of all requests that come from the requestor's network, 0 to 1. One not known yet counts as average: 1/networks, or 1. */
  share(requestor: Requestor): number;
  /** How many networks are known. */
  readonly networks: number;
  /** The share of the hottest one; 1 when none is known. */
  readonly shareMax: number;
  /** Grows when shares were reckoned anew, so that what follows from all of them can be kept until then. */
  readonly version: number;
  /** Each known network's rate: look-ups a second that its clients make, those that caches answer included. */
  forEachRate(visit: (lookupsPerS: number) => void): void;
  /** Told of each answer with its TTL. */
  answered(requestor: Requestor, ttlS: number): void;
  /** Networks forgotten because the table was full. */
  readonly evictionsTotal: number;
}
