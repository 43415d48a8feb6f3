/**
 * Where an origin is: requests to the same place may go over the same connections.
 */
import type { Origin } from './engine.js';

/** Connections that trust differently are never shared: what one of them takes for the origin may be somebody else to the other. */
export const placeOf = ({ scheme, host, port, tls }: Origin): string => `${scheme}://${host}:${port} ${tls?.id ?? ''}`;
