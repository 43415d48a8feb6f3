/**
 * A gateway over the memory engine and the virtual clock, with what each test wants to know of it.
 */
import { afterEach, expect } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/clock.js';
import type { GatewayOptions } from '../../src/proxy/exchange-state.js';
import type { ExchangeRecord } from '../../src/proxy/exchange.js';
import { createGateway, type Gateway } from '../../src/proxy/gateway.js';
import { originMember, originTarget } from '../../src/proxy/origin-target.js';
import { createGatewayStats, type GatewayStats } from '../../src/proxy/stats.js';
import { createTrustedNetworks } from '../../src/proxy/trust.js';
import { createPool, type Pool } from '../../src/pool/pool.js';
import type { Rotation } from '../../src/pool/rotation.js';
import { createRandom } from '../../src/random.js';
import {
  createMemoryEngine,
  type MemoryAttempt,
  type MemoryClient,
  type MemoryEngine,
  type RequestOptions,
} from '../support/memory-engine.js';

export interface Harness {
  readonly clock: VirtualClock;
  readonly engine: MemoryEngine;
  readonly gateway: Gateway;
  readonly stats: GatewayStats;
  readonly pool: Pool;
  readonly records: Readonly<ExchangeRecord>[];
  readonly nudged: string[];
  readonly broken: string[];
  request(options?: RequestOptions): MemoryClient;
  /** The n-th attempt, the latest by default. */
  attempt(index?: number): MemoryAttempt;
  advance(ms: number): void;
}

type Overrides = Partial<Omit<GatewayOptions, 'timeouts' | 'limits' | 'retries' | 'trusted'>> & {
  readonly origins?: GatewayOptions['origins'];
  readonly originNames?: readonly string[];
  readonly timeouts?: Partial<GatewayOptions['timeouts']>;
  readonly limits?: Partial<GatewayOptions['limits']>;
  readonly retries?: Partial<GatewayOptions['retries']>;
  readonly trustedNetworks?: readonly string[];
};

/** Always in the listed order. */
const fixed: Rotation = {
  order(eligible, _requestor, maxAnswers, order) {
    const count = Math.min(eligible.length, maxAnswers);
    for (let i = 0; i < count; i += 1) order[i] = i;
    return count;
  },
};

const opened: Harness[] = [];

/** What holds for every test: the contract was kept, and nothing that is over has left anything behind. */
afterEach(() => {
  for (const { engine, stats, gateway, clock, records } of opened.splice(0)) {
    expect(engine.violations).toEqual([]);
    gateway.close();
    engine.flush();
    expect(engine.violations).toEqual([]);
    expect({ inFlight: stats.inFlight, queued: stats.queued, tunnels: stats.tunnels }).toEqual({ inFlight: 0, queued: 0, tunnels: 0 });
    expect(clock.pending()).toBe(0);
    expect(new Set(records).size).toBe(records.length);
  }
});

export const standardTimeouts = { connectMs: 1000, responseMs: 20_000, idleMs: 10_000, queueMs: 3000 } as const;

export function openGateway(overrides: Overrides = {}): Harness {
  const { originNames = ['o1', 'o2', 'o3'], timeouts, limits, retries, trustedNetworks = [], ...others } = overrides;
  const clock = createVirtualClock(1000);
  const engine = createMemoryEngine();
  const definitions = originNames.map((name, index) => ({ name, url: `http://10.0.0.${index + 1}:9000`, weight: 1 }));
  const origins = definitions.map(originTarget);
  const stats = createGatewayStats(originNames);
  const pool = createPool(
    origins.map((origin, index) => originMember(origin, definitions[index]!, index)),
    { upThresh: 0.5, initialHealth: 'up', realtimeMs: clock.realtimeMs },
  );
  const records: Readonly<ExchangeRecord>[] = [];
  const nudged: string[] = [];
  const broken: string[] = [];
  const server = engine.create({
    listen: { address: '127.0.0.1', port: 0 },
    limits: {
      ...{ headerBytes: 1, headersMax: 1, targetBytes: 1, connectionsMax: 1 },
      ...{ originConnectionsMax: 1, originIdleMax: 1, originRequestsMax: 1 },
    },
    timeouts: { headersMs: 1, requestMs: 1, keepAliveMs: 1, originKeepAliveMs: 1, originAgeMs: 1 },
    onExchange: (downstream) => gateway.accept(downstream),
    onRepeated: others.cache === undefined ? undefined : (text, client) => gateway.repeated(text, client),
    onBrokenRequest: (code, client) => gateway.broken(code, client),
  });
  const gateway = createGateway({
    forward: server.forward,
    pool,
    rotation: fixed,
    origins,
    host: 'rewrite',
    trusted: createTrustedNetworks(trustedNetworks),
    via: { pseudonym: 'w1', instance: 'cafe' },
    timeouts: { ...standardTimeouts, ...timeouts },
    limits: { bodyBytes: 1000, maxconn: 100, maxqueue: 100, ...limits },
    retries: { max: 2, budgetPercent: 20, budgetMin: 3, ...retries },
    stats,
    clock,
    random: createRandom(1),
    onFinish: (record) => records.push(record),
    onBrokenRequest: (_id, code) => broken.push(code),
    onConnectFault: (origin) => nudged.push(origin),
    ...others,
  });
  const harness: Harness = {
    clock,
    engine,
    gateway,
    stats,
    pool,
    records,
    nudged,
    broken,
    request: engine.request,
    attempt: (index = engine.attempts.length - 1) => engine.attempts[index] ?? raise(`there is no attempt ${index}`),
    advance(ms) {
      clock.advance(ms);
      engine.flush();
    },
  };
  opened.push(harness);
  return harness;
}

function raise(message: string): never {
  throw new Error(message);
}
