/**
 * gdnsd: one thread for UDP; it rotates addresses by itself.
 */
import { installed } from '../../harness/contender.js';
import { zoneFile, zoneName } from '../zone.js';

export const gdnsd = installed({
  ...{ name: 'gdnsd', title: 'gdnsd', program: 'gdnsd', debian: 'gdnsd', versionFlag: '-V' },
  files: ({ address, port }) => ({
    [`zones/${zoneName}`]: zoneFile,
    config: `options => {
      listen => [ ${address}:${port} ], udp_threads => 1, tcp_threads => 1
      run_dir => ./run, state_dir => ./state
    }`,
  }),
  args: () => ['-c', '.', 'start'],
});
