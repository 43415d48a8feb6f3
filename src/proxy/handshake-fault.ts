/**
 * Why a connection ended before its first request: what had to come before HTTP did not come, or came wrong. Nobody can be
 * answered then, so there is no status; it is counted and logged.
 */
import { createTally, type Tally } from '../tally.js';

export const handshakeFaults = ['proxy-header-missing', 'proxy-header-malformed', 'proxy-header-late'] as const;

export type HandshakeFault = (typeof handshakeFaults)[number];

export const createHandshakeTally = (): Tally => createTally(handshakeFaults);

export function countHandshakeFault(tally: Tally, fault: HandshakeFault): void {
  tally.add(handshakeFaults.indexOf(fault));
}
