/**
 * Our DNS process, as `roundhouse dns` runs it. Nobody probes and it finds no control process, so all are up from the beginning.
 */
import { ours } from '../../harness/contender.js';
import { addresses, ttlS, zoneName } from '../zone.js';

export const roundhouse = ours({
  name: 'ours',
  role: 'dns',
  config: ({ address, port, sparePort }) => ({
    dns: { zone: zoneName, name: 'www', address, port, metricsAddress: address, metricsPort: 0, policy: 'round-robin', ttl: ttlS },
    workers: {
      members: addresses.map((member, index) => ({ name: `w${index + 1}`, address: member })),
      probe: { initialState: 'up', timeoutMs: 1 }, // so long it waits for word of the first probes
    },
    control: { address, port: sparePort },
  }),
});
