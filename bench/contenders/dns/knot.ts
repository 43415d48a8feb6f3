/**
 * Knot DNS: one thread for UDP, addresses rotated.
 */
import { installed } from '../../harness/contender.js';
import { zoneFile, zoneName } from '../zone.js';

export const knot = installed({
  ...{ name: 'knot', title: 'Knot DNS', program: 'knotd', debian: 'knot', versionFlag: '-V' },
  files: ({ address, port }) => ({
    zone: zoneFile,
    'knot.conf': `
server:
  rundir: .
  listen: ${address}@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  answer-rotation: on
database:
  storage: .
zone:
  - domain: ${zoneName}
    storage: .
    file: zone
    zonefile-sync: -1
    journal-content: none`,
  }),
  args: () => ['-c', 'knot.conf'],
});
