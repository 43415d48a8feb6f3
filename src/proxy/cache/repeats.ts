/**
 * Answers that stand ready: the same request once more, byte for byte, gets the same from the cache without being read again.
 *
 * A head that was answered with something fresh is remembered with what it got. What decided that was the head, what is stored, and
 * time: so it holds for this very text, as long as nothing of its key was stored or removed, until the freshness ends, and only among
 * clients whose claims about others are not believed. The text of an answer changes once a second, with its Age.
 */
import { headOf } from '../ending.js';
import type { ClientInfo, Prepared, Repeatable } from '../engines/engine.js';
import type { Core, Exchange } from '../exchange-state.js';
import type { ExchangeRecord } from '../exchange.js';
import { newRequestId } from '../rewriting.js';
import { underUsedName } from '../site-names.js';
import { plainAddress } from '../trust.js';
import { formatCacheStatus, withCacheStatus } from './cache-status.js';
import { ageS, currentAgeMs, freshForS, freshUntilMs } from './freshness.js';
import { use } from './eviction.js';
import { atOnceBytes, serve, type Served } from './serving.js';
import type { Place, Store } from './store.js';
import type { Policy, StoredResponse } from './stored-response.js';

/** Of what is remembered, beside what is stored: this part of the cache's bytes, and at most so many. */
const bytesShare = 1 / 16;
const bytesMax = 33_554_432;
/** Longer heads are rarely the same again. */
const textBytesMax = 4096;
/** Bodies up to here stand in one text with the head, and leave in one write with it. */
const joinedBytesMax = 4096;
/** Of objects and their strings. */
const overheadBytes = 1500;

interface Repeat {
  readonly secure: boolean;
  readonly render: Repeatable['render'];
  readonly request: Pick<ExchangeRecord, 'method' | 'target' | 'host'>;
  readonly policy: Policy;
  readonly place: Place;
  readonly change: number;
  readonly freshUntilMs: number;
  /** Without Age and Cache-Status. */
  readonly served: Served;
  readonly part: Buffer;
  readonly bytes: number;
  prepared: Prepared | undefined;
  /** When its Age is one more. Monotonic. */
  staleAtMs: number;
}

export class Repeats {
  readonly #core: Core;
  readonly #store: Store;
  readonly #byText = new Map<string, Repeat>();
  readonly #bytesMax: number;
  #bytes = 0;

  /** @param storeBytesMax of the cache */
  constructor(core: Core, store: Store, storeBytesMax: number) {
    this.#core = core;
    this.#store = store;
    this.#bytesMax = Math.min(bytesMax, storeBytesMax * bytesShare);
  }

