/**
 * A real unbound that forwards our zone, on a loopback address of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatAddress, type SocketAddress } from '../../src/service.js';

export interface Unbound {
  stop(): Promise<void>;
}

/** Resolves when it serves. @param dns where queries for roundhouse.test go */
export async function startUnbound(at: SocketAddress, dns: SocketAddress): Promise<Unbound> {
  const directory = mkdtempSync(join(tmpdir(), 'roundhouse-unbound-'));
  const config = join(directory, 'unbound.conf');
  writeFileSync(config, configOf(at, dns, directory));
  const child = spawn('unbound', ['-d', '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  await serves(child, at);
  return {
    async stop() {
      const closed = once(child, 'close');
      child.kill();
      await closed;
      rmSync(directory, { recursive: true });
    },
  };
}

function configOf({ address, port }: SocketAddress, dns: SocketAddress, directory: string): string {
  return `server:
  interface: ${address}@${port}
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "${directory}"
  pidfile: ""
  module-config: "iterator"
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
  local-zone: "test." nodefault
forward-zone:
  name: "roundhouse.test"
  forward-addr: ${dns.address}@${dns.port}
`;
}

function serves(child: ChildProcess, at: SocketAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (text: Buffer) => /start of service/.test(text.toString()) && resolve());
    child.once('exit', (code) => reject(new Error(`unbound at ${formatAddress(at)} ended with ${code}`)));
  });
}
