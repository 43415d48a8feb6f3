/**
 * HAProxy: one thread, connections kept alive both ways and shared by all clients.
 */
import { installed } from '../../harness/contender.js';

export const haproxy = installed({
  ...{ name: 'haproxy', title: 'HAProxy', program: 'haproxy', debian: 'haproxy', versionFlag: '-v' },
  files: ({ address, port, origin }) => ({
    'haproxy.cfg': `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend clients
  bind ${address}:${port}
  default_backend origin
backend origin
  http-reuse always
  server origin ${origin}
`,
  }),
  args: () => ['-db', '-f', 'haproxy.cfg'],
});
