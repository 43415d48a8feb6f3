import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from '../../src/config/load.js';
import { fileBytesMax, parseSource } from '../../src/config/source.js';

const directory = mkdtempSync(join(tmpdir(), 'roundhouse-config-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'roundhouse.yaml');

const load = (yaml: string, overrides: object = {}, flagOf: ReadonlyMap<string, string> = new Map()) => {
  writeFileSync(file, yaml);
  return loadConfig({ file, overrides, flagOf });
};

/** The lines of the error, with the file's name short. */
const complaints = (yaml: string, overrides: object = {}, flagOf: ReadonlyMap<string, string> = new Map()): string[] => {
  try {
    load(yaml, overrides, flagOf);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${directory}/`, '').split('\n');
    throw error;
  }
  return [];
};

describe('a good configuration', () => {
  it('is all defaults without a file, with an empty one and with one of comments', () => {
    const { config } = loadConfig();
    expect(config.dns.zone).toBe('roundhouse.test');
    expect(config.origins).toBeUndefined();
    for (const yaml of ['', '# nothing\n', '---\n', '{}']) expect(load(yaml).config).toEqual(config);
  });

  it('takes a section without content for its defaults', () => {
    expect(load('dns:\nproxy:\n  limits:\n').config).toEqual(loadConfig().config);
  });

  it('puts the command line over the file, key by key, and replaces lists', () => {
    const yaml = 'origins: [http://a.test, http://b.test]\ndns: { port: 53, ttl: 60 }\n';
    const { config } = load(yaml, { origins: ['http://c.test'], dns: { ttl: 5, policy: undefined } });
    expect(config.origins).toEqual(['http://c.test']);
    expect(config.dns).toMatchObject({ port: 53, ttl: 5, policy: 'round-robin' });
  });

  it('says what relative paths were relative to', () => {
    expect(load('').baseDirectory).toBe(directory);
    expect(loadConfig().baseDirectory).toBe(process.cwd());
  });

  it('takes aliases and a byte order mark', () => {
    const { config } = load('\ufeffworkers: { probe: &p { rise: 5 } }\nproxy: { probe: *p }\n');
    expect([config.workers.probe.rise, config.proxy.probe.rise]).toEqual([5, 5]);
  });
});

describe('a wrong value', () => {
  it.each([
    ['dns:\n  negativeTtlS: 5m', 'config: dns.negativeTtlS: expected a whole number from 0 to 86400, got "5m" (roundhouse.yaml:2)'],
    ['dns:\n  port: 65536', 'config: dns.port: expected a whole number from 0 to 65535, got 65536 (roundhouse.yaml:2)'],
    ['proxy: { limits: { bodyBytes: -1 } }', 'config: proxy.limits.bodyBytes: expected a whole number of at least 0, got -1 (roundhouse.yaml:1)'],
    ['dns: { ttl: often }', 'config: dns.ttl: expected whole seconds from 0 to 86400, or MAX/MIN such as 30/5, 240/per-domain or 240/per-domain-and-server, got "often" (roundhouse.yaml:1)'],
    ['dns: { ttl: 1.5 }', 'config: dns.ttl: expected whole seconds from 0 to 86400, or MAX/MIN such as 30/5, 240/per-domain or 240/per-domain-and-server, got 1.5 (roundhouse.yaml:1)'],
    ['dns: { address: localhost }', 'config: dns.address: expected an IP address, got "localhost" (roundhouse.yaml:1)'],
    ['proxy: { host: forward }', 'config: proxy.host: expected one of rewrite, keep, got "forward" (roundhouse.yaml:1)'],
    ['proxy: { engine: [] }', 'config: proxy.engine: expected one of native, http-proxy, got an empty list (roundhouse.yaml:1)'],
    ['dns: 5', 'config: dns: expected a mapping, got 5 (roundhouse.yaml:1)'],
    ['- a', 'config: expected a mapping, got a list of 1 (roundhouse.yaml:1)'],
    ['origins: []', 'config: origins: expected a list of 1 to 1000 entries, got an empty list (roundhouse.yaml:1)'],
    ['origins: [8]', 'config: origins[0]: expected a URL such as http://127.0.0.1:9000, or a mapping, got 8 (roundhouse.yaml:1)'],
    ['origins:\n  - ftp://a.test', 'config: origins[0]: expected a URL such as http://127.0.0.1:9000, or a mapping, got "ftp://a.test" (roundhouse.yaml:2)'],
    ['origins:\n  - name: a', 'config: origins[0].url: expected a URL such as http://127.0.0.1:9000, got nothing (roundhouse.yaml:2)'],
    ['origins: [{ url: "http://a.test", weight: 0 }]', 'config: origins[0].weight: expected a whole number from 1 to 255, got 0 (roundhouse.yaml:1)'],
    ['workers: { probe: { path: "a b" } }', 'config: workers.probe.path: expected a path that starts with /, without spaces, got "a b" (roundhouse.yaml:1)'],
    ['dns: { port: .nan }', 'config: dns.port: expected a whole number from 0 to 65535, got NaN (roundhouse.yaml:1)'],
  ])('%j', (yaml, complaint) => {
    expect(complaints(yaml)).toEqual([complaint]);
  });

  it('is quoted short and without passwords', () => {
    expect(complaints(`dns: { zone: "${'x'.repeat(500)}!" }`)[0]).toMatch(/^.{0,200}$/);
    expect(complaints('origins: [ "ftp://me:secret@a.test" ]')[0]).not.toContain('secret');
  });

  it.each([
    ['dns:\n  tttl: 5', 'config: dns.tttl: unknown key; did you mean ttl? (roundhouse.yaml:2)'],
    ['prxoy: {}', 'config: prxoy: unknown key; did you mean proxy? (roundhouse.yaml:1)'],
    ['negativeTtlS: 3', 'config: negativeTtlS: unknown key here; did you mean dns.negativeTtlS? (roundhouse.yaml:1)'],
    ['log: { colour: red }', 'config: log.colour: unknown key; expected one of level, to (roundhouse.yaml:1)'],
    ['origins:\n  - url: http://a.test\n    wieght: 2', 'config: origins[0].wieght: unknown key; did you mean weight? (roundhouse.yaml:3)'],
    ['__proto__: { polluted: 1 }', 'config: __proto__: unknown key; expected one of origins, dns, workers, locations, proxy, control, origin, log (roundhouse.yaml:1)'],
  ])('or key: %j', (yaml, complaint) => {
    expect(complaints(yaml)).toEqual([complaint]);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it('is told with all others, conflicts between the good ones included, each once', () => {
    const yaml = 'dns:\n  port: x\n  tail: y\n  zone: a..b\ncontrol:\n  port: 9153\nlog: { level: loud }\nfoo: 1\n';
    expect(complaints(yaml)).toEqual([
      'config: dns.zone: expected a domain name such as roundhouse.test, got "a..b" (roundhouse.yaml:4)',
      'config: dns.port: expected a whole number from 0 to 65535, got "x" (roundhouse.yaml:2)',
      'config: dns.tail: expected one of cyclic, shuffled, got "y" (roundhouse.yaml:3)',
      'config: log.level: expected one of debug, info, warn, error, silent, got "loud" (roundhouse.yaml:7)',
      'config: foo: unknown key; expected one of origins, dns, workers, locations, proxy, control, origin, log (roundhouse.yaml:8)',
      'config: control.port: expected a port that is free on 127.0.0.1, got 9153, which dns.metricsPort has too (roundhouse.yaml:6)',
    ]);
  });

  it('says so when there are more than anybody reads', () => {
    const lines = complaints(Array.from({ length: 80 }, (_, key) => `k${key}: 1`).join('\n'));
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe('config: … and 30 more');
  });

  it('names the flag when it came from the command line', () => {
    const flagOf = new Map([['dns.ttl', '--ttl'], ['origins', '--origin']]);
    expect(complaints('dns:\n  port: 0\n', { dns: { ttl: '5m', tail: 1 }, origins: ['x'] }, flagOf)).toEqual([
      '--origin: origins[0]: expected a URL such as http://127.0.0.1:9000, or a mapping, got "x"',
      'config: dns.tail: expected one of cyclic, shuffled, got 1 (command line)',
      '--ttl: expected whole seconds from 0 to 86400, or MAX/MIN such as 30/5, 240/per-domain or 240/per-domain-and-server, got "5m"',
    ]);
  });
});

describe('an error', () => {
  const thrownBy = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };
  const ofFlags = { dns: { ttl: '5m' } };

  it.each<[string, boolean, () => unknown]>([
    ['a flag without a file', true, () => loadConfig({ overrides: ofFlags })],
    ['a flag beside a good file', true, () => load('dns: { port: 53 }', ofFlags)],
    ['a flag in conflict with a default', true, () => loadConfig({ overrides: { control: { port: 9000 } } })],
    ['a flag and the file', false, () => load('dns: { port: x }', ofFlags)],
    ['a flag, and a key given twice in the file', false, () => load('log: {}\nlog: {}', ofFlags)],
    ['a file that is not there', false, () => loadConfig({ file: '/nowhere/a.yaml', overrides: ofFlags })],
    ['a file that is not YAML', false, () => load('dns: [', ofFlags)],
  ])('by %s is from flags alone: %s', (_, fromFlags, work) => {
    const error = thrownBy(work);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ fromFlags });
  });
});

it('complains about a section that is none, even if the command line gives a key in it', () => {
  expect(complaints('dns: 5', { dns: { ttl: 5 } })).toEqual(['config: dns: expected a mapping, got 5 (roundhouse.yaml:1)']);
});

it('blames the command line for what is in its list, whatever the file has at the same place', () => {
  const complaint = '--set origins: origins[0].url: expected a URL such as http://127.0.0.1:9000, got nothing';
  expect(complaints('origins: [{ url: "http://a.test" }]', { origins: [{}] }, new Map([['origins', '--set origins']]))).toEqual([complaint]);
  expect(complaints('dns:\n  prot: 1\n', { dns: { ttl: 5 } }, new Map([['dns.ttl', '--ttl']]))).toEqual([
    'config: dns.prot: unknown key; did you mean port? (roundhouse.yaml:2)',
  ]);
});

describe('a file that is not a configuration', () => {
  it('is told where its YAML breaks', () => {
    const lines = complaints('dns:\n  port: 1: 2\nlog:\n\tlevel: warn\n');
    expect(lines[0]).toBe('config: not valid YAML: Nested mappings are not allowed in compact mappings (roundhouse.yaml:2)');
    expect(lines.slice(1).every((line) => line.startsWith('config: not valid YAML: '))).toBe(true);
  });

  it('is told that only one document is read', () => {
    expect(complaints('dns: {}\n---\ndns: {}\n')).toEqual(['config: the file has several documents (---); keep one (roundhouse.yaml:2)']);
  });

  it('is told of each key given twice', () => {
    expect(complaints('dns: { port: 1 }\nlog:\n  level: warn\n  level: info\ndns: {}\n')).toEqual([
      'config: log.level: the key is given twice; keep one (roundhouse.yaml:4)',
      'config: dns: the key is given twice; keep one (roundhouse.yaml:5)',
    ]);
  });

  it('does not exist, is a directory, is not text, is too large', () => {
    const message = (path: string): string => {
      try {
        loadConfig({ file: path });
      } catch (error) {
        if (error instanceof ConfigError) return error.message;
      }
      return 'no ConfigError';
    };
    expect(message('/nowhere/a.yaml')).toBe('config: /nowhere/a.yaml: there is no such file');
    expect(message(directory)).toBe(`config: ${directory}: this is a directory; name a file in it, such as roundhouse.yaml`);
    writeFileSync(file, Buffer.of(0x64, 0x6e, 0xff));
    expect(message(file)).toBe(`config: ${file}: the file is not UTF-8 text`);
    writeFileSync(file, ' '.repeat(fileBytesMax + 1));
    expect(message(file)).toBe(`config: ${file}: the file is larger than 1048576 bytes; is it a configuration?`);
    expect(message('/dev/zero')).toContain('larger than');
  });

  it('cannot fill memory or stack', () => {
    const bomb = ['a0: &a0 [x, x, x, x]', ...Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}, *a${n}]`)].join('\n');
    expect(complaints(bomb)).toEqual(['config: anchors are used more than 100 times, or nested too deeply (roundhouse.yaml:1)']);
    expect(complaints(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)[0]).toMatch(/^config: /);
    expect(complaints('a: &x { b: *x }')).toHaveLength(1);
    expect(complaints('origins: &x [*x]')).toHaveLength(1);
    expect(complaints('dns: &x { tcp: *x }').length).toBeGreaterThan(0);
  });

  it('has many keys and is still read in linear time', () => {
    // A parser that compares each pair of keys needs a minute for these; the suite's time limit would end it.
    const yaml = Array.from({ length: 50_000 }, (_, key) => `k${key}:`).join('\n');
    expect(parseSource(`${yaml}\nk7:`).problems).toEqual([{ text: 'k7: the key is given twice; keep one', line: 50_001 }]);
  });

  it('uses a tag that nobody knows', () => {
    expect(complaints('dns: { port: !secret 5 }')).toEqual(['config: not valid YAML: Unresolved tag: !secret (roundhouse.yaml:1)']);
  });
});
