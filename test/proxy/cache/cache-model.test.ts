/**
 * Any order of events on a small gateway with a cache: what a client takes for whole is one answer of the origin to what that client
 * asked, not older than it may be, and nothing is left behind.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FaultCode } from '../../../src/proxy/fault.js';
import type { MemoryAttempt, MemoryClient } from '../../support/memory-engine.js';
import { openCache, type CacheHarness } from './cache-harness.js';

const targets = ['/a', '/b'] as const;
const controls = [
  'max-age=10',
  'max-age=10, stale-while-revalidate=10',
  'max-age=10, stale-if-error=20',
  'max-age=0',
  'no-cache',
  'private',
  'no-store',
  'must-revalidate, max-age=5',
] as const;

const which = fc.nat(6);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('request' as const),
      target: fc.constantFrom(...targets),
      method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'HEAD', 'POST'),
      language: fc.constantFrom('', 'de', 'en'),
      fields: fc.constantFrom([], [], ['Cache-Control', 'no-cache'], ['Cache-Control', 'max-stale=5'], ['Range', 'bytes=1-2'], ['If-None-Match', '"0"']),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('client' as const), which, what: fc.constantFrom('leave', 'block', 'drain') }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('origin' as const),
      which,
      what: fc.constantFrom('head', 'data', 'end', 'end', 'end', 'fault', 'same', 'broken'),
      control: fc.constantFrom(...controls),
      vary: fc.boolean(),
      known: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(1000, 4000, 11_000) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Play {
  readonly client: MemoryClient;
  readonly target: string;
  readonly language: string;
  readonly method: string;
  readonly askedMs: number;
  readonly ranged: boolean;
}

/** An answer of the origin: which request it is for, all of its body, and how much of it was sent. */
interface Answer {
  readonly body: string;
  readonly target: string;
  readonly language: string;
  readonly vary: boolean;
  readonly status: number;
  sent: number;
  over: boolean;
  /** When it, or a 304 for it, last came. */
  atMs: number;
}

class World {
  readonly plays: Play[] = [];
  readonly answers = new Map<MemoryAttempt, Answer>();
  readonly byBody = new Map<string, Answer>();
  #serial = 0;
  constructor(readonly cache: CacheHarness) {}

  act(step: Step): void {
    if (step.do === 'time') this.cache.advance(step.ms);
    else if (step.do === 'request') this.request(step);
    else if (step.do === 'client') this.client(step);
    else this.origin(step);
  }

  request({ target, method, language, fields }: Extract<Step, { do: 'request' }>): void {
    const client = this.cache.get(target, [...(language === '' ? [] : ['Accept-Language', language]), ...fields], { method });
    this.plays.push({ client, target, language, method, askedMs: this.cache.clock.monotonicMs(), ranged: fields[0] === 'Range' });
  }

  client({ which: index, what }: Extract<Step, { do: 'client' }>): void {
    const client = this.plays.at(-1 - index)?.client;
    if (what === 'leave') client?.leave();
    if (client === undefined || what === 'leave') return;
    client.window = what === 'block' ? 1 : Infinity;
    if (what === 'drain') client.drain();
  }

  origin({ which: index, what, control, vary, known }: Extract<Step, { do: 'origin' }>): void {
    const open = this.cache.engine.attempts.filter((attempt) => !attempt.aborted && this.answers.get(attempt)?.over !== true);
    const attempt = open.at(index % Math.max(1, open.length));
    if (attempt === undefined) return;
    const answer = this.answers.get(attempt);
    if (answer === undefined) this.head(attempt, what, { control, vary, known });
    else if (what === 'data' || what === 'head') this.data(attempt, answer);
    else if (what === 'end' || what === 'same') {
      while (answer.sent < answer.body.length && attempt.flowing && !attempt.aborted) this.data(attempt, answer);
      if (answer.sent < answer.body.length || attempt.aborted) return;
      answer.over = true;
      attempt.end();
    } else if (what === 'fault') {
      answer.over = true;
      attempt.fault('reset-mid-response' satisfies FaultCode);
    }
  }

