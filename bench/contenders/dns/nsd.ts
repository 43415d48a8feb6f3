/**
 * NSD: one server process, addresses rotated, without the rate limit that Debian builds in.
 */
import { installed } from '../../harness/contender.js';
import { zoneFile, zoneName } from '../zone.js';

export const nsd = installed({
  ...{ name: 'nsd', title: 'NSD', program: 'nsd', debian: 'nsd', versionFlag: '-v' },
  files: ({ address, port }) => ({
    zone: zoneFile,
    'nsd.conf': `
server:
  ip-address: ${address}@${port}
  server-count: 1
  round-robin: yes
  minimal-responses: yes
  rrl-ratelimit: 0
  username: "" chroot: "" zonesdir: "." database: "" pidfile: "" zonelistfile: "zonelist" xfrdir: "." xfrdfile: "xfrd"
remote-control:
  control-enable: no
zone:
  name: ${zoneName}
  zonefile: zone`,
  }),
  args: () => ['-d', '-c', 'nsd.conf'],
});
