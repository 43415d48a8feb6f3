import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/load.js';
import type { Config, ConfigInput } from '../../src/config/schema.js';
import { createPairStore, makeCertificate } from '../support/certificates.js';

const directory = mkdtempSync(join(tmpdir(), 'roundhouse-paths-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'roundhouse.yaml');
const store = createPairStore();
afterAll(() => store.remove());

const relative: ConfigInput = {
  dns: { policy: './order.js', locationDatabase: 'countries.mmdb' },
  locations: { london: { workers: ['w1'], countries: ['GB'] } },
  workers: { tlsPort: 8443 },
  proxy: {
    policy: 'policies/order.js',
    accessLogFile: 'access.log',
    cache: { bytesMax: 1, disk: { directory: 'cache' } },
    tls: { certificates: [{ certificate: 'a.pem', key: 'keys/a.key' }] },
  },
  control: { stateFile: 'state.json' },
  origin: { directory: 'site' },
  log: { to: '../roundhouse.log' },
};
const filesOf = ({ tls }: Config['proxy']): readonly string[] => tls.certificates.flatMap(({ certificate, key }) => [certificate, key]);
const pathsOf = ({ dns, proxy, control, origin, log }: Config): readonly unknown[] =>
  [
    ...[dns.policy, dns.locationDatabase, proxy.policy, proxy.accessLogFile, proxy.cache.disk.directory, ...filesOf(proxy)],
    ...[control.stateFile, origin.directory, log.to],
  ];
const under = (base: string): readonly string[] =>
  [
    ...['order.js', 'countries.mmdb', 'policies/order.js', 'access.log', 'cache', 'a.pem', 'keys/a.key', 'state.json', 'site'],
    '../roundhouse.log',
  ].map((path) => resolve(base, path));

describe('paths', () => {
  it('in the file are relative to the file', () => {
    writeFileSync(file, JSON.stringify(relative));
    expect(pathsOf(loadConfig({ file }).config)).toEqual(under(directory));
  });

  it('on the command line are relative to the working directory, with and without a file', () => {
    expect(pathsOf(loadConfig({ overrides: relative }).config)).toEqual(under(process.cwd()));
    writeFileSync(file, JSON.stringify({ ...relative, origin: { directory: 'other' } }));
    expect(pathsOf(loadConfig({ file, overrides: relative }).config)).toEqual(under(process.cwd()));
  });

  it('are told apart key by key', () => {
    writeFileSync(file, JSON.stringify(relative));
    const { proxy } = loadConfig({ file, overrides: { proxy: { accessLogFile: 'access.log', host: 'keep' } } }).config;
    expect([proxy.policy, proxy.accessLogFile]).toEqual([join(directory, 'policies/order.js'), resolve('access.log')]);
  });

  it('are those of authorities too', () => {
    const origins = ['https://a.test', { url: 'https://b.test', tls: { ca: 'ca.pem' } }, { url: 'https://c.test' }];
    const caOf = (given: Config['origins']) => given?.map((entry) => (typeof entry === 'string' ? undefined : entry.tls.ca));
    writeFileSync(file, JSON.stringify({ origins }));
    expect(caOf(loadConfig({ file }).config.origins)).toEqual([undefined, join(directory, 'ca.pem'), undefined]);
    expect(caOf(loadConfig({ overrides: { origins } }).config.origins)).toEqual([undefined, resolve('ca.pem'), undefined]);
  });

  it('are not what names a policy or a stream', () => {
    const { dns, proxy, log } = loadConfig({ overrides: { dns: { policy: 'fixed' }, proxy: { accessLogFile: 'stderr' }, log: { to: '-' } } }).config;
    expect([dns.policy, proxy.policy, proxy.accessLogFile, log.to]).toEqual(['fixed', 'round-robin', 'stderr', '-']);
  });
});

describe('what is not there', () => {
  const complaints = (overrides: ConfigInput): string => {
    try {
      loadConfig({ overrides, onDisk: true });
      return '';
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
  };
  const text = join(directory, 'text');
  writeFileSync(text, '');
  const loop = join(directory, 'loop');
  symlinkSync(loop, loop);

  const pair = store.put('a', makeCertificate('a.test'));
  const other = store.put('b', makeCertificate('b.test'));
  const tlsFiles = (files: { certificate: string; key: string }): ConfigInput =>
    ({ workers: { tlsPort: 8443 }, proxy: { tls: { certificates: [files] } } }); // prettier-ignore

  const trusting = (ca: string): ConfigInput => ({ origins: ['http://a.test', { url: 'https://b.test', tls: { ca } }] });

  it.each<[ConfigInput, RegExp]>([
    [trusting('/nowhere/ca.pem'), /^config: origins\[1\]\.tls\.ca: expected a file that exists, got "\/nowhere\/ca\.pem"/],
    [trusting(text), /^config: origins\[1\]\.tls\.ca: expected certificates of authorities, but \S*text has no certificate in PEM \(command line\)$/],
    [{ origin: { directory: '/nowhere/site' } }, /^config: origin\.directory: expected a directory that exists, got "\/nowhere\/site" \(command line\)$/],
    [{ proxy: { cache: { bytesMax: 1, disk: { directory: text } } } }, /^config: proxy\.cache\.disk\.directory: expected a directory/],
    [{ origin: { directory: text } }, /^config: origin\.directory: expected a directory, got ".*text", which is none/],
    [{ origin: { directory: join(text, 'site') } }, /^config: origin\.directory: expected a directory that exists/],
    [{ origin: { directory: loop } }, /^config: origin\.directory: expected a directory that exists/],
    [{ origin: { directory: 'a\0b' } }, /^config: origin\.directory: expected a directory that exists/],
    [{ log: { to: '/nowhere/a.log' } }, /^config: log\.to: expected a file in a directory that exists, got "\/nowhere\/a\.log"/],
    [{ log: { to: join(text, 'a.log') } }, /^config: log\.to: expected a file in a directory that exists/],
    [{ log: { to: directory } }, /^config: log\.to: expected a file, got ".*", which is a directory/],
    [tlsFiles({ certificate: '/nowhere/a.pem', key: text }), /^config: proxy\.tls\.certificates\[0\]\.certificate: expected a file that exists, got "\/nowhere\/a\.pem"/],
    [tlsFiles({ certificate: text, key: text }), /^config: proxy\.tls\.certificates\[0\]: expected a certificate and its key, but \S*text is no certificate in PEM: /],
    [tlsFiles({ ...pair, key: other.key }), /^config: proxy\.tls\.certificates\[0\]: expected a certificate and its key, but \S*b\.key\.pem is not the key of .*a\.cert\.pem \(command line\)$/],
    [tlsFiles({ certificate: text, key: directory }), /^config: proxy\.tls\.certificates\[0\]\.key: expected a file, got ".*", which is a directory/],
    [{ proxy: { accessLogFile: directory } }, /^config: proxy\.accessLogFile: expected a file, got /],
    [{ control: { stateFile: '/nowhere/state.json' } }, /^config: control\.stateFile: expected a file in a directory that exists/],
  ])('is told: %j', (overrides, complaint) => {
    expect(complaints(overrides)).toMatch(complaint);
  });

  // root may read everything
  it.skipIf(process.getuid?.() === 0)('is told of a directory that we may not read', () => {
    const closed = join(directory, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o000);
    expect(complaints({ origin: { directory: closed } })).toContain('expected a directory that may be read');
  });

  it('is told with its line, beside what else is wrong', () => {
    writeFileSync(file, 'log:\n  to: nowhere/a.log\ncontrol:\n  port: 9000\n');
    expect(() => loadConfig({ file, onDisk: true })).toThrow(/control\.port: .*yaml:4\)\nconfig: log\.to: .*yaml:2\)$/);
  });

  it('is of no interest unless asked for, and what is there is fine', () => {
    expect(loadConfig({ overrides: { log: { to: '/nowhere/a.log' } } }).config.log.to).toBe('/nowhere/a.log');
    const files = { proxy: { accessLogFile: join(directory, 'new.log') }, control: { stateFile: join(directory, 'new.json') } };
    expect(complaints({ ...files, origin: { directory }, log: { to: text } })).toBe('');
    expect(complaints(tlsFiles(pair))).toBe('');
    expect(complaints(trusting(pair.certificate))).toBe('');
    expect(complaints({ proxy: { accessLog: 'off', accessLogFile: '/nowhere/a.log' } })).toBe('');
  });
});
