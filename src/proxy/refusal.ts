/**
 * Which requests are refused before any origin hears of them, and why. Pure.
 */
import type { RequestHead } from './engines/engine.js';
import type { FaultCode } from './fault.js';
import type { RequestFields } from './fields.js';
import { rememberLast } from './memo.js';

export interface RefusalLimits {
  readonly bodyBytes: number;
}

/** @param via how we appear in `Via`. */
export function refusalOf(request: RequestHead, received: RequestFields, via: ViaName, limits: RefusalLimits): FaultCode | undefined {
  // CONNECT would make an open relay of us; TRACE would show clients what proxies before them added (RFC 9110 §9.3.8).
  if (request.method === 'CONNECT' || request.method === 'TRACE') return 'method-not-supported';
  if (!hasGoodHost(request, received)) return 'bad-host';
  if (received.via !== '' && namesUs(received.via, via)) return 'loop-detected';
  if (request.bodyBytes !== undefined && request.bodyBytes > limits.bodyBytes) return 'body-too-large';
  return undefined;
}

/** RFC 9112 §3.2: exactly one, and valid, for HTTP/1.1; none is allowed for HTTP/1.0, where the field came later. */
function hasGoodHost(request: RequestHead, { host, hostCount }: RequestFields): boolean {
  if (hostCount === 0) return request.version === '1.0';
  return hostCount === 1 && isAuthority(host);
}

const authority = /^(?:[a-z0-9._~!$&'()*+;=%-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::(\d{0,5}))?$/i;

/** uri-host [":" port] of RFC 3986, but for the comma, which would be two fields merged on the way. */
export const isAuthority = rememberLast((text) => {
  const match = authority.exec(text);
  return match !== null && Number(match[1] ?? 0) <= 65_535;
});

/**
 * Our entry in `Via`: `1.1 w1 (3f9c21ab)`. The comment tells our `w1` from the `w1` of another tier, which may well stand
 * before or behind this one; whoever strips comments (RFC 9110 §7.6.3 allows it) leaves the name alone to go by.
 */
export interface ViaName {
  readonly pseudonym: string;
  readonly instance: string;
}

export const viaEntry = (version: '1.0' | '1.1', { pseudonym, instance }: ViaName): string => `${version} ${pseudonym} (${instance})`;

function namesUs(list: string, { pseudonym, instance }: ViaName): boolean {
  return list.split(',').some((entry) => {
    const [, receivedBy, comment] = entry.trim().split(/[ \t]+/);
    return receivedBy === pseudonym && (comment === undefined || comment === `(${instance})`);
  });
}
