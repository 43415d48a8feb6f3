/**
 * Any order of events, over little memory: what a client has is always the beginning of what its head promised, of one version, and
 * nothing is left behind.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MemoryAttempt, MemoryClient } from '../../../support/memory-engine.js';
import { openCache, type CacheHarness } from '../cache-harness.js';

const total = 1000;
const sliceBytes = 100;
const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** Of periods without a common divisor, so that no part of one is a part of another at the same place. */
const wholes = [7, 11, 13].map((period) => Array.from({ length: total }, (_, at) => letters[(at % period) + period]).join(''));

type Event =
  | { readonly what: 'ask'; readonly first: number; readonly size: number | undefined; readonly window: number }
  | { readonly what: 'head' | 'data' | 'fault' | 'leave' | 'drain'; readonly at: number; readonly how: number }
  | { readonly what: 'change' }
  | { readonly what: 'delete' }
  | { readonly what: 'wait'; readonly ms: number };

const nat = (max: number) => fc.noBias(fc.nat({ max }));
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant('ask' as const),
      first: nat(total),
      size: fc.option(nat(300), { nil: undefined }),
      window: fc.constantFrom(0, 1, Infinity),
    }),
  },
  ...(['head', 'data', 'data', 'drain'] as const).map((what) => ({
    weight: 4,
    arbitrary: fc.record({ what: fc.constant(what), at: nat(20), how: nat(19) }),
  })),
  ...(['fault', 'leave'] as const).map((what) => ({ weight: 1, arbitrary: fc.record({ what: fc.constant(what), at: nat(20), how: nat(19) }) })),
  { weight: 1, arbitrary: fc.constantFrom({ what: 'change' as const }, { what: 'delete' as const }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('wait' as const), ms: nat(3000) }) },
);

/** An origin's answer under way. */
interface Sending {
  rest: string;
  over: boolean;
}

class Play {
  readonly cache: CacheHarness;
  readonly clients: { readonly client: MemoryClient; readonly first: number }[] = [];
  readonly #sending = new Map<MemoryAttempt, Sending>();
  #version = 0;

  constructor() {
    // Room for few of the slices: 2300 bytes are counted for each.
    this.cache = openCache({ sliceBytes, bytesMax: 15_000, objectBytesMax: 50, hitForMissS: 2 }, { retries: { max: 0 } });
  }

  act(event_: Event): void {
    if (event_.what === 'ask') this.#ask(event_.first, event_.size, event_.window);
    else if (event_.what === 'change') this.#version = (this.#version + 1) % wholes.length;
    else if (event_.what === 'delete') this.#delete();
    else if (event_.what === 'wait') this.cache.advance(event_.ms);
    else if (event_.what === 'leave' || event_.what === 'drain') this.#client(event_.what, event_.at);
    else this.#origin(event_.what, event_.at, event_.how);
    expect(this.cache.cacheStats.store.bytes).toBeLessThanOrEqual(15_000);
  }

