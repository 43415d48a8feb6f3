/**
 * Redirects of an origin that gives its own name away: `Location: http://10.0.0.7:9000/x` is no use to a client that knows
 * the tier by another name. What points elsewhere, or has no authority at all, stays as it is.
 */
import type { PublicName } from './fields.js';
import type { OriginTarget } from './origin-target.js';

const absolute = /^(?:(https?):)?\/\/([^/?#\\]+)([/?#].*)?$/is;

/** @param origin the one that answered. */
export function publicLocation(value: string, origin: Pick<OriginTarget, 'scheme' | 'authority'>, name: PublicName): string {
  if (name.authority === '') return value;
  const match = absolute.exec(value);
  if (match === null) return value;
  const [, given, authority = '', rest = ''] = match;
  const scheme = given?.toLowerCase() ?? origin.scheme;
  if (scheme !== origin.scheme || plainAuthority(authority, scheme) !== plainAuthority(origin.authority, origin.scheme)) return value;
  return given === undefined ? `//${name.authority}${rest}` : `${name.scheme}://${name.authority}${rest}`;
}

/** Lower case, without the scheme's default port (RFC 9110 §4.2.3). Userinfo stays, and so never equals an origin's. */
function plainAuthority(authority: string, scheme: string): string {
  return authority.toLowerCase().replace(scheme === 'https' ? /:(?:443)?$/ : /:(?:80)?$/, '');
}
