/**
 * The primary key of a stored response: its target URI (RFC 9111 §2). GET and HEAD share it.
 *
 * Scheme and host are normalised, as they mean the same in any case and with the scheme's own port. Path and query are left byte
 * for byte: an origin that tells `%7e` from `~` would otherwise answer one for the other, which is a way to poison a cache.
 */
import type { PublicName } from '../fields.js';

export function cacheKey({ scheme, authority }: PublicName, target: string): string {
  const host = authority.toLowerCase().replace(scheme === 'https' ? /:(?:443)?$/ : /:(?:80)?$/, '');
  return `${scheme}://${host}${target}`;
}