  #ask(first: number, size: number | undefined, window: number): void {
    const fields = size === undefined && first % 5 === 0 ? [] : ['Range', `bytes=${first}-${size === undefined ? '' : first + size}`];
    const client = this.cache.get('/', fields);
    client.window = window;
    this.clients.push({ client, first });
  }

  #delete(): void {
    const before = this.cache.engine.attempts.length;
    this.cache.get('/', [], { method: 'DELETE' });
    const attempt = this.cache.attempt(before);
    attempt.connect();
    attempt.head(204, [], 0);
    attempt.end();
    this.#sending.set(attempt, { rest: '', over: true });
  }

  #client(what: 'leave' | 'drain', at: number): void {
    const open = this.clients.filter(({ client }) => client.state === 'open');
    const { client } = open[at % open.length] ?? {};
    if (client === undefined) return;
    if (what === 'leave') client.leave();
    else client.drain();
  }

  #origin(what: 'head' | 'data' | 'fault', at: number, how: number): void {
    const open = this.cache.engine.attempts.filter((attempt) => !attempt.aborted && this.#sending.get(attempt)?.over !== true);
    const attempt = open[at % open.length];
    if (attempt === undefined) return;
    const sending = this.#sending.get(attempt);
    if (what === 'fault') this.#fault(attempt);
    else if (sending === undefined) this.#head(attempt, how);
    else if (attempt.flowing) this.#data(attempt, sending, how);
  }

  #fault(attempt: MemoryAttempt): void {
    const answered = this.#sending.has(attempt);
    this.#sending.set(attempt, { rest: '', over: true });
    if (!answered) attempt.connect();
    attempt.fault(answered ? 'reset-mid-response' : 'response-timeout');
  }

  #head(attempt: MemoryAttempt, how: number): void {
    const whole = wholes[this.#version] as string; // there are as many
    const etag = `"${this.#version}"`;
    const fields = ['Cache-Control', `max-age=${how % 3}`, 'ETag', etag, 'Accept-Ranges', 'bytes'];
    const [, from, to = ''] = /^bytes=(\d+)-(\d*)$/.exec(attempt.field('range') ?? '') ?? [];
    const first = Number(from ?? 0);
    // One time in five as an origin that does not know If-Range.
    const isPart = from !== undefined && how > 0 && (how % 5 === 4 || (attempt.field('if-range') ?? etag) === etag);
    const body = isPart ? whole.slice(first, to === '' ? total : Number(to) + 1) : whole;
    attempt.connect();
    if (how === 1) return this.#respond(attempt, 503, [], 'down');
    if (attempt.field('if-none-match') === etag) return this.#respond(attempt, 304, fields, '');
    if (isPart && body === '') return this.#respond(attempt, 416, ['Content-Range', `bytes */${total}`], '');
    const range = isPart ? ['Content-Range', `bytes ${first}-${first + body.length - 1}/${total}`] : [];
    this.#respond(attempt, isPart ? 206 : 200, [...fields, ...range], body);
  }

  #respond(attempt: MemoryAttempt, status: number, fields: readonly string[], body: string): void {
    this.#sending.set(attempt, { rest: body, over: false });
    attempt.head(status, fields, body.length);
  }

  #data(attempt: MemoryAttempt, sending: Sending, how: number): void {
    const piece = sending.rest.slice(0, 10 + 20 * how);
    sending.rest = sending.rest.slice(piece.length);
    if (piece !== '') attempt.data(piece);
    if (sending.rest !== '' || attempt.aborted) return;
    sending.over = true;
    attempt.end();
  }

  /** Every origin answers, and every client takes all there is. */
  finish(): void {
    for (let turn = 0; turn < 3000 && this.clients.some(({ client }) => client.state === 'open'); turn += 1) {
      this.#origin('data', turn, 19);
      for (const { client } of this.clients) {
        client.window = Infinity;
        if (client.state === 'open') client.drain();
      }
    }
  }

  check(): void {
    for (const { client } of this.clients) {
      const { head, state, body } = client;
      expect(state).not.toBe('open');
      if (head === undefined || (head.status !== 200 && head.status !== 206)) continue;
      const [, from = '0'] = /^bytes (\d+)-/.exec(client.field('content-range') ?? '') ?? [];
      const whole = wholes[Number(/"(\d)"/.exec(client.field('etag') ?? '')?.[1])] as string; // no other was sent
      expect(body).toBe(whole.slice(Number(from), Number(from) + body.length));
      if (state === 'ended') expect(body.length).toBe(head.bodyBytes);
    }
  }
}

it('whatever happens in whatever order', { timeout: 60_000 }, () => {
  let whole = 0;
  fc.assert(
    fc.property(fc.array(event, { minLength: 30, maxLength: 120 }), (events) => {
      const play = new Play();
      for (const each of events) play.act(each);
      play.finish();
      play.check();
      whole += play.clients.filter(({ client }) => client.state === 'ended' && client.head?.status === 206).length;
      play.cache.gateway.cut();
      play.cache.engine.flush();
      expect(play.cache.stats.inFlight).toBe(0);
    }),
    { numRuns: 300, seed: 20_261_127 },
  );
  expect(whole).toBeGreaterThan(300);
});