  head(attempt: MemoryAttempt, what: string, { control, vary, known }: { control: string; vary: boolean; known: boolean }): void {
    const { method, target } = attempt.request;
    const language = attempt.field('accept-language') ?? '';
    attempt.connect();
    const asked = /"(\d+)"/.exec(attempt.field('if-none-match') ?? '')?.[1];
    const same = asked === undefined ? undefined : [...this.byBody.values()].find(({ body }) => body.startsWith(`<${asked} `));
    const blank = { target, language, vary, sent: 0, over: false, atMs: this.cache.clock.monotonicMs(), body: '' };
    if (what === 'fault') {
      this.answers.set(attempt, { ...blank, status: 0, over: true });
      return attempt.fault('response-timeout');
    }
    if (what === 'same' && same !== undefined && same.vary === vary && same.language === language) {
      same.atMs = blank.atMs;
      this.answers.set(attempt, { ...blank, status: 304, over: true });
      attempt.head(304, ['ETag', `"${asked}"`], 0);
      return attempt.end();
    }
    const serial = (this.#serial += 1);
    const body = `<${serial} ${target} ${vary ? language : '*'} ${'x'.repeat((serial * 7) % 60)}>`;
    const status = what === 'broken' ? 503 : method === 'POST' ? 204 : 200;
    const bodiless = method === 'HEAD' || status === 204;
    const answer = { ...blank, status, body: bodiless ? '' : body };
    this.answers.set(attempt, answer);
    if (!bodiless) this.byBody.set(body, answer);
    const length = known ? ['Content-Length', String(body.length)] : [];
    const fields = ['Cache-Control', control, 'ETag', `"${serial}"`, ...(vary ? ['Vary', 'Accept-Language'] : []), ...(bodiless ? [] : length)];
    attempt.head(status, fields, bodiless ? 0 : known ? body.length : undefined);
  }

  data(attempt: MemoryAttempt, answer: Answer): void {
    if (!attempt.flowing || answer.sent >= answer.body.length || attempt.aborted) return;
    const part = answer.body.slice(answer.sent, answer.sent + 9);
    answer.sent += part.length;
    attempt.data(part);
  }

  /** What each client that has an end took for the whole. */
  check(): void {
    for (const { client, target, language, method, askedMs, ranged } of this.plays) {
      if (client.state !== 'ended' || client.head?.status !== 200 || method !== 'GET') continue;
      const answer = this.byBody.get(client.body);
      expect(answer, client.body).toBeDefined();
      expect(answer?.target).toBe(target);
      if (answer?.vary === true) expect(answer.language).toBe(language);
      if (ranged) continue;
      // 10 s fresh, 20 s beyond at most, and no answer takes longer than 20 s.
      expect(answer?.atMs).toBeGreaterThanOrEqual(askedMs - 30_000);
    }
  }
}

it('holds its promises whatever happens', () => {
  let hits = 0;
  let shared = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 150 }), fc.constantFrom(45, 100_000), (steps, objectBytesMax) => {
      const cache = openCache({ objectBytesMax, bytesMax: 12_000 }, { limits: { maxconn: 8, maxqueue: 8 }, originNames: ['o1'] });
      const world = new World(cache);
      for (const each of steps) {
        world.act(each);
        expect(cache.cacheStats.store.bytes).toBeLessThanOrEqual(12_000);
      }
      world.check();
      for (const { client } of world.plays) client.leave();
      cache.advance(60_000);
      expect(cache.engine.violations).toEqual([]);
      expect(cache.records).toHaveLength(world.plays.length);
      expect(cache.stats).toMatchObject({ inFlight: 0, queued: 0 });
      for (const target of targets) {
        cache.get(target, [], { method: 'POST' });
        cache.answer([], '', 204);
      }
      expect(cache.cacheStats.store).toMatchObject({ bytes: 0, entries: 0 });
      hits += cache.cacheStats.requests.at(0);
      shared += cache.cacheStats.collapsedTotal;
    }),
    { numRuns: 600 },
  );
  expect(hits).toBeGreaterThan(100);
  expect(shared).toBeGreaterThan(100);
});
