/**
 * PowerDNS: zone file backend, one thread; answers come from its packet cache, as it ships.
 */
import { installed } from '../../harness/contender.js';
import { zoneFile, zoneName } from '../zone.js';

export const powerdns = installed({
  ...{ name: 'powerdns', title: 'PowerDNS', program: 'pdns_server', debian: 'pdns-backend-bind', versionFlag: '--version' },
  files: () => ({ zone: zoneFile, 'zones.conf': `zone "${zoneName}" { type master; file "zone"; };` }),
  args: ({ address, port }) => [
    ...['--no-config', '--config-dir=.', '--socket-dir=.', '--daemon=no', '--guardian=no', '--disable-syslog'],
    ...['--launch=bind', '--bind-config=zones.conf', `--local-address=${address}`, `--local-port=${port}`],
    ...['--receiver-threads=1', '--distributor-threads=1', '--security-poll-suffix='],
  ],
});
