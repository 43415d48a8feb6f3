/**
 * Our worker, as `roundhouse worker` runs it, with each engine that there is. It finds no control process, and serves all the same.
 */
import { engineDefault, engineNames } from '../../../src/config/schema.js';
import { ours } from '../../harness/contender.js';

export const engines = engineNames.map((engine) =>
  ours({
    name: engine === engineDefault ? 'ours' : `ours-${engine}`,
    role: 'worker',
    detail: `, engine ${engine}`,
    config: ({ address, port, sparePort, origin }) => ({
      origins: [`http://${origin}`],
      proxy: { engine, limits: { originRequestsMax: 1_000_000_000 } }, // as nginx's here, and HAProxy's always
      workers: { members: [{ name: 'w1', address, port, metricsPort: 0 }] },
      control: { address, port: sparePort },
    }),
  }),
);
