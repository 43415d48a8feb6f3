/**
 * The store on disk beside a map: whatever comes, goes, is read and written in whatever order, and whenever the process is killed, what
 * it gives back is what is stored now.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DiskStore } from '../../../../src/proxy/cache/disk/disk-store.js';
import type { DiskStats } from '../../../../src/proxy/cache/disk/options.js';
import type { StoredResponse } from '../../../../src/proxy/cache/stored-response.js';
import { noonMs } from '../stored.js';
import { clockAt, newDirectory, openDisk, readBack, response } from './disk-harness.js';

const keys = ['a', 'b', 'c', 'd'];
const tags = ['one', 'two'];
/** So long that the journal is written anew now and then. */
const padding = 'p'.repeat(16_000);

/** Monotonic; later than all that comes. */
const nowMs = 1000;

const key = fc.constantFrom(...keys);
const bytes = fc.constantFrom(0, 10, 5000, 90_000);
const tag = fc.constantFrom(...tags);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('put' as const), key, tag, bytes, same: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('freshen' as const), key }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('remove' as const), key }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('purge' as const), tag }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('soften' as const), tag }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('read' as const), key }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('kill' as const), whole: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('restart' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class Run {
  readonly #live = new Map<string, { readonly response: StoredResponse; readonly tag: string; soft: boolean }>();
  #directory = newDirectory();
  #made = 0;
  #store: DiskStore | undefined;
  #stats: DiskStats | undefined;

  async open(): Promise<void> {
    ({ store: this.#store, stats: this.#stats } = await openDisk(this.#directory, { bytesMax: 5_000_000, clock: clockAt(noonMs, nowMs) }));
  }

  get #disk(): DiskStore {
    if (this.#store === undefined) throw new Error('not open');
    return this.#store;
  }

  async do(each: Step): Promise<void> {
    switch (each.what) {
      case 'put': {
        this.#made += 1;
        const put = response(each.key, `${each.same ? '' : this.#made} `.padEnd(each.bytes, 'x'), ['X-Padding', padding, 'Cache-Tag', each.tag]);
        this.#live.set(each.key, { response: put, tag: each.tag, soft: false });
        return this.#disk.put(put);
      }
      case 'freshen': {
        const old = this.#live.get(each.key);
        if (old === undefined) return;
        this.#made += 1;
        const fresh = { ...old.response, policy: { ...old.response.policy, responseMs: this.#made } };
        this.#live.set(each.key, { ...old, response: fresh, soft: false });
        return this.#disk.replace(old.response, fresh);
      }
      case 'remove':
        this.#live.delete(each.key);
        return void this.#disk.removeKey(each.key);
      case 'purge':
        for (const [name, { tag }] of this.#live) if (tag === each.tag) this.#live.delete(name);
        return void this.#disk.purge({ tag: each.tag }, false, nowMs);
      case 'soften':
        for (const live of this.#live.values()) if (live.tag === each.tag) live.soft = true;
        return void this.#disk.purge({ tag: each.tag }, true, nowMs);
      case 'read':
        return this.#check(each.key, 'may be written');
      case 'wait':
        await this.#disk.idle();
        return this.#checkAll('is written');
      case 'kill':
        if (each.whole) await this.#disk.idle();
        await this.#restartFromCopy();
        return this.#checkAll(each.whole ? 'is written' : 'may be written');
      case 'restart':
        await this.#disk.close(1000);
        await this.open();
        return this.#checkAll('is written');
    }
  }

  async #checkAll(how: 'is written' | 'may be written'): Promise<void> {
    for (const name of keys) await this.#check(name, how);
    expect(this.#stats).toMatchObject({ damagedTotal: 0, skippedTotal: 0, off: 0 });
    if (how === 'is written') expect(this.#stats?.entries).toBe(this.#live.size);
    // What was not written when it was killed is gone.
    for (const name of keys) if (this.#disk.find(name, []) === undefined) this.#live.delete(name);
  }

  async #check(name: string, how: 'is written' | 'may be written'): Promise<void> {
    const live = this.#live.get(name);
    const back = await readBack(this.#disk, name);
    if (back === undefined) return how === 'is written' ? expect(live).toBeUndefined() : undefined;
    expect(back.body.toString()).toBe(live?.response.body.toString());
    expect(back.policy.lifetimeMs === live?.response.policy.lifetimeMs).toBe(live?.soft === false);
  }

  /** As after kill -9: the files as they are at this moment. */
  async #restartFromCopy(): Promise<void> {
    const copy = newDirectory();
    cpSync(join(this.#directory, 'w1'), join(copy, 'w1'), { recursive: true, filter: (path) => !path.endsWith('lock') });
    await this.#disk.close(1000);
    this.#directory = copy;
    await this.open();
  }
}

it('gives back what is stored now, or nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
      const run = new Run();
      await run.open();
      for (const each of steps) await run.do(each);
    }),
    { numRuns: 60 },
  );
}, 120_000);
