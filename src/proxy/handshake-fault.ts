/**
 * Why a connection ended before its first request: what had to come before HTTP did not come, or came wrong. Nobody can be
 * answered then, so there is no status; it is counted and logged.
 */
import { createTally, type Tally } from '../tally.js';

export const handshakeFaults = [
  ...(['proxy-header-missing', 'proxy-header-malformed', 'proxy-header-late'] as const),
  /** It speaks HTTP on the port of TLS. */
  'tls-plain-http',
  /** It knows no version that we do. */
  'tls-version',
  /** It speaks other protocols over TLS. */
  'tls-alpn',
  /** It did not like our certificate, or our answer. */
  'tls-rejected',
  'tls-malformed',
  /** It left within the handshake. */
  'tls-aborted',
  'tls-late',
] as const;

export type HandshakeFault = (typeof handshakeFaults)[number];

export const createHandshakeTally = (): Tally => createTally(handshakeFaults);

export function countHandshakeFault(tally: Tally, fault: HandshakeFault): void {
  tally.add(handshakeFaults.indexOf(fault));
}
