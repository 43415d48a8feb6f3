/**
 * A player's random walk over an object that changes under it, over sockets: each complete answer is bytes of one version, that of
 * its ETag, and what is there is not fetched again.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engines } from '../../../../src/proxy/engines/engines.js';
import type { CreateEngine } from '../../../../src/proxy/engines/engine.js';
import { startHttpOrigin } from '../../../support/origin-http.js';
import { keep, startWorkerWith } from '../../worker-harness.js';
import { cacheSettings } from '../cache-harness.js';
import { bytesOf, media, serveMedia, type Media } from './media-origin.js';

type Get = Awaited<ReturnType<typeof startWorkerWith>>['get'];
type Answer = Awaited<ReturnType<Get>>;

/** Parts of the object's length, for the object's length is another number in each run. */
const part = (most: number) => fc.noBias(fc.integer({ min: 0, max: most })).map((thousandths) => thousandths / 1000);
const place = part(1030);
const range = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('part' as const), from: place, size: part(150) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const), from: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('suffix' as const), size: part(300) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'whole' as const }) },
);
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ what: fc.constant('ask' as const), ranges: fc.array(range, { minLength: 1, maxLength: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('change' as const), ranges: fc.array(range, { maxLength: 4 }) }) },
);

type Range = typeof range extends fc.Arbitrary<infer R> ? R : never;
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const valueOf = (asked: Range, length: number): string | undefined => {
  if (asked.kind === 'whole') return undefined;
  if (asked.kind === 'suffix') return `bytes=-${Math.max(1, Math.floor(asked.size * length))}`;
  const first = Math.floor(asked.from * length);
  return asked.kind === 'open' ? `bytes=${first}-` : `bytes=${first}-${first + Math.floor(asked.size * length)}`;
};

/** @param answer undefined: the connection was reset. @returns whether it was whole. */
function check(answer: Answer | undefined, asked: string | undefined, { length }: Media): boolean {
  if (answer?.complete !== true) return false;
  const { status, headers, body } = answer;
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

interface Run {
  readonly length: number;
  readonly sliceBytes: number;
  readonly whole: boolean;
}

/** @returns how often the cache found that the object had changed. */
async function walk(createEngine: CreateEngine, { length, sliceBytes, whole }: Run, steps: readonly Step[]): Promise<number> {
  const state = media({ length });
  const origin = keep(await startHttpOrigin(serveMedia(state)));
  const cache = { ...cacheSettings, bytesMax: 10_000_000, sliceBytes, objectBytesMax: whole ? 100_000 : 100, hitForMissS: 0 };
  const { get, worker } = await startWorkerWith(createEngine, [origin.url], { cache });
  for (const { what, ranges } of steps) {
    const asked = ranges.map((one) => valueOf(one, length));
    const asking = asked.map((value) => get(value === undefined ? {} : { headers: { Range: value } }).catch(() => undefined));
    if (what === 'change') {
      if (asking.length > 0) await Promise.race(asking); // so that it changes in the midst of the others
      state.version += 1;
    }
    const complete = (await Promise.all(asking)).map((answer, index) => check(answer, asked[index], state));
    if (state.version === 1) expect(complete).not.toContain(false);
  }
  if (state.version === 1) {
    const slices = state.asked.flatMap(({ range: value, status }) => (status === 206 && isSlice(value, sliceBytes) ? [value] : []));
    expect(slices).toEqual([...new Set(slices)]);
  }
  await origin.close();
  await worker.stop(0);
  return worker.cache.slicedChangesTotal;
}

describe.each(Object.entries(engines))('the %s engine', (_, createEngine) => {
  it('never mixes versions, and fetches each slice once', { timeout: 60_000 }, async () => {
    const size = (min: number, max: number) => fc.noBias(fc.integer({ min, max }));
    const sizes = { length: size(1, 60_000), sliceBytes: size(1500, 20_000), whole: fc.nat({ max: 9 }).map((one) => one === 0) };
    const property = fc.asyncProperty(fc.record(sizes), fc.array(step, { minLength: 5, maxLength: 15 }), async (run, steps) => {
      changes += await walk(createEngine, run, steps);
    });
    let changes = 0;
    await fc.assert(property, { numRuns: 40, seed: 20_261_127 });
    expect(changes).toBeGreaterThan(10);
  });
});

/** What a client asked for by itself need not be a slice. */
function isSlice(value: string | undefined, sliceBytes: number): boolean {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(value ?? '') ?? [];
  return Number(from) % sliceBytes === 0 && Number(to) === Number(from) + sliceBytes - 1;
}
