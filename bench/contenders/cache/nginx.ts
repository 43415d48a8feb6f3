/**
 * nginx with proxy_cache: keys in shared memory, bodies in files, which the kernel keeps in memory.
 */
import { userInfo } from 'node:os';
import { installed } from '../../harness/contender.js';

export const nginxCache = installed({
  ...{ name: 'nginx', title: 'nginx', program: 'nginx', debian: 'nginx-light', versionFlag: '-v' },
  files: ({ address, port, origin }) => ({
    'nginx.conf': `
      daemon off; worker_processes 1; pid nginx.pid; user ${userInfo().username};
      events { worker_connections 4096; }
      http {
        access_log off; keepalive_requests 1000000000; open_file_cache max=1000;
        client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
        proxy_cache_path cache levels=1:2 keys_zone=all:10m use_temp_path=off;
        server {
          listen ${address}:${port};
          location / { proxy_pass http://${origin}; proxy_cache all; }
        }
      }`,
  }),
  args: () => ['-p', '.', '-e', 'stderr', '-c', 'nginx.conf'],
});
