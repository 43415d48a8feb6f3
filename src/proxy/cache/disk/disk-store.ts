/**
 * Stored responses on disk, behind those in memory. It serves nobody by itself: what is asked for is read back into memory.
 *
 * Nobody waits for a write. What is taken away is gone from the index at once, and from the journal before the call returns. An error
 * of the file system, or a disk that hangs, ends it until the process ends, and memory goes on alone.
 */
import { mkdir } from 'node:fs/promises';
import type { Fields } from '../../fields.js';
import { variantsMax, type Meant } from '../entry-index.js';
import { use } from '../eviction.js';
import { outdated } from '../purge.js';
import type { Identity } from '../store.js';
import type { StoredResponse, Variant } from '../stored-response.js';
import { directoryOf, forgetNote, wasPurged } from './absence.js';
import { Content } from './content.js';
import { newEntry, sameOf, select, type DiskEntry } from './entries.js';
import { Journal } from './journal.js';
import { Ledger } from './ledger.js';
import { lockDirectory, type Lock } from './lock.js';
import { takeUp } from './opening.js';
import type { DiskOptions } from './options.js';
import { atTime, closedLine, DiskTime, openLine } from './record.js';
import { Turns } from './turns.js';
import { settles, Watch } from './watch.js';
import { queueBytesMax, Writer } from './writer.js';

/** What happens while it is opened is done then; it starts empty when that is too much. */
const earlyMax = 100_000;
/** Times that went through another clock and back. */
const sameMs = 0.01;

export const newDiskStore = (options: DiskOptions): DiskStore => new DiskStore(options);