  /** The exchange was answered with something fresh, and had no directives of its own. */
  note(exchange: Exchange, stored: StoredResponse): void {
    const { downstream, arrival, record } = exchange;
    const { repeatable, client } = downstream;
    if (repeatable === undefined || repeatable.text.length > textBytesMax || arrival.trusted) return;
    const place = this.#store.placeOf(stored);
    if (place === undefined) return;
    const { method, target, host } = record;
    const { body, policy } = stored;
    const shared = serve(stored, body.length, method, arrival.fields.passed, this.#core.clock.realtimeMs());
    const served = { ...shared, fields: [...underUsedName(shared.fields, arrival.alias)] };
    const part = body.subarray(served.first, served.end);
    if (part.length > atOnceBytes || served.status !== record.status) return; // the second: several ranges, which are not prepared
    this.#remember(repeatable.text, {
      ...{ secure: client.secure, render: repeatable.render, request: { method, target, host }, policy, place, change: place.change },
      ...{ freshUntilMs: freshUntilMs(policy), served, part, bytes: 2 * repeatable.text.length + overheadBytes + textLength(served, part) },
      ...{ prepared: undefined, staleAtMs: 0 },
    });
  }

  /** @returns undefined: there is none, or none any more. */
  answer(text: string, client: ClientInfo): Prepared | undefined {
    const repeat = this.#byText.get(text);
    if (repeat === undefined) return undefined;
    const core = this.#core;
    const nowMs = core.clock.monotonicMs();
    if (repeat.change !== repeat.place.change || nowMs >= repeat.freshUntilMs) {
      this.#forget(text, repeat);
      return undefined;
    }
    if (repeat.secure !== client.secure || core.trusted.includes(plainAddress(client.address))) return undefined;
    if (nowMs >= repeat.staleAtMs) this.#prepare(repeat, nowMs);
    use(repeat.place);
    this.#record(repeat, client, nowMs);
    return repeat.prepared;
  }

  #prepare(repeat: Repeat, nowMs: number): void {
    const { served, part, policy, request, render } = repeat;
    const age = ageS(policy, nowMs);
    const status = formatCacheStatus(this.#core.via.pseudonym, { word: 'hit', ttlS: freshForS(policy, nowMs) });
    const fields = withCacheStatus([...served.fields, 'Age', String(age)], status);
    const head = headOf(request.method, served.status, served.reason, fields, part.length);
    const joined = part.length <= joinedBytesMax && head.bodyBytes !== 0;
    const text = render(head);
    repeat.prepared = {
      text: joined ? text + part.toString('latin1') : text,
      body: joined || head.bodyBytes === 0 ? undefined : part,
    };
    repeat.staleAtMs = nowMs + 1000 - (currentAgeMs(policy, nowMs) % 1000);
  }

  #record({ request, served, part }: Repeat, client: ClientInfo, nowMs: number): void {
    const { clock, stats, onFinish } = this.#core;
    const bodyBytes = request.method === 'HEAD' ? 0 : part.length;
    stats.responseBodyBytesTotal += bodyBytes;
    const record = new RepeatRecord(this.#core, request, plainAddress(client.address), served.status, bodyBytes);
    record.totalMs = clock.monotonicMs() - nowMs;
    onFinish(record);
  }

  #remember(text: string, repeat: Repeat): void {
    const earlier = this.#byText.get(text);
    if (earlier !== undefined) this.#forget(text, earlier);
    if (repeat.bytes > this.#bytesMax) return;
    this.#byText.set(text, repeat);
    this.#bytes += repeat.bytes;
    for (const [oldText, old] of this.#byText) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#forget(oldText, old);
    }
  }

  #forget(text: string, repeat: Repeat): void {
    this.#byText.delete(text);
    this.#bytes -= repeat.bytes;
  }
}

/** Of an answer that stood ready. What nobody may want to read is made when somebody does: it would cost as much as all the rest. */
class RepeatRecord implements ExchangeRecord {
  readonly upgrade = undefined;
  readonly origin = undefined;
  readonly attempts = 0;
  readonly cache = 'hit';
  readonly fault = undefined;
  readonly detail = '';
  readonly queueMs = 0;
  readonly connectMs = 0;
  readonly firstByteMs = 0;
  readonly requestBodyBytes = 0;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly client: string;
  readonly status: number;
  readonly responseBodyBytes: number;
  totalMs = 0;
  readonly #core: Core;
  #id: string | undefined;

  constructor(core: Core, { method, target, host }: Repeat['request'], client: string, status: number, bodyBytes: number) {
    this.#core = core;
    this.method = method;
    this.target = target;
    this.host = host;
    this.client = client;
    this.status = status;
    this.responseBodyBytes = bodyBytes;
  }

  get id(): string {
    return (this.#id ??= newRequestId(this.#core.random));
  }

  /** It took no time to speak of. */
  get startedMs(): number {
    return this.#core.clock.realtimeMs();
  }
}

function textLength({ fields }: Served, part: Buffer): number {
  let chars = Math.min(part.length, joinedBytesMax);
  for (const field of fields) chars += field.length;
  return 2 * chars;
}
