/**
 * The keys that are paths. Each becomes absolute once, here, so that nobody downstream has to know what it was relative
 * to: what the file says is relative to the file, what the command line says to the working directory, as in a shell.
 */
import { accessSync, constants, statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { certificateFlaw } from '../proxy/certificates.js';
import { authoritiesFlaw } from '../proxy/origin-tls.js';
import type { Path } from './outline.js';
import { shown, type Problem } from './problems.js';
import type { Config } from './schema.js';

/** A policy with a slash is a module; one without is a name, good or bad. */
export const isModulePath = (policy: string): boolean => /[/\\]/.test(policy);

/** Not a file but a stream of the process. */
const isStream = (to: string): boolean => to === '-' || to === 'stderr';

/** @param baseOf the directory that the path at this key is relative to. */
export function withAbsolutePaths(config: Config, baseOf: (key: Path) => string): Config {
  const { origins, dns, proxy, control, origin, log } = config;
  const absolute = (key: Path, path: string): string => resolve(baseOf(key), path);
  const policy = (key: Path, name: string): string => (isModulePath(name) ? absolute(key, name) : name);
  const target = (key: Path, to: string): string => (isStream(to) ? to : absolute(key, to));
  const withAbsoluteCa = (entry: ConfiguredOrigin, index: number): ConfiguredOrigin => {
    if (typeof entry === 'string' || entry.tls.ca === undefined) return entry;
    return { ...entry, tls: { ...entry.tls, ca: absolute(['origins', index, 'tls', 'ca'], entry.tls.ca) } };
  };
  const { locationDatabase } = dns;
  const { stateFile } = control;
  const { directory } = origin;
  const { disk } = proxy.cache;
  const diskDirectory = disk.directory === undefined ? undefined : absolute(['proxy', 'cache', 'disk', 'directory'], disk.directory);
  return {
    ...config,
    ...(origins === undefined ? {} : { origins: origins.map(withAbsoluteCa) }),
    dns: {
      ...dns,
      policy: policy(['dns', 'policy'], dns.policy),
      ...(locationDatabase === undefined ? {} : { locationDatabase: absolute(['dns', 'locationDatabase'], locationDatabase) }),
    },
    proxy: {
      ...proxy,
      policy: policy(['proxy', 'policy'], proxy.policy),
      accessLogFile: target(['proxy', 'accessLogFile'], proxy.accessLogFile),
      cache: { ...proxy.cache, disk: { ...disk, directory: diskDirectory } },
      tls: {
        ...proxy.tls,
        certificates: proxy.tls.certificates.map((entry, index) => {
          const file = (key: 'certificate' | 'key'): string => absolute(['proxy', 'tls', 'certificates', index, key], entry[key]);
          return { ...entry, certificate: file('certificate'), key: file('key') };
        }),
      },
    },
    control: { ...control, ...(stateFile === undefined ? {} : { stateFile: absolute(['control', 'stateFile'], stateFile) }) },
    origin: { ...origin, ...(directory === undefined ? {} : { directory: absolute(['origin', 'directory'], directory) }) },
    log: { ...log, to: target(['log', 'to'], log.to) },
  };
}

type ConfiguredOrigin = NonNullable<Config['origins']>[number];

/** What this machine does not have of the directories and files; modules are looked for where they are loaded. */
export function missingOnDisk({ origins = [], dns, proxy, control, origin, log }: Config): Problem[] {
  return [
    ...origins.map(caFlaw),
    { path: ['dns', 'locationDatabase'], flaw: dns.locationDatabase === undefined ? undefined : readableFlaw(dns.locationDatabase) },
    { path: ['proxy', 'accessLogFile'], flaw: proxy.accessLog === 'off' ? undefined : fileFlaw(proxy.accessLogFile) },
    ...proxy.tls.certificates.flatMap(pairFlaws),
    { path: ['proxy', 'cache', 'disk', 'directory'], flaw: placeFlaw(proxy.cache.disk.directory) },
    { path: ['control', 'stateFile'], flaw: fileFlaw(control.stateFile) },
    { path: ['origin', 'directory'], flaw: directoryFlaw(origin.directory) },
    { path: ['log', 'to'], flaw: fileFlaw(log.to) },
  ].flatMap(({ path, flaw }) => (flaw === undefined ? [] : [{ path, text: flaw }]));
}

function directoryFlaw(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const found = look(path);
  if (found === undefined) return `expected a directory that exists, got ${shown(path)}`;
  if (!found.isDirectory()) return `expected a directory, got ${shown(path)}, which is none`;
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
    return undefined;
  } catch {
    return `expected a directory that may be read, got ${shown(path)}`;
  }
}

/** A directory to write need not be there. */
function placeFlaw(path: string | undefined): string | undefined {
  if (path === undefined || (look(path)?.isDirectory() ?? true)) return undefined;
  return `expected a directory, got ${shown(path)}, which is none`;
}

function caFlaw(entry: ConfiguredOrigin, index: number): { readonly path: Path; readonly flaw: string | undefined } {
  const path = ['origins', index, 'tls', 'ca'];
  const ca = typeof entry === 'string' ? undefined : entry.tls.ca;
  if (ca === undefined) return { path, flaw: undefined };
  const missing = readableFlaw(ca);
  const wrong = missing === undefined ? authoritiesFlaw(ca) : undefined;
  return { path, flaw: wrong === undefined ? missing : `expected certificates of authorities, but ${wrong}` };
}

/** Of the files, or, if both are there, of what is in them. */
function pairFlaws(pair: Config['proxy']['tls']['certificates'][number], index: number): { readonly path: Path; readonly flaw: string }[] {
  const path = ['proxy', 'tls', 'certificates', index];
  const missing = (['certificate', 'key'] as const).flatMap((key) => {
    const flaw = readableFlaw(pair[key]);
    return flaw === undefined ? [] : [{ path: [...path, key], flaw }];
  });
  const wrong = missing.length > 0 ? undefined : certificateFlaw(pair, index);
  return wrong === undefined ? missing : [{ path, flaw: `expected a certificate and its key, but ${wrong}` }];
}

function readableFlaw(path: string): string | undefined {
  const found = look(path);
  if (found === undefined) return `expected a file that exists, got ${shown(path)}`;
  if (found.isDirectory()) return `expected a file, got ${shown(path)}, which is a directory`;
  try {
    accessSync(path, constants.R_OK);
    return undefined;
  } catch {
    return `expected a file that may be read, got ${shown(path)}`;
  }
}

/** A file to write need not be there, but it must have a place. */
function fileFlaw(path: string | undefined): string | undefined {
  if (path === undefined || isStream(path)) return undefined;
  if (look(path)?.isDirectory() === true) return `expected a file, got ${shown(path)}, which is a directory`;
  if (look(dirname(path))?.isDirectory() === true) return undefined;
  return `expected a file in a directory that exists, got ${shown(path)}`;
}

/** Whatever keeps us from looking keeps the tier from using it: a path through a file, a directory that is closed to us. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
