/**
 * By what an origin behind TLS is known to be the one that is meant: whom it must prove to be, and who vouches for it.
 *
 * The context is made once for each origin; to make it for each connection costs more than the handshake's own share.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { ServiceError } from '../service.js';
import type { OriginTls } from './engines/engine.js';

export interface OriginTlsOptions {
  /** PEM file of the authorities that are believed, instead of those that Node comes with. */
  readonly ca?: string | undefined;
  readonly verify: boolean;
  /** Its name in TLS, instead of the host in its URL. */
  readonly serverName?: string | undefined;
}

/** @param option where it is set, for errors. @throws ServiceError when the file cannot be used */
export function originTls({ ca, verify, serverName }: OriginTlsOptions, host: string, option: string): OriginTls {
  const authorities = ca === undefined ? undefined : readAuthorities(ca, option);
  // RFC 6066 §3: an address is never sent as the name; the certificate must have it all the same.
  const servername = serverName?.replace(/\.$/, '') ?? (isIP(host) === 0 ? host.replace(/\.$/, '') : '');
  return {
    id: JSON.stringify([servername, verify, authorities === undefined ? '' : createHash('sha256').update(authorities).digest('hex')]),
    options: {
      secureContext: createSecureContext({ minVersion: 'TLSv1.2', ...(authorities === undefined ? {} : { ca: authorities }) }),
      servername,
      rejectUnauthorized: verify,
      ALPNProtocols: ['http/1.1'],
    },
  };
}

/** Why the file cannot be used, for who wants to know before; undefined when it can. */
export function authoritiesFlaw(path: string): string | undefined {
  try {
    readAuthorities(path, '');
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error.message.replace(/^: /, '');
    throw error;
  }
}

const certificates = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** Node takes a file without any certificate for good, and believes nobody then. */
function readAuthorities(path: string, option: string): string {
  try {
    const pem = readFileSync(path, 'latin1');
    const found = pem.match(certificates) ?? [];
    for (const each of found) new X509Certificate(each);
    if (found.length > 0) return pem;
  } catch (error) {
    throw new ServiceError(`${option}: ${path} cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  throw new ServiceError(`${option}: ${path} has no certificate in PEM`);
}
