/**
 * Our worker with its cache: 64 MiB of memory.
 */
import { ours } from '../../harness/contender.js';

export const oursCache = ours({
  name: 'ours',
  role: 'worker',
  detail: ', cache of 64 MiB',
  config: ({ address, port, sparePort, origin }) => ({
    origins: [`http://${origin}`],
    proxy: { cache: { bytesMax: 67_108_864 } },
    workers: { members: [{ name: 'w1', address, port, metricsPort: 0 }] },
    control: { address, port: sparePort },
  }),
});