export class DiskStore {
  readonly #options: DiskOptions;
  readonly #directory: string;
  readonly #watch: Watch;
  readonly #content: Content;
  readonly #journal: Journal;
  readonly #ledger: Ledger;
  readonly #turns = new Turns();
  #writer: Writer | undefined;
  #time: DiskTime;
  #lock: Lock | undefined;
  #state: 'new' | 'opening' | 'open' | 'closing' | 'off' = 'new';
  #opened: Promise<void> | undefined;
  #early: (() => void)[] = [];
  /** Of bodies in it. */
  #earlyBytes = 0;
  readonly #onFailed = new Set<() => void>();

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#directory = directoryOf(options.directory, options.worker);
    const flush = (): void => this.#guarded(() => this.#journal.flush());
    this.#watch = new Watch(options.clock, () => this.#fail('the disk does not answer'), flush);
    this.#content = new Content(this.#directory);
    this.#journal = new Journal(this.#directory, this.#watch);
    this.#ledger = new Ledger({ settings: options, stats: options.stats, content: this.#content, journal: this.#journal });
    this.#time = new DiskTime(options.clock, 0);
  }

  // ---- from start to stop

  /** Takes up what is there, while it does not hold anybody up; never fails: without a disk it stays off. */
  open(): Promise<void> {
    if (this.#state === 'new') this.#state = 'opening';
    return (this.#opened ??= this.#open().catch((error: unknown) => this.#fail(error)));
  }

  async #open(): Promise<void> {
    const { clock, log, stats } = this.#options;
    const startMs = clock.monotonicMs();
    await mkdir(this.#directory, { recursive: true });
    this.#lock = await lockDirectory(this.#directory);
    if (this.#lock === undefined) throw new Error('another process uses this directory');
    if (await wasPurged(this.#directory)) {
      await this.#journal.forget();
      await forgetNote(this.#directory);
    }
    const { latestMs, boot, orphans } = await takeUp(this.#journal, this.#content, this.#ledger, stats);
    if (this.#state !== 'opening') return; // it was closed meanwhile
    this.#time = new DiskTime(clock, latestMs);
    this.#writer = new Writer({
      ...{ content: this.#content, journal: this.#journal, ledger: this.#ledger, watch: this.#watch, stats, boot, time: this.#time },
      ...{ nowMs: clock.monotonicMs, onError: (error) => this.#fail(error) },
    });
    this.#journal.append(openLine(boot, this.#time.toReal(clock.monotonicMs())));
    this.#ledger.garbage.push(...orphans);
    this.#ledger.makeRoom(0, 0);
    this.#state = 'open';
    for (const late of this.#early.splice(0)) late();
    this.#writer.work();
    const tookMs = Math.round(clock.monotonicMs() - startMs);
    log.info({ directory: this.#directory, entries: stats.entries, bytes: this.#content.bytes, tookMs }, 'the cache on disk is open');
  }

  /** Writes what waits, as far as there is time. */
  async close(graceMs: number): Promise<void> {
    const { clock } = this.#options;
    const writer = this.#writer;
    const wasOpen = this.#state === 'open' && writer !== undefined;
    if (this.#state !== 'off') this.#state = 'closing';
    // Whoever still waits for the disk after that does so alone, and the lock goes with the process.
    const ended = settles(this.#end(wasOpen ? writer : undefined), clock, graceMs, () => writer?.leaveQueue());
    if (!(await ended)) this.#state = 'off';
  }

  async #end(writer: Writer | undefined): Promise<void> {
    try {
      await this.#giveUpEarly(); // before the reading, which may outlast the grace …
      await this.#opened;
      await this.#giveUpEarly(); // … or after it, if the directory was not ours yet
      await writer?.idle();
      if (writer !== undefined && this.#state === 'closing') {
        writer.end();
        this.#journal.append(closedLine(this.#time.toReal(this.#options.clock.monotonicMs())));
        await this.#journal.sync();
      }
      await this.#journal.close();
    } catch (error) {
      this.#fail(error);
    }
    await this.#lock?.release().catch(() => undefined); // the next one sees that we have gone
    this.#lock = undefined;
  }

  /** What was to be taken out of the journal is not known to the next process. */
  async #giveUpEarly(): Promise<void> {
    if (this.#early.length > 0 && this.#lock !== undefined) await this.#journal.forget();
  }

  /** Until nothing waits to be written. */
  async idle(): Promise<void> {
    await this.#opened;
    await this.#writer?.idle();
  }

  /** Until all that was taken away is off the medium. */
  async settled(): Promise<void> {
    await this.#opened;
    let give = (): void => undefined;
    const failed = new Promise<void>((resolve) => this.#onFailed.add((give = resolve)));
    while (this.#state === 'open') {
      await Promise.race([failed, this.#watch.over(this.#journal.sync()).catch((error: unknown) => this.#fail(error))]);
      if (!this.#journal.isWaiting) break; // else the disk stalled, and it was not written yet
    }
    this.#onFailed.delete(give);
  }

  // ---- what is there

  /** What can be read, as long as the disk answers. */
  find(key: string, requestFields: Fields): DiskEntry | undefined {
    return this.#state === 'open' && !this.#watch.stalled ? select(this.#ledger.entries, key, requestFields) : undefined;
  }

  has(key: string): boolean {
    return this.#state === 'open' && this.#ledger.entries.of(key).length > 0;
  }

  /** Undefined: it is not there any more, or not what it was, or too many wait for the disk. */
  async read(entry: DiskEntry): Promise<StoredResponse | undefined> {
    use(entry);
    if (!(await this.#turns.take())) return undefined;
    try {
      if (!this.#isThere(entry)) return undefined;
      const line = this.#journal.read(entry.offset, entry.lineBytes);
      const [record, body] = await this.#watch.over(Promise.all([line, this.#content.read(entry.digest)]));
      if (!this.#isThere(entry)) return undefined;
      if (body !== undefined && record?.kind === 'put' && record.id === entry.id) return this.#readBack(entry, record.head, body);
      this.#options.stats.damagedTotal += 1;
      this.#drop([entry]);
      return undefined;
    } finally {
      this.#turns.give();
    }
  }

  #isThere = ({ dropped }: DiskEntry): boolean => !dropped && this.#state === 'open';

  #readBack(entry: DiskEntry, head: Omit<StoredResponse, 'body'>, body: Buffer): StoredResponse {
    const { key, variant, status, reason, fields, policy } = head;
    this.#options.stats.hitsTotal += 1;
    this.#writer?.know(body, entry.digest);
    const response = { key, variant, status, reason, fields, policy: atTime(policy, this.#time.toMonotonic), body };
    return entry.outdatedMs === undefined ? response : outdated(response, this.#time.toMonotonic(entry.outdatedMs));
  }

  // ---- what comes and goes

  /** In the place of the same variant. */
  put(response: StoredResponse): void {
    if (this.#waitsWith(response, () => this.put(response), () => this.removeSame(response.key, response.variant))) return;
    const { key, variant, body, policy } = response;
    const { entries } = this.#ledger;
    const same = sameOf(entries, key, variant);
    const all = entries.of(key);
    this.#drop(same !== undefined ? [same] : all.slice(0, Math.max(0, all.length - variantsMax + 1)));
    const writer = this.#writer;
    if (writer === undefined || this.#state !== 'open') return;
    if (!writer.hasRoom(body.length)) {
      this.#options.stats.skippedTotal += 1;
      return;
    }
    const head = { ...response, policy: atTime(policy, this.#time.toReal), bodyBytes: body.length };
    const entry = newEntry((this.#ledger.idMax += 1), head);
    entries.add(entry);
    writer.put(entry, response);
  }

  /** A freshened response in the place of the one it was made from, if that is still here. */
  replace(old: StoredResponse, fresh: StoredResponse): void {
    if (this.#waitsWith(fresh, () => this.replace(old, fresh), () => this.remove(old))) return;
    const entry = this.#entryOf(old);
    if (entry === undefined) return;
    this.#drop([entry]);
    this.put(fresh);
  }

  remove(response: StoredResponse): void {
    if (this.#waits(() => this.remove(response))) return;
    const entry = this.#entryOf(response);
    if (entry !== undefined) this.#drop([entry]);
  }

  /** Whatever there is of that variant. */
  removeSame(key: string, variant: Variant): void {
    if (this.#waits(() => this.removeSame(key, variant))) return;
    const entry = sameOf(this.#ledger.entries, key, variant);
    if (entry !== undefined) this.#drop([entry]);
  }

  /** All variants. @returns how many there were. */
  removeKey(key: string): number {
    if (this.#waits(() => this.removeKey(key))) return 0;
    const entries = [...this.#ledger.entries.of(key)];
    this.#drop(entries);
    return entries.length;
  }

  /** @param nowMs monotonic */
  purge(meant: Meant, soft: boolean, nowMs: number): readonly Identity[] {
    if (this.#waits(() => this.purge(meant, soft, nowMs)) || this.#state !== 'open') return [];
    const found = [...this.#ledger.entries.meant(meant)];
    if (soft) this.#guarded(() => this.#ledger.outdate(found, this.#time.toReal(nowMs)));
    else this.#drop(found);
    return found;
  }

  /** @returns whether it is done when the store is open. */
  #waits(call: () => void): boolean {
    if (this.#state !== 'opening') return false;
    this.#early.push(call);
    if (this.#early.length > earlyMax) this.#fail('too much was stored and removed while it was opened');
    return true;
  }

  /** The same with a body, as many as there are in the writer's queue; without room for it only what it replaces goes. */
  #waitsWith({ body }: StoredResponse, keep: () => void, leaveOut: () => void): boolean {
    if (this.#state !== 'opening') return false;
    const fits = this.#earlyBytes + body.length <= queueBytesMax;
    if (fits) this.#earlyBytes += body.length;
    else this.#options.stats.skippedTotal += 1;
    return this.#waits(fits ? keep : leaveOut);
  }

  #entryOf({ key, variant, policy }: StoredResponse): DiskEntry | undefined {
    const entry = sameOf(this.#ledger.entries, key, variant);
    if (entry === undefined) return undefined;
    return Math.abs(entry.receivedMs - this.#time.toReal(policy.responseMs)) < sameMs ? entry : undefined;
  }

  #drop(entries: readonly DiskEntry[]): void {
    if (entries.length === 0) return;
    this.#guarded(() => this.#ledger.drop(entries));
    this.#writer?.work();
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The journal goes too: what is invalidated from now on could not be taken out of it. */
  #fail(error: unknown): void {
    if (this.#state === 'off') return;
    this.#state = 'off';
    this.#early = [];
    for (const resolve of this.#onFailed) resolve();
    this.#writer?.end();
    this.#ledger.clear();
    this.#options.stats.off = 1;
    this.#options.log.error({ directory: this.#directory, error: String(error) }, 'the cache on disk is off (proxy.cache.disk): it goes on in memory');
    if (this.#lock !== undefined) void this.#journal.forget().catch(() => undefined); // the same disk that has just failed
  }
}
