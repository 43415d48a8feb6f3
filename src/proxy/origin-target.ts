/**
 * From what a person writes, `http://10.0.0.7:9000`, to what the gateway and the pool need to know of an origin.
 */
import type { PoolMember } from '../pool/pool.js';
import { formatAddress, ServiceError } from '../service.js';
import type { Origin } from './engines/engine.js';
import { originTls, type OriginTlsOptions } from './origin-tls.js';

export interface OriginOptions {
  readonly name: string;
  readonly url: string;
  readonly weight: number;
  /** Of an `https:` URL. */
  readonly tls?: OriginTlsOptions | undefined;
}

export interface OriginTarget extends Origin {
  /** As in Host and in URLs: brackets around IPv6, no default port. */
  readonly authority: string;
}

/** @throws ServiceError that says what is wrong with the URL. */
export function originTarget({ name, url, tls = { verify: true } }: OriginOptions): OriginTarget {
  const refuse = (why: string): ServiceError =>
    new ServiceError(`origin ${name}: ${why}; expected a URL such as http://127.0.0.1:9000, got ${JSON.stringify(withoutPassword(url))}`);
  if (!URL.canParse(url)) throw refuse('this is not a URL');
  const { protocol, username, password, hostname, host, port, pathname, search, hash } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw refuse('only http and https are supported');
  if (username !== '' || password !== '') throw refuse('credentials in the URL are not supported');
  if (pathname !== '/' || search !== '' || hash !== '' || /[?#]$/.test(url)) {
    throw refuse('a path, query or fragment is not allowed, requests keep their own');
  }
  const scheme = protocol === 'https:' ? 'https' : 'http';
  const defaultPort = scheme === 'https' ? 443 : 80;
  const plainHost = hostname.replace(/^\[(.*)\]$/, '$1');
  const target = { name, scheme, host: plainHost, port: port === '' ? defaultPort : Number(port), authority: host } as const;
  return scheme === 'http' ? target : { ...target, tls: originTls(tls, plainHost, `origin ${name}: tls.ca`) };
}

const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, '//…@');

/** The origin as a member of the origin pool. */
export function originMember({ host, port }: OriginTarget, { name, weight }: OriginOptions, index: number): PoolMember {
  return { name, index, ...(host.includes(':') ? { address6: host } : { address: host }), port, weight };
}

export function originUrl({ scheme, host, port }: Origin, path: string): URL {
  return new URL(`${scheme}://${formatAddress({ address: host, port })}${path}`);
}
