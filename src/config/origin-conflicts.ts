/**
 * What the schema cannot see of origins: URLs that lead nowhere, or back to us, and options that have no effect.
 */
import { isIP } from 'node:net';
import { originsOf, workersOf, type WorkerEntry } from './effective.js';
import { canonicalAddress } from './listeners.js';
import type { Path } from './outline.js';
import { shown, type Problem } from './problems.js';
import type { Config } from './schema.js';
import { twins } from './twins.js';

export function originConflicts(config: Config): Problem[] {
  return [...originEntries(config), ...originTls(config), ...ownWorkers(config), ...originDirectory(config)];
}

function originEntries(config: Config): Problem[] {
  if (config.origins === undefined) return [];
  const written = config.origins;
  const entries = originsOf(config).map((origin, index) => {
    const entry = written[index];
    const path = (key: 'url' | 'name'): Path => (typeof entry === 'object' && entry[key] !== undefined ? ['origins', index, key] : ['origins', index]);
    return { ...origin, urlPath: path('url'), namePath: path('name') };
  });
  return [
    ...entries.flatMap(({ url, urlPath }) => urlFlaws(url, urlPath)),
    ...twins(entries.map(({ name, namePath }) => ({ path: namePath, value: name.toLowerCase(), shown: name }))),
    ...twins(entries.map(({ url, urlPath }) => ({ path: urlPath, value: new URL(url).origin, shown: url }))),
  ];
}

function originDirectory({ origins: written, origin }: Config): Problem[] {
  if (written === undefined || origin.directory === undefined) return [];
  const text = 'only the built-in origin serves a directory, and it does not run beside `origins` (or --origin); remove one of the two';
  return [{ path: ['origin', 'directory'], about: [['origins']], text }];
}

function urlFlaws(url: string, path: Path): Problem[] {
  const { username, password, pathname, hostname } = new URL(url);
  if (username !== '' || password !== '') return [{ path, text: 'expected a URL without user name and password, which this proxy would not send' }];
  if (pathname !== '/' || /[?#]/.test(url)) return [{ path, text: `expected a URL without path, query and fragment (requests keep their own), got ${shown(url)}` }];
  if (hostname === '') return [{ path, text: `expected a URL with a host, got ${shown(url)}` }];
  return [];
}

/** Who writes it for an origin without TLS believes that it is protected. */
function originTls({ origins = [] }: Config): Problem[] {
  return origins.flatMap((entry, index): Problem[] => {
    if (typeof entry === 'string') return [];
    const path = ['origins', index, 'tls'];
    const { ca = '', verify, serverName = '' } = entry.tls;
    const asks = ca !== '' || serverName !== '' || !verify;
    if (asks && new URL(entry.url).protocol === 'http:') return [{ path, text: `expected no tls beside ${shown(entry.url)}, which is not https` }];
    if (isIP(serverName) !== 0) return [{ path: [...path, 'serverName'], text: `expected a name, got the address ${shown(serverName)}` }];
    return [];
  });
}

/** Requests would go round in a circle until a worker notices itself in Via. */
function ownWorkers(config: Config): Problem[] {
  if (config.origins === undefined) return [];
  const workers = workersOf(config);
  return originsOf(config).flatMap(({ url }, index): Problem[] => {
    const { hostname, port, protocol } = URL.canParse(url) ? new URL(url) : { hostname: '', port: '', protocol: '' };
    const host = hostname.replace(/^\[|\]$/g, '');
    const at = Number(port) || (protocol === 'https:' ? 443 : 80);
    const isHost = (address: string | undefined): boolean => address !== undefined && canonicalAddress(address) === canonicalAddress(host);
    const isOurs = ({ address, address6, ...ports }: WorkerEntry): boolean =>
      [ports.port, ports.tlsPort].includes(at) && (isHost(address) || isHost(address6));
    const own = isIP(host) === 0 ? undefined : workers.find(isOurs);
    return own === undefined ? [] : [{ path: ['origins', index], text: `expected an origin, got ${shown(url)}, which is our worker ${own.name}` }];
  });
}
