/**
 * All that an exchange is while it lasts, in one plain object that is at once the listener of its own events.
 *
 * The functions behind the events are shared by all exchanges, so a request costs a few objects and no closures.
 */
import type { Clock } from '../clock.js';
import type { Pool, PoolMember } from '../pool/pool.js';
import type { Requestor, Rotation } from '../pool/rotation.js';
import type { Random } from '../random.js';
import type { AccessLog } from './access-log.js';
import { createAdmission, type Admission, type Waiter } from './admission.js';
import type { Downstream, DownstreamListener, Forward } from './engines/engine.js';
import type { ExchangeListener, ExchangeRecord } from './exchange.js';
import type { OriginTarget } from './origin-target.js';
import type { Relay, RelayContext, RelayOwner, TimedOut } from './relay.js';
import { createRetryBudget, type RetryBudget } from './retry.js';
import { newRequestId, readArrival, type Arrival, type RewriteOptions } from './rewriting.js';
import type { GatewayStats } from './stats.js';
import { createTimeoutList, type TimeoutList } from './timeouts.js';
import type { Tunnel, TunnelOwner } from './tunnel.js';

export interface GatewayOptions extends RewriteOptions {
  readonly forward: Forward;
  readonly pool: Pool;
  readonly rotation: Rotation;
  /** By the index of their members. */
  readonly origins: readonly OriginTarget[];
  readonly timeouts: { readonly connectMs: number; readonly responseMs: number; readonly idleMs: number; readonly queueMs: number };
  readonly limits: { readonly bodyBytes: number; readonly maxconn: number; readonly maxqueue: number };
  readonly retries: { readonly max: number; readonly budgetPercent: number; readonly budgetMin: number };
  readonly stats: GatewayStats;
  readonly clock: Clock;
  readonly random: Random;
  readonly onFinish: ExchangeListener;
  readonly onBrokenRequest: AccessLog['brokenRequest'];
  /** An origin that counts as up does not accept connections. */
  readonly onConnectFault: (origin: string) => void;
}

/** What all exchanges of a gateway share. */
export interface Core extends GatewayOptions {
  readonly context: RelayContext;
  readonly admission: Admission;
  readonly budget: RetryBudget;
  readonly active: Set<Exchange>;
  /** Both reused for every call of the rotation. */
  readonly requestor: { -readonly [K in keyof Requestor]: Requestor[K] };
  readonly order: Uint16Array;
  state: 'open' | 'draining' | 'closed';
}

export function createCore(options: GatewayOptions): Core {
  const { clock, stats, timeouts, limits } = options;
  const listOf = (delayMs: number): TimeoutList<TimedOut> => createTimeoutList(clock, delayMs, (entry) => entry.onTimeout());
  return {
    ...options,
    context: { clock, stats, connect: listOf(timeouts.connectMs), response: listOf(timeouts.responseMs), idle: listOf(timeouts.idleMs) },
    admission: createAdmission({ maxconn: limits.maxconn, maxqueue: limits.maxqueue, queueMs: timeouts.queueMs, clock, stats }),
    budget: createRetryBudget(options.retries),
    active: new Set(),
    requestor: { address: '' },
    order: new Uint16Array(Math.max(1, options.pool.members.length)),
    state: 'open',
  };
}

export interface ExchangeEvents extends Omit<DownstreamListener & RelayOwner & TunnelOwner, 'downstream' | 'record'> {
  onAdmitted(): void;
  onQueueTimeout(): void;
  onTimeout(): void;
}

export interface Exchange extends ExchangeEvents, Waiter, TimedOut {
  readonly core: Core;
  readonly downstream: Downstream;
  readonly arrival: Arrival;
  readonly record: ExchangeRecord;
  readonly beganMs: number;
  /** Origins in the order in which they are to be tried. */
  choices: readonly PoolMember[];
  /** The origin of the last attempt. */
  member: PoolMember | undefined;
  /** The attempt under way, if any: one of the two. */
  relay: Relay | undefined;
  tunnel: Tunnel | undefined;
  admitted: boolean;
  /** Holds a place in the retry budget. */
  retrying: boolean;
  /**
   * Had a retry for an idle connection that ended under it. One is outside the budget: it costs an origin what it was asked before
   * and did not do, and when an origin ends all its idle connections, all the requests on them are due at once.
   */
  raced: boolean;
  requestComplete: boolean;
  /** The client has a head. */
  responded: boolean;
  done: boolean;
}

/** Written out in full: with spreads the same object costs 55 µs on Node 20 instead of 0.04. */
export function newExchange(core: Core, downstream: Downstream, events: ExchangeEvents): Exchange {
  const arrival = readArrival(downstream, core);
  return {
    dueMs: 0,
    list: undefined,
    earlier: undefined,
    later: undefined,
    core,
    downstream,
    arrival,
    record: newRecord(core, downstream, arrival),
    beganMs: core.clock.monotonicMs(),
    choices: [],
    member: undefined,
    relay: undefined,
    tunnel: undefined,
    admitted: false,
    retrying: false,
    raced: false,
    requestComplete: downstream.request.bodyBytes === 0,
    responded: false,
    done: false,
    onAdmitted: events.onAdmitted,
    onQueueTimeout: events.onQueueTimeout,
    onTimeout: events.onTimeout,
    onData: events.onData,
    onEnd: events.onEnd,
    onDrain: events.onDrain,
    onAbort: events.onAbort,
    onSent: events.onSent,
    onInterim: events.onInterim,
    onAnswer: events.onAnswer,
    onRelayed: events.onRelayed,
    onSwitched: events.onSwitched,
    onTunnelClosed: events.onTunnelClosed,
    onBroken: events.onBroken,
  };
}

function newRecord(core: Core, { request, upgrade }: Downstream, arrival: Arrival): ExchangeRecord {
  return {
    id: arrival.requestId ?? newRequestId(core.random),
    startedMs: core.clock.realtimeMs(),
    method: request.method,
    target: request.target,
    host: arrival.fields.host,
    client: arrival.client,
    upgrade,
    status: 0,
    origin: undefined,
    attempts: 0,
    fault: undefined,
    detail: '',
    queueMs: 0,
    connectMs: 0,
    firstByteMs: 0,
    totalMs: 0,
    requestBodyBytes: 0,
    responseBodyBytes: 0,
  };
}
