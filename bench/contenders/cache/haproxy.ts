/**
 * HAProxy with its cache of small objects: one thread, 64 MB.
 */
import { installed } from '../../harness/contender.js';

export const haproxyCache = installed({
  ...{ name: 'haproxy', title: 'HAProxy', program: 'haproxy', debian: 'haproxy', versionFlag: '-v' },
  files: ({ address, port, origin }) => ({
    'haproxy.cfg': `
global
  nbthread 1
cache all
  total-max-size 64
  max-age 3600
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend clients
  bind ${address}:${port}
  http-request cache-use all
  http-response cache-store all
  default_backend origin
backend origin
  server origin ${origin}
`,
  }),
  args: () => ['-db', '-f', 'haproxy.cfg'],
});
