/**
 * When an origin's name is looked up, and which addresses are in use meanwhile: on a clock that moves when told to.
 */
import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { silentLog } from '../../src/log.js';
import { createOriginAddresses, type LookUpResult } from '../../src/proxy/origin-addresses.js';
import { LookUpError, type Found } from '../../src/proxy/origin-lookup.js';

const absent = (): LookUpError => new LookUpError('a.test', { code: 'ENOTFOUND' });
const silence = (): LookUpError => new LookUpError('a.test', { code: 'ETIMEOUT' });

function fixture(first: Found | LookUpError) {
  const clock = createVirtualClock();
  const state = { next: first, asked: 0 };
  const results: LookUpResult[] = [];
  const said: string[] = [];
  const hear = (_: object, what: string): void => void said.push(what);
  const log = { ...silentLog, info: hear, warn: hear };
  const kept = createOriginAddresses({
    ...{ origin: 'o1', host: 'a.test', ttlMinS: 5, ttlMaxS: 100, validS: 10, clock, log },
    lookUp: () => {
      state.asked += 1;
      return state.next instanceof Error ? Promise.reject(state.next) : Promise.resolve(state.next);
    },
    onLookUp: (result) => void results.push(result),
  });
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  return {
    ...{ state, results, said, kept, clock },
    async start() {
      kept.start();
      await settle();
    },
    async pass(seconds: number) {
      clock.advance(1000 * seconds);
      await settle();
    },
    all: (family: 0 | 4 | 6 = 0) =>
      new Promise<string[] | string>((resolve) => {
        kept.lookup('a.test', { all: true, family }, (error, found) =>
          resolve(error === null ? (found as LookupAddress[]).map(({ address }) => address) : (error.code ?? '')),
        );
      }),
    one: () => new Promise((resolve) => void kept.lookup('a.test', {}, (_, address, family) => resolve([address, family]))),
  };
}

const found = (ttlS: number | undefined, ...addresses: string[]): Found => ({ addresses, ttlS });

describe('look-ups', () => {
  it.each([
    [30, 30],
    [0, 5],
    [3600, 100],
    [undefined, 10],
  ])('of a TTL of %s s come again after %i s, and not before', async (ttlS, expected) => {
    const { state, start, pass } = fixture(found(ttlS, '192.0.2.1'));
    await start();
    await pass(expected - 0.001);
    expect(state.asked).toBe(1);
    await pass(0.001);
    expect(state.asked).toBe(2);
  });

  it('that fail come again after the time for those without a TTL', async () => {
    const { state, start, pass, results } = fixture(silence());
    await start();
    await pass(10);
    state.next = absent();
    await pass(10);
    state.next = found(60, '192.0.2.1');
    await pass(10);
    await pass(59);
    expect([state.asked, results]).toEqual([4, ['failed', 'failed', 'not-found', 'found']]);
  });

  it('end with the worker', async () => {
    const { state, start, pass, kept, clock } = fixture(found(5, '192.0.2.1'));
    await start();
    kept.stop();
    await pass(100);
    expect([state.asked, clock.pending()]).toEqual([1, 0]);
  });

  it('are news once', async () => {
    const { state, start, pass, said } = fixture(found(10, '192.0.2.1', '192.0.2.2'));
    await start();
    state.next = found(10, '192.0.2.2', '192.0.2.1');
    await pass(10);
    expect(said).toEqual(['origin looked up']);
    state.next = silence();
    await pass(10);
    await pass(10);
    state.next = found(10, '192.0.2.1');
    await pass(10);
    expect(said).toEqual(['origin looked up', 'origin cannot be looked up', 'origin looked up']);
  });
});

describe('addresses', () => {
  it('are waited for at first, also by who comes before the start', async () => {
    const { all, kept, state } = fixture(found(10, '192.0.2.1'));
    const early = all();
    kept.start();
    expect([await early, await all(), state.asked]).toEqual([['192.0.2.1'], ['192.0.2.1'], 1]);
  });

  it('take turns', async () => {
    const { all, one, start } = fixture(found(10, '192.0.2.1', '192.0.2.2', '2001:db8::1', '192.0.2.1'));
    await start();
    expect(await all()).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::1']);
    expect(await all()).toEqual(['192.0.2.2', '2001:db8::1', '192.0.2.1']);
    expect(await one()).toEqual(['2001:db8::1', 6]);
    expect(await all(4)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(await all(6)).toEqual(['2001:db8::1']);
  });

  it('stay in use while nobody answers, and go when there is no such name', async () => {
    const { state, all, kept, start, pass } = fixture(found(10, '192.0.2.1'));
    await start();
    state.next = silence();
    await pass(10);
    expect([await all(), kept.includes('192.0.2.1'), kept.count()]).toEqual([['192.0.2.1'], true, 1]);
    state.next = absent();
    await pass(10);
    expect([await all(), kept.includes('192.0.2.1'), kept.count()]).toEqual(['ENOTFOUND', false, 0]);
    state.next = silence();
    await pass(10);
    expect(await all()).toBe('EAI_AGAIN');
  });

  it('of before are no longer the origin\'s', async () => {
    const { state, kept, start, pass } = fixture(found(10, '192.0.2.1', '192.0.2.2'));
    await start();
    state.next = found(10, '192.0.2.2', '192.0.2.3');
    await pass(10);
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(kept.includes)).toEqual([false, true, true]);
  });

  it('of the other family alone are none', async () => {
    const { all, start } = fixture(found(10, '192.0.2.1'));
    await start();
    expect(await all(6)).toBe('ENOTFOUND');
  });
});
