/**
 * Writes bodies behind everybody's back, one after the other, and cleans up. Nobody waits for it: what does not fit its queue is left out.
 */
import type { StoredResponse } from '../stored-response.js';
import { digestOf, type Content } from './content.js';
import type { DiskEntry } from './entries.js';
import type { Journal } from './journal.js';
import type { Ledger } from './ledger.js';
import type { DiskStats } from './options.js';
import { atTime, openLine, putLine, type DiskTime, type Head } from './record.js';
import type { Watch } from './watch.js';

/** Bodies that wait to be written. */
export const queueBytesMax = 16_777_216;

interface Waiting {
  readonly entry: DiskEntry;
  readonly response: StoredResponse;
}

export interface WriterOptions {
  readonly content: Content;
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly watch: Watch;
  readonly stats: DiskStats;
  readonly boot: string;
  readonly time: DiskTime;
  readonly nowMs: () => number;
  readonly onError: (error: unknown) => void;
}

export class Writer {
  readonly #options: WriterOptions;
  /** Of bodies, so that one that is freshened is not reckoned again. */
  readonly #digests = new WeakMap<Buffer, string>();
  #queue: Waiting[] = [];
  #queueBytes = 0;
  #working: Promise<void> | undefined;
  #over = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  hasRoom = (bytes: number): boolean => this.#queueBytes + bytes <= queueBytesMax;

  put(entry: DiskEntry, response: StoredResponse): void {
    this.#queue.push({ entry, response });
    this.#queueBytes += response.body.length;
    this.work();
  }

  /** It was read, and is just that. */
  know(body: Buffer, digest: string): void {
    this.#digests.set(body, digest);
  }

  /** Until nothing waits. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Bodies that wait are given up. */
  leaveQueue(): void {
    this.#queue = [];
    this.#queueBytes = 0;
  }

  end(): void {
    this.#over = true;
    this.leaveQueue();
  }

  work(): void {
    if (this.#over) return;
    this.#working ??= this.#run()
      .catch((error: unknown) => this.#options.onError(error))
      .finally(() => {
        this.#working = undefined;
        if (this.#pending) this.work(); // it came while the last one ended
      });
  }

  get #pending(): boolean {
    const { ledger } = this.#options;
    return this.#queue.length > 0 || ledger.garbage.length > 0 || ledger.isMostlyDead;
  }

  async #run(): Promise<void> {
    const { journal, content, stats } = this.#options;
    await Promise.resolve(); // what is put in the same turn goes together
    while (this.#pending && !this.#over) {
      await this.#clean();
      const next = this.#queue.shift();
      if (next !== undefined) await this.#write(next);
      stats.bytes = content.bytes + journal.bytes;
    }
    if (!this.#over) stats.bytes = content.bytes + journal.bytes;
    journal.flush();
  }

  async #clean(): Promise<void> {
    const { ledger, content, watch, boot, time, nowMs } = this.#options;
    if (ledger.isMostlyDead) await ledger.compact(openLine(boot, time.toReal(nowMs())));
    for (let digest = ledger.garbage.pop(); digest !== undefined; digest = ledger.garbage.pop()) await watch.over(content.remove(digest));
  }

  async #write({ entry, response }: Waiting): Promise<void> {
    const { content, journal, ledger, time, watch } = this.#options;
    const { body, ...rest } = response;
    this.#queueBytes -= body.length;
    if (entry.dropped) return;
    const digest = this.#digests.get(body) ?? (await digestOf(body));
    this.#digests.set(body, digest);
    const head: Head = { ...rest, policy: atTime(rest.policy, time.toReal), digest, bodyBytes: body.length };
    const line = putLine(entry.id, head);
    const isNew = !content.has(digest);
    if (!ledger.makeRoom(isNew ? entry.bytes : 0, line.length)) return this.#skip(entry);
    await this.#clean(); // its room is to be free before it is taken again
    if (!content.has(digest)) {
      try {
        await watch.over(content.write(digest, body));
      } catch (error) {
        if (!isFull(error)) throw error;
        return this.#skip(entry);
      }
    }
    if (entry.dropped || this.#over) {
      if (!content.has(digest)) ledger.garbage.push(digest);
      return;
    }
    ledger.settle(entry, digest, journal.append(line), line.length);
    if (entry.outdatedMs !== undefined) ledger.outdate([entry], entry.outdatedMs);
  }

  #skip(entry: DiskEntry): void {
    this.#options.stats.skippedTotal += 1;
    this.#options.ledger.drop([entry]);
  }
}

/** Others use the file system too: there may be room again. */
const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? ''); // only fs throws here
