/**
 * nginx: one worker process, connections kept alive both ways and never closed for their number of requests. Its buffers are as large as
 * one read of ours, with which long bodies cost it least, and what a client has not taken yet is not written to disk.
 */
import { userInfo } from 'node:os';
import { installed } from '../../harness/contender.js';

export const nginx = installed({
  ...{ name: 'nginx', title: 'nginx', program: 'nginx', debian: 'nginx-light', versionFlag: '-v' },
  files: ({ address, port, origin }) => ({
    'nginx.conf': `
      daemon off; worker_processes 1; pid nginx.pid; user ${userInfo().username};
      events { worker_connections 4096; }
      http {
        access_log off; keepalive_requests 1000000000;
        client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
        proxy_buffer_size 64k; proxy_buffers 16 64k; proxy_busy_buffers_size 128k; proxy_max_temp_file_size 0;
        upstream origin { server ${origin}; keepalive 256; keepalive_requests 1000000000; }
        server {
          listen ${address}:${port};
          location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }
        }
      }`,
  }),
  args: () => ['-p', '.', '-e', 'stderr', '-c', 'nginx.conf'],
});
