import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { configFlags, controlFlag, overridesFrom, UsageError } from '../../src/cli/flags.js';
import { policyNames } from '../../src/pool/policies.js';
import { version } from '../../src/version.js';
import { roundhouse } from '../support/tier.js';

describe('flags', () => {
  it('become the keys they stand for, and are named in errors', () => {
    const { values, flagOf } = overridesFrom({ workers: 8, policy: 'random', ttl: '30', origin: ['http://a', 'http://b'], config: 'x', $0: 'y' }, []);
    expect(values).toEqual({ workers: { count: 8 }, dns: { policy: 'random', ttl: 30 }, origins: ['http://a', 'http://b'] });
    expect(flagOf.get('workers.count')).toBe('--workers');
  });

  it('are numbers where they look like one, and otherwise what was typed', () => {
    expect(overridesFrom({ workers: '8', 'dns-port': '0x35' }, []).values).toEqual({ workers: { count: 8 }, dns: { port: '0x35' } });
    expect(overridesFrom({ workers: 'many', zone: '5' }, []).values).toEqual({ workers: { count: 'many' }, dns: { zone: '5' } });
  });

  it('keep MAX/MIN as text', () => {
    expect(overridesFrom({ ttl: '60/5' }, []).values).toEqual({ dns: { ttl: '60/5' } });
  });

  it('--set reaches any key; JSON is taken as such, the rest as text', () => {
    const { values } = overridesFrom({}, ['proxy.limits.maxconn=10', 'dns.records=[]', 'log.to=-', 'proxy.host=keep']);
    expect(values).toEqual({ proxy: { limits: { maxconn: 10 }, host: 'keep' }, dns: { records: [] }, log: { to: '-' } });
  });

  it.each(['nothing', '=1', 'a..b=1', '__proto__.x=1', 'a.b'])('--set %s is refused', (setting) => {
    expect(() => overridesFrom({}, [setting])).toThrow(UsageError);
  });

  it('--control wants the URL of an HTTP service', () => {
    expect(controlFlag('http://10.0.0.1:9100').port).toBe('9100');
    expect(controlFlag('https://control.test').protocol).toBe('https:');
    for (const text of ['nowhere', 'localhost:9100', 'ftp://10.0.0.1', 'file:///etc/passwd']) {
      expect(() => controlFlag(text)).toThrow(`--control: expected a URL such as http://127.0.0.1:9100, got "${text}"`);
    }
  });

  it('--policy names every policy that there is, in order', () => {
    expect(configFlags.policy.describe).toBe(`rotation: ${policyNames.join(', ')}, ./mine.js`);
  });

  it('--alarm is a number', () => {
    expect(overridesFrom({ alarm: '0.9' }, []).values).toEqual({ dns: { alarm: 0.9 } });
  });

  it('each stands for a key that the configuration has', () => {
    for (const { key } of Object.values(configFlags)) {
      const sample = overridesFrom({}, [`${key}=null`]).values;
      const unknown = configSchema.safeParse(sample).error?.issues.filter((issue) => issue.code === 'unrecognized_keys') ?? [];
      expect(unknown, key).toEqual([]);
    }
  });
});

describe('the command line', () => {
  it('tells its version, wherever it is run', async () => {
    expect((await roundhouse('--version')).stdout).toBe(`${version}\n`);
  });

  it('every command explains itself with --help', async () => {
    const general = await roundhouse('--help');
    expect(general.code).toBe(0);
    const commands = [...general.stdout.matchAll(/^ {2}roundhouse (\w+)/gm)].map(([, name]) => name ?? '');
    expect(commands).toEqual(['up', 'dns', 'worker', 'control', 'origin', 'check', 'resolve', 'status', 'simulate', 'bench', 'drain', 'enable', 'disable', 'purge']);
    commands.push('bench rotation', 'bench dns', 'bench proxy');
    const helps = await Promise.all(commands.map((command) => roundhouse(...command.split(' '), '--help')));
    helps.forEach(({ code, stdout }, place) => {
      const [, examples = ''] = stdout.split('\nExamples:\n');
      expect(code).toBe(0);
      expect(examples).toMatch(new RegExp(`^  roundhouse ${commands[place]}(.*\\S)? {2,}\\S`));
      expect(examples.split('\n').filter((line) => line.startsWith('  ') && !line.startsWith('  roundhouse '))).toEqual([]); // none is broken
      expect(stdout.split('\n').filter((line) => line.length > 110)).toEqual([]);
    });
  });

  it('alone is the help and what is missing', async () => {
    const [bare, general] = await Promise.all([roundhouse(), roundhouse('--help')]);
    expect(bare).toEqual({ code: 2, stdout: '', stderr: `${general.stdout}\nroundhouse: a command is needed, such as \`roundhouse up\`\n` });
  });

  it.each([
    [['nonsense']],
    [['--nonsense']],
    [['up', '--nonsense']],
    [['up', '--tail', 'long']],
    [['drain']],
    [['check']],
    [['worker']],
  ])('%j is wrong usage', async (args) => {
    const { code, stdout, stderr } = await roundhouse(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^roundhouse: .*\(`roundhouse --help` and `roundhouse COMMAND --help` tell more\)\n$/);
    expect(stdout).toBe('');
  });

  it.each([
    [['up', '--workers', 'many'], '--workers: expected a whole number from 1 to 250, got "many"'],
    [['up', '--dns-port', '70000'], '--dns-port: expected a whole number from 0 to 65535, got 70000'],
    [['up', '--policy', 'wieghted'], '--policy: expected one of .*, got "wieghted"; did you mean weighted\\?'],
    [['up', '--set', 'proxy.limits.maxconn=x'], '--set proxy\\.limits\\.maxconn=x: expected a whole number from 1 to 1000000, got "x"'],
    [['up', 'src', '--origin', 'http://127.0.0.1:1'], 'src: only the built-in origin serves a directory, and it does not run beside `origins` .*'],
    [['check', 'src', '--access-log-file', '/nowhere/a'], '--access-log-file: expected a file in a directory that exists, got "/nowhere/a"'],
    [['resolve', '--count', 'abc'], '--count: expected a whole number from 1 to 1000000, got "abc"'],
    [['resolve', '-n', '0'], '--count: expected a whole number from 1 to 1000000, got "0"'],
  ])('%j has a wrong value, which is wrong usage too', async (args, complaint) => {
    const { code, stdout, stderr } = await roundhouse(...args);
    expect(stderr).toMatch(new RegExp(`^roundhouse: ${complaint}\n$`));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
