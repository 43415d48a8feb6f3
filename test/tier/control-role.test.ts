/**
 * The control process as the configuration makes it: what it tells the disk of a worker that is not there.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { loadConfig } from '../../src/config/load.js';
import { createControlClient } from '../../src/control/client.js';
import { apiUrl } from '../../src/control/follower.js';
import { silentLog } from '../../src/log.js';
import { createRandom } from '../../src/random.js';
import { wasPurged } from '../../src/proxy/cache/disk/absence.js';
import { createControlRole } from '../../src/tier/control-role.js';

it('marks what a worker that is not there left on disk, when something is purged', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'roundhouse-control-'));
  const cache = { bytesMax: 1_000_000, disk: { directory } };
  const { config } = loadConfig({ overrides: { workers: { count: 1, address: '127.77.7.7' }, control: { port: 0 }, proxy: { cache } } });
  const control = createControlRole({ config, clock: systemClock, random: createRandom(1), log: silentLog });
  await control.start();
  try {
    const outcome = await createControlClient(apiUrl(control.address()), undefined, systemClock).purge({ tag: 'a', soft: false });
    expect(outcome).toMatchObject({ absent: ['w1'], failed: [] });
    expect([await wasPurged(join(directory, 'w1')), existsSync(join(directory, 'w2'))]).toEqual([true, false]);
  } finally {
    await control.stop(0);
    rmSync(directory, { recursive: true });
  }
});
