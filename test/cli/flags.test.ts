import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { configFlags, controlFlag, overridesFrom, UsageError } from '../../src/cli/flags.js';
import { roundhouse } from '../support/tier.js';

describe('flags', () => {
  it('become the keys they stand for, and are named in errors', () => {
    const { values, flagOf } = overridesFrom({ workers: 8, policy: 'random', ttl: '30', origin: ['http://a', 'http://b'], config: 'x', $0: 'y' }, []);
    expect(values).toEqual({ workers: { count: 8 }, dns: { policy: 'random', ttl: 30 }, origins: ['http://a', 'http://b'] });
    expect(flagOf.get('workers.count')).toBe('--workers');
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

  it('--control wants a URL', () => {
    expect(controlFlag('http://10.0.0.1:9100').port).toBe('9100');
    expect(() => controlFlag('localhost:')).not.toThrow();
    expect(() => controlFlag('nowhere')).toThrow(/--control nowhere/);
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
  it('every command explains itself with --help', async () => {
    const general = await roundhouse('--help');
    expect(general.code).toBe(0);
    const commands = [...general.stdout.matchAll(/^ {2}roundhouse (\w+)/gm)].map(([, name]) => name ?? '');
    expect(commands).toEqual(['up', 'dns', 'worker', 'control', 'origin', 'check', 'resolve', 'status', 'drain', 'enable', 'disable']);
    for (const command of ['up', 'resolve', 'worker']) {
      const { code, stdout } = await roundhouse(command, '--help');
      expect(code).toBe(0);
      expect(stdout).toContain('Examples:');
    }
  });

  it.each([[[]], [['nonsense']], [['up', '--nonsense']], [['drain']], [['check']], [['worker']]])('%j is wrong usage', async (args) => {
    const { code, stdout, stderr } = await roundhouse(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^roundhouse: /);
    expect(stdout).toBe('');
  });
});
