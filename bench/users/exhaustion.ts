/**
 * Errors that say that this process, or this machine, can open no more sockets: they tell of the load generator and not of whom
 * it asks.
 */

/** The last: all local ports towards one address are in use (or, for who asks from an address, that it does not exist). */
const codes: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** @param error of a socket, or one that was caused by such */
export function isExhaustion(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && codes.has(error.code)) || isExhaustion(error.cause);
}
