import { describe, expect, it } from 'vitest';
import { ownSweeps, pointsMax, pointsOf, type Sweep } from '../../src/study/sweep.js';

const sweep = (key: string, ...values: readonly unknown[]): Sweep => ({ path: key.split('.'), values, flag: `--sweep ${key}` });

describe('points', () => {
  it('are all combinations, the last key changing fastest', () => {
    const sets = pointsOf([sweep('authority.ttl', 0, 60), sweep('authority.policy', 'random', 'fixed')]).map(({ set }) => set);
    expect(sets).toEqual([
      { 'authority.ttl': 0, 'authority.policy': 'random' },
      { 'authority.ttl': 0, 'authority.policy': 'fixed' },
      { 'authority.ttl': 60, 'authority.policy': 'random' },
      { 'authority.ttl': 60, 'authority.policy': 'fixed' },
    ]);
  });

  it('are one without a sweep', () => {
    expect(pointsOf([])).toEqual([{ settings: [], set: {} }]);
  });

  it('name what was asked for, for messages', () => {
    expect(pointsOf([sweep('workers.relative', [1, 2])])[0]?.settings).toEqual([
      { path: ['workers', 'relative'], value: [1, 2], flag: '--sweep workers.relative=[1,2]' },
    ]);
  });

  it('are bounded', () => {
    const values = Array.from({ length: 11 }, (_, index) => index);
    expect(pointsOf([sweep('a', ...values.slice(1)), sweep('b', ...values.slice(1)), sweep('c', ...values.slice(1))])).toHaveLength(pointsMax);
    expect(() => pointsOf([sweep('a', ...values), sweep('b', ...values), sweep('c', ...values)])).toThrow('expected at most 1000 combinations, got 1331');
  });
});

describe("a scenario's own sweep", () => {
  it('gives way to the command line, key by key', () => {
    const decided = [{ path: ['authority', 'policy'], value: 'random', flag: '--policy' }];
    const sweeps = ownSweeps({ 'authority.policy': ['fixed'], 'clients.kinds[0].share': [1, 2] }, decided);
    expect(sweeps.map(({ path, values }) => ({ path, values }))).toEqual([{ path: ['clients', 'kinds', 0, 'share'], values: [1, 2] }]);
  });

  it('needs keys', () => {
    expect(() => ownSweeps({ 'authority..ttl': [1] }, [])).toThrow('sweep: expected keys such as authority.ttl, got "authority..ttl"');
  });
});
