/**
 * The DNS server: one responder behind UDP and TCP of the same address and port.
 *
 * Both listen or neither does. Once it runs, no error of a socket ends it: errors are logged, at most one line in ten
 * seconds, since outsiders can cause some of them at will.
 */
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { formatAddress, listenError, ServiceError, type Service, type SocketAddress } from '../service.js';
import type { Responder } from './responder.js';
import type { DnsStats } from './stats.js';
import { openTcp, type TcpLimits, type TcpListener } from './tcp.js';
import { openUdp, type UdpListener } from './udp.js';

export interface DnsServerOptions {
  /** Port 0: any that is free for both transports. */
  readonly listen: SocketAddress;
  readonly responder: Responder;
  readonly stats: DnsStats;
  readonly tcp: TcpLimits;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DnsServer extends Service {
  /** The real port, once started. */
  address(): SocketAddress;
}

interface Listeners {
  readonly udp: UdpListener;
  readonly tcp: TcpListener;
}

/** UDP picks the free port; that TCP finds it taken is rare, and several times in a row rarer. */
const portAttempts = 10;

export function createDnsServer(options: DnsServerOptions): DnsServer {
  let listeners: Listeners | undefined;
  let stopped: Promise<unknown> | undefined;
  return {
    async start() {
      listeners = await open(options, portAttempts);
    },
    async stop(graceMs) {
      stopped ??= Promise.all([listeners?.udp.close(), listeners?.tcp.close(graceMs)]);
      await stopped;
    },
    address: () => ({ address: options.listen.address, port: listeners?.udp.port ?? options.listen.port }),
  };
}

async function open(options: DnsServerOptions, attempts: number): Promise<Listeners> {
  const { listen, responder, stats, tcp: limits, clock } = options;
  const onError = createErrorLog(options);
  const udp = await openUdp(listen, { responder, stats, onError }).catch((error: unknown) => {
    throw told(error, 'UDP', listen);
  });
  const at = { address: listen.address, port: udp.port };
  try {
    return { udp, tcp: await openTcp(at, { responder, stats, limits, clock, onError }) };
  } catch (error) {
    await udp.close();
    if (listen.port === 0 && attempts > 1) return open(options, attempts - 1);
    throw told(error, 'TCP', at);
  }
}

function told(error: unknown, transport: string, at: SocketAddress): ServiceError {
  return listenError(error as NodeJS.ErrnoException, `dns (${transport})`, at, 'dns.address or dns.port'); // sockets fail with nothing else
}

function createErrorLog({ clock, log, listen }: DnsServerOptions): (error: Error) => void {
  let quietUntilMs = -Infinity;
  let unsaid = 0;
  return (error) => {
    const nowMs = clock.monotonicMs();
    if (nowMs < quietUntilMs) {
      unsaid += 1;
      return;
    }
    log.error({ err: error, listen: formatAddress(listen), unsaid }, 'dns: socket error');
    quietUntilMs = nowMs + 10_000;
    unsaid = 0;
  };
}
