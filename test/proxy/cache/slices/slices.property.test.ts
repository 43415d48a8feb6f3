/**
 * A player's random walk over an object that changes under it, over sockets: each complete answer is bytes of one version, that of
 * its ETag, and what is there is not fetched again.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engines } from '../../../../src/proxy/engines/engines.js';
import { startHttpOrigin } from '../../../support/origin-http.js';
import { keep, startWorkerWith } from '../../worker-harness.js';
import { cacheSettings } from '../cache-harness.js';
import { bytesOf, media, serveMedia, type Media } from './media-origin.js';

type Get = Awaited<ReturnType<typeof startWorkerWith>>['get'];
type Answer = Awaited<ReturnType<Get>>;

/** Parts of the object's length, for the object's length is another number in each run. */
const place = fc.double({ min: 0, max: 1.1, noNaN: true });
const range = fc.oneof(
  fc.record({ kind: fc.constant('part' as const), from: place, size: fc.double({ min: 0, max: 0.5, noNaN: true }) }),
  fc.record({ kind: fc.constant('open' as const), from: place }),
  fc.record({ kind: fc.constant('suffix' as const), size: place }),
  fc.constant({ kind: 'whole' as const }),
);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ what: fc.constant('ask' as const), ranges: fc.array(range, { minLength: 1, maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ what: 'change' as const }) },
);

const valueOf = (asked: typeof range extends fc.Arbitrary<infer R> ? R : never, length: number): string | undefined => {
  if (asked.kind === 'whole') return undefined;
  if (asked.kind === 'suffix') return `bytes=-${Math.max(1, Math.floor(asked.size * length))}`;
  const first = Math.floor(asked.from * length);
  return asked.kind === 'open' ? `bytes=${first}-` : `bytes=${first}-${first + Math.floor(asked.size * length)}`;
};

/** @returns whether it was whole. */
function check({ status, headers, body, complete }: Answer, asked: string | undefined, { length }: Media): boolean {
  if (!complete) return false;
  if (status === 416) {
    expect(headers['content-range']).toBe(`bytes */${length}`);
    return true;
  }
  const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  expect(status).toBe(from === undefined ? 200 : 206);
  if (asked === undefined) expect(status).toBe(200);
  const first = Number(from ?? 0);
  const last = Number(to ?? length - 1);
  if (total !== undefined) expect(Number(total)).toBe(length);
  const version = Number(/^"v(\d+)"$/.exec(headers.etag ?? '')?.[1]);
  expect(body.length).toBe(last - first + 1);
  expect(body.equals(bytesOf(version, first, body.length))).toBe(true);
  return true;
}

describe.each(Object.entries(engines))('the %s engine', (_, createEngine) => {
  it('never mixes versions, and fetches each slice once', { timeout: 60_000 }, async () => {
    const sizes = { length: fc.integer({ min: 1, max: 60_000 }), sliceBytes: fc.integer({ min: 500, max: 20_000 }), whole: fc.boolean() };
    const property = fc.asyncProperty(fc.record(sizes), fc.array(step, { minLength: 5, maxLength: 15 }), async ({ length, sliceBytes, whole }, steps) => {
      const state = media({ length });
      const origin = keep(await startHttpOrigin(serveMedia(state)));
      const cache = { ...cacheSettings, bytesMax: 10_000_000, sliceBytes, objectBytesMax: whole ? 100_000 : 100, hitForMissS: 0 };
      const { get, worker } = await startWorkerWith(createEngine, [origin.url], { cache });
      let answers = 0;
      for (const each of steps) {
        if (each.what === 'change') state.version += 1;
        else {
          const asked = each.ranges.map((one) => valueOf(one, length));
          const got = await Promise.all(asked.map((value) => get(value === undefined ? {} : { headers: { Range: value } })));
          const complete = got.map((answer, index) => check(answer, asked[index], state));
          answers += complete.length;
          if (state.version === 1) expect(complete).not.toContain(false);
        }
      }
      expect(worker.cache.store.bytes).toBeLessThan(10_000_000);
      if (state.version === 1) {
        const slices = state.asked.filter(({ range: value, status }) => status === 206 && isSlice(value, sliceBytes)).map(({ range: value }) => value);
        expect(slices).toEqual([...new Set(slices)]);
      }
      await origin.close();
      await worker.stop(0);
      return answers > 0 || steps.every(({ what }) => what === 'change');
    });
    await fc.assert(property, { numRuns: 25, seed: 20_261_127 });
  });
});

/** What a client asked for by itself need not be a slice. */
function isSlice(value: string | undefined, sliceBytes: number): boolean {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(value ?? '') ?? [];
  return Number(from) % sliceBytes === 0 && Number(to) === Number(from) + sliceBytes - 1;
}
