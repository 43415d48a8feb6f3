import { describe, expect, it } from 'vitest';
import { tellWithdrawals } from '../../src/control/withdrawal.js';
import { silentLog, type Log } from '../../src/log.js';
import { createPool } from '../../src/pool/pool.js';

describe('the log', () => {
  it('says who is withdrawn, who is back, and once that withdrawal is ignored', () => {
    const members = [1, 2, 3].map((number, index) => ({ name: `w${number}`, index, address: `127.0.0.${number}`, port: 80, weight: 1, location: 'london' }));
    const pool = createPool(members, { upThresh: 0.5, initialHealth: 'up', realtimeMs: () => 0 });
    const lines: string[] = [];
    const log: Log = { ...silentLog, info: (_, text) => void lines.push(`info ${text}`), warn: (_, text) => void lines.push(`warn ${text}`) };
    const taken = (): string[] => lines.splice(0);
    tellWithdrawals(pool, log);
    pool.setWithdrawn('w1', 'lagging');
    expect(taken()).toEqual(["warn w1 is withdrawn from the answers for all; its own name and its location's go on answering"]);
    pool.setAlarm('w1', true);
    expect(taken()).toEqual([]);
    pool.setWithdrawn('w2', 'lagging');
    expect(taken()).toEqual([expect.stringContaining('warn w2 is withdrawn'), expect.stringContaining('warn withdrawal is ignored')]);
    pool.setWithdrawn('w3', 'lagging');
    expect(taken()).toEqual([expect.stringContaining('warn w3 is withdrawn')]);
    pool.batch(() => members.forEach(({ name }) => pool.setWithdrawn(name, null)));
    expect(taken()).toEqual([
      ...['w1', 'w2', 'w3'].map((name) => `info ${name} is no longer withdrawn`),
      expect.stringContaining('info withdrawal counts again'),
    ]);
  });
});
