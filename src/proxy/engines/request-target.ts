/**
 * Takes a request target apart (RFC 9112 §3.2), so that everything behind sees one form, and one answer to the question
 * for whom the request is. Pure, and for every engine.
 *
 * Absolute form is what clients send to proxies, and anybody may send it to a server. Its authority is the host asked for;
 * a Host field that says something else is an attempt to have us route by the one and the origin by the other. The RFC lets
 * the authority win; a client that follows it sends them equal (§3.2), so we refuse instead of choosing.
 */
import type { FaultCode } from '../fault.js';
import type { Fields } from '../fields.js';
import { isTarget } from './syntax.js';

export interface Target {
  readonly target: string;
  readonly fields: Fields;
}

/** scheme "://" authority [path] [query]; no user information (RFC 9110 §4.2.4), and no https: that did not come in here. */
const absoluteForm = /^http:\/\/([^/?#@]+)((?:[/?][^#]*)?)$/i;

export function readTarget(method: string, received: string, fields: Fields, version: '1.0' | '1.1'): Target | FaultCode {
  if (method === 'CONNECT') return 'method-not-supported';
  if (received.startsWith('/') || received === '*') {
    return isTarget(received) && (received !== '*' || method === 'OPTIONS') ? { target: received, fields } : 'malformed-request';
  }
  const [, authority, rest] = absoluteForm.exec(received) ?? [];
  if (authority === undefined || rest === undefined) return 'malformed-request';
  const target = originForm(method, rest);
  if (!isTarget(target)) return 'malformed-request';
  const hosts = hostsOf(fields);
  if (hosts.some((host) => !sameHost(host, authority))) return 'bad-host';
  // HTTP/1.0 may leave Host out; HTTP/1.1 may not, and the gateway refuses it for all forms alike.
  return { target, fields: hosts.length === 0 && version === '1.0' ? ['Host', authority, ...fields] : fields };
}

function originForm(method: string, rest: string): string {
  if (rest === '') return method === 'OPTIONS' ? '*' : '/'; // RFC 9112 §3.2.4
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function hostsOf(fields: Fields): string[] {
  const hosts: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    if ((fields[i] as string).toLowerCase() === 'host') hosts.push(fields[i + 1] as string); // the array is of pairs
  }
  return hosts;
}

const sameHost = (a: string, b: string): boolean => withoutDefaultPort(a) === withoutDefaultPort(b);

/** RFC 9110 §4.2.3: an empty port and the scheme's default are the same as none. */
const withoutDefaultPort = (authority: string): string => authority.toLowerCase().replace(/:(?:80)?$/, '');
