/**
 * BIND: authoritative only, one thread, answers as short and rotated as ours.
 */
import { installed } from '../../harness/contender.js';
import { zoneFile, zoneName } from '../zone.js';

export const bind = installed({
  ...{ name: 'bind', title: 'BIND', program: 'named', debian: 'bind9', versionFlag: '-v' },
  files: ({ address, port }) => ({
    zone: zoneFile,
    'named.conf': `
      options {
        directory "."; pid-file none; session-keyfile "session.key";
        listen-on port ${port} { ${address}; }; listen-on-v6 { none; };
        recursion no; dnssec-validation no; notify no; empty-zones-enable no; minimal-responses yes;
        rrset-order { order cyclic; };
      };
      controls { };
      zone "${zoneName}" { type primary; file "zone"; };`,
  }),
  args: () => ['-g', '-n', '1', '-c', 'named.conf'],
});
