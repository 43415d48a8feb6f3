/**
 * A gateway with a cache over the memory engine: the test is the client, the origin and the clock.
 */
import { expect } from 'vitest';
import type { Fields } from '../../../src/proxy/fields.js';
import { createCacheStats, type CacheSettings, type CacheStats } from '../../../src/proxy/cache/options.js';
import type { MemoryClient, RequestOptions } from '../../support/memory-engine.js';
import { openGateway, type Harness } from '../gateway-harness.js';

export const cacheSettings: CacheSettings = {
  bytesMax: 1_000_000,
  entriesMax: 1000,
  objectBytesMax: 100_000,
  sliceBytes: 0,
  graceS: 0,
  staleIfErrorS: 0,
  heuristicMaxS: 86_400,
  negativeTtlS: 0,
  minUses: 1,
  keepS: 2_147_483_648,
  hitForMissS: 120,
  setCookie: false,
};

export interface CacheHarness extends Harness {
  readonly cacheStats: CacheStats;
  get(target?: string, fields?: Fields, options?: RequestOptions): MemoryClient;
  /** The latest attempt answers, and the body is whole. */
  answer(fields: Fields, body?: string, status?: number): void;
  /** As above, of an origin that broke: the attempts go through all origins. */
  refuse(): void;
  status(client: MemoryClient): string | undefined;
}

export function openCache(settings: Partial<CacheSettings> = {}, overrides: Parameters<typeof openGateway>[0] = {}): CacheHarness {
  const cacheStats = createCacheStats();
  const harness = openGateway({ cache: { ...cacheSettings, ...settings, stats: cacheStats }, originNames: ['o1'], ...overrides });
  return {
    ...harness,
    cacheStats,
    get: (target = '/', fields = [], options = {}) => harness.request({ target, fields: ['Host', 'a.test', ...fields], ...options }),
    answer(fields, body = 'body', status = 200) {
      const attempt = harness.attempt();
      attempt.connect();
      const bodiless = attempt.request.method === 'HEAD' || status === 304 || status === 204;
      attempt.head(status, bodiless ? fields : [...fields, 'Content-Length', String(body.length)], bodiless ? 0 : body.length);
      if (!bodiless && body !== '') attempt.data(body);
      attempt.end();
    },
    refuse: () => harness.attempt().fault('connect-refused', 'ECONNREFUSED'),
    status: (client) => client.field('cache-status'),
  };
}

/** What the client has, whole. */
export function expectAnswer(client: MemoryClient, status: number, body: string): void {
  expect({ state: client.state, status: client.head?.status, body: client.body }).toEqual({ state: 'ended', status, body });
}
