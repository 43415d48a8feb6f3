/**
 * The life of whatever owns sockets or processes, and what it says when it cannot start.
 *
 * `start` settles only when the thing really serves (or really cannot), so a port in use is an error here and never a
 * promise that hangs; `stop` is graceful up to a time limit, then not.
 */
import { isIP } from 'node:net';

export interface Service {
  /** @throws ServiceError when it cannot serve. */
  start(): Promise<void>;
  /** Stops accepting, finishes what is in flight for up to `graceMs`, then cuts. Idempotent. */
  stop(graceMs: number): Promise<void>;
}

/** An operating error meant for a person: what, where and what to do. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
}

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** `127.0.0.1:53`, `[::1]:53`. */
export function formatAddress({ address, port }: SocketAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The reverse, with a port for who gives none; undefined for anything that is not an IP address. */
export function parseAddress(text: string, defaultPort: number): SocketAddress | undefined {
  if (isIP(text) !== 0) return { address: text, port: defaultPort };
  const [, six, four, digits = String(defaultPort)] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = six ?? four ?? '';
  const port = Number(digits);
  return isIP(address) === (six === undefined ? 4 : 6) && port > 0 && port < 65_536 ? { address, port } : undefined;
}

/** Turns the platform's error into one that says what to do about it. `what` names the listener, `option` where its address is set. */
export function listenError(error: NodeJS.ErrnoException, what: string, at: SocketAddress, option: string): ServiceError {
  return new ServiceError(`${what}: cannot listen on ${formatAddress(at)}: ${advice(error, at, option)}`, { cause: error });
}

function advice(error: NodeJS.ErrnoException, { address, port }: SocketAddress, option: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `the port is in use by another process (see \`ss -lptnu 'sport = :${port}'\`); stop it or change ${option}`;
    case 'EADDRNOTAVAIL':
      return `this machine does not have the address; add it (${aliasCommand(address)}) or change ${option}`;
    case 'EACCES':
      return `not permitted; ports below 1024 need a privilege (\`setcap cap_net_bind_service=+ep $(command -v node)\`), or change ${option}`;
    default:
      return `${error.message}; change ${option}`;
  }
}

/** The command that adds the address to this machine. On macOS even 127.0.0.2 must be added; on Linux all of 127/8 is there. */
function aliasCommand(address: string): string {
  if (process.platform === 'darwin') return `\`sudo ifconfig lo0 alias ${address}\``;
  return address.includes(':') ? `\`sudo ip -6 addr add ${address}/128 dev lo\`` : `\`sudo ip addr add ${address}/32 dev lo\``;
}
