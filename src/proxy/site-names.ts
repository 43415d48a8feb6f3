/**
 * Names that all mean one site: the service, each location, each worker.
 *
 * Every copy has the same content under every name, so what depends on the name must not: cache keys, the name that the origin
 * is told, the redirects it makes of it. Requests are therefore treated as if they had used the site's own name, and answers
 * turn it back into the one that the client used.
 */
import type { Fields, PublicName } from './fields.js';
import { publicLocation } from './location.js';
import { rememberLast } from './memo.js';

export interface SiteNames {
  /** The site's own name in the place of any other of its names, with the port as it is; all else stays. */
  own(authority: string): string;
}

/** Two names of the site: its own, and the one that a client used. */
export interface Alias {
  readonly own: PublicName;
  readonly used: PublicName;
}

/** @param own the site's name. @param others the rest of them; all absolute, without the final dot */
export function createSiteNames(own: string, others: readonly string[]): SiteNames {
  const names = new Set([own, ...others].map((name) => name.toLowerCase()));
  return {
    own: rememberLast((authority) => {
      const colon = authority.indexOf(':');
      const name = colon < 0 ? authority : authority.slice(0, colon);
      if (!names.has(name.replace(/\.$/, '').toLowerCase())) return authority;
      return own + (colon < 0 ? '' : authority.slice(colon));
    }),
  };
}

/** The fields of an answer, with links of the site to itself under the name that the client used. */
export function underUsedName(fields: Fields, alias: Alias | undefined): Fields {
  if (alias === undefined) return fields;
  const { own, used } = alias;
  return fields.map((text, at) => (at % 2 === 1 && isLink(fields[at - 1] ?? '') ? publicLocation(text, own, used) : text));
}

const isLink = (name: string): boolean => /^(?:content-)?location$/i.test(name);
