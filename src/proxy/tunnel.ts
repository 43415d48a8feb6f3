/**
 * One attempt to have an origin switch protocols (WebSocket), and the connection that comes of it.
 *
 * Until the origin has answered it is like any attempt: limited in time, and another origin may be tried after a fault.
 * From then on bytes flow inside the engine and no time limit of ours applies: such connections are silent for hours.
 */
import type { Attempt, Downstream, Forward, Origin, TunnelListener, UpstreamRequest } from './engines/engine.js';
import type { ExchangeRecord } from './exchange.js';
import type { AttemptProgress, FaultCode } from './fault.js';
import type { RelayContext, TimedOut } from './relay.js';
import { stopTimeout } from './timeouts.js';

export interface TunnelOwner {
  readonly downstream: Downstream;
  readonly record: ExchangeRecord;
  /** The origin has answered with that status, and the client has its answer. */
  onSwitched(status: number): void;
  onTunnelClosed(): void;
  onBroken(code: FaultCode, detail: string): void;
}

export interface Tunnel extends TimedOut, TunnelListener, AttemptProgress {
  readonly owner: TunnelOwner;
  readonly context: RelayContext;
  readonly startedMs: number;
  attempt: Pick<Attempt, 'abort'> | undefined;
  connected: boolean;
  reused: boolean;
  readonly bodyStarted: false;
  answered: boolean;
}

export function startTunnel(owner: TunnelOwner, context: RelayContext, forward: Forward, request: UpstreamRequest, origin: Origin): Tunnel {
  const tunnel: Tunnel = {
    dueMs: 0,
    list: undefined,
    earlier: undefined,
    later: undefined,
    owner,
    context,
    startedMs: context.clock.monotonicMs(),
    attempt: undefined,
    connected: false,
    reused: false,
    bodyStarted: false,
    answered: false,
    onTimeout,
    onConnect,
    onHead,
    onClose,
    onFault,
  };
  tunnel.attempt = forward.tunnel(owner.downstream, request, origin, tunnel);
  context.connect.start(tunnel);
  return tunnel;
}

export function abortTunnel(tunnel: Tunnel): void {
  over(tunnel)?.abort();
}

function over(tunnel: Tunnel): Pick<Attempt, 'abort'> | undefined {
  const { attempt } = tunnel;
  if (attempt !== undefined && tunnel.answered) tunnel.context.stats.tunnels -= 1;
  tunnel.attempt = undefined;
  stopTimeout(tunnel);
  return attempt;
}

function onConnect(this: Tunnel, reused: boolean): void {
  if (this.attempt === undefined) return;
  this.connected = true;
  this.reused = reused;
  this.owner.record.connectMs = this.context.clock.monotonicMs() - this.startedMs;
  this.context.response.start(this);
}

function onHead(this: Tunnel, status: number): void {
  if (this.attempt === undefined) return;
  this.answered = true;
  this.context.stats.tunnels += 1;
  this.owner.record.firstByteMs = this.context.clock.monotonicMs() - this.startedMs;
  stopTimeout(this);
  this.owner.onSwitched(status);
}

function onClose(this: Tunnel, bytesUp: number, bytesDown: number): void {
  if (over(this) === undefined) return;
  this.context.stats.requestBodyBytesTotal += bytesUp;
  this.context.stats.responseBodyBytesTotal += bytesDown;
  this.owner.record.requestBodyBytes = bytesUp;
  this.owner.record.responseBodyBytes = bytesDown;
  this.owner.onTunnelClosed();
}

function onFault(this: Tunnel, code: FaultCode, detail: string): void {
  if (over(this) !== undefined) this.owner.onBroken(code, detail);
}

function onTimeout(this: Tunnel): void {
  const code = this.connected ? 'response-timeout' : 'connect-timeout';
  abortTunnel(this);
  this.owner.onBroken(code, '');
}
