/**
 * Layer 3: clients. Who asks when, which address each one takes, what it remembers, and what it does when one does not work.
 *
 * A client is a few numbers in typed arrays and at most one pending event, so that a million of them cost some 30 MB. What
 * connecting costs (`extraS`) is added to the response; the request stands in the worker's queue as of its first attempt.
 */
import { mix } from '../pool/policies/prefix.js';
import type { Random } from '../random.js';
import type { EventQueue } from './event-queue.js';
import { drawKinds } from './kinds.js';
import { createSampler, createSessionLengths, createWorkSampler, exponential } from './laws.js';
import type { Recorder } from './recorder.js';
import { shuffle, type Resolvers } from './resolver-layer.js';
import { clientsMax, type ClientKind, type Scenario } from './scenario.js';
import type { Workers } from './worker-layer.js';

export interface Clients {
  /** Plans the first request of everybody who is there from the start. */
  begin(): void;
  /** The event of this id, which is a client's or the stream's. */
  act(id: number, atS: number): void;
  /** A response came whose time could not be told at the request: the client may think of the next. */
  served(client: number, atS: number, extraS: number): void;
  /** The worker died that had this client's request in hand. */
  lost(client: number, atS: number): void;
  /** A crowd comes: the next clients in line, who stay until `untilS`; or the stream runs `factor` times as fast. */
  crowd(count: number, factor: number, resolver: number | undefined, atS: number, untilS: number): void;
  crowdGoes(factor: number): void;
}

export interface ClientOptions {
  readonly scenario: Scenario;
  /** The resolver of each client that is there from the start, ascending. */
  readonly perResolver: Int32Array;
  readonly events: EventQueue;
  readonly resolvers: Resolvers;
  readonly workers: Workers;
  readonly recorder: Recorder;
  /** Does anybody die? If not, nobody needs a second address. */
  readonly mortal: boolean;
  /** By member index, as numbers: what RFC 6724 sorts by. */
  readonly addressBits: Uint32Array;
  readonly answersMax: number;
  readonly random: Random;
  readonly workRandom: Random;
}

/** Who none of the addresses served. */
const nobody = -1;

export function createClients(options: ClientOptions): Clients {
  const { scenario, events, workers, recorder, random } = options;
  const { clients: layer } = scenario;
  const streamId = clientsMax(scenario);
  const records = createRecords(options, streamId);
  const connect = createConnecting(options, records);
  const sessionLength = createSessionLengths(layer.session, random);
  const thinkMean = createSampler(layer.think, random);
  const think = (): number => thinkMean() * layer.think.meanS;
  const work = createWorkSampler(layer.hits, scenario.workers.service, options.workRandom);
  const open = layer.arrivals === 'open';
  const crowds: { first: number; end: number; untilS: number }[] = [];
  let { ratePerS } = layer;
  let present = layer.count;

  /** Returns when it will have been served; NaN when only the departure tells. */
  function request(client: number, atS: number, newSession: boolean): number {
    const worker = connect.connect(client, atS, newSession);
    const extraS = connect.extraS();
    if (worker === nobody) {
      recorder.failed();
      return atS + extraS;
    }
    recorder.request(worker, atS, (records[client * recordWords + epochAndKindAt] as number) & epochMask);
    return workers.take(worker, client, atS, work(), extraS) + extraS;
  }

  function stream(atS: number): void {
    recorder.session();
    request(random.below(present), atS, true);
    events.schedule(streamId, atS + exponential(random) / ratePerS);
  }

  function firstThinkS(): number {
    // Mid-way through a think time; of an exponential one the rest is as long as the whole.
    return layer.think.law === 'exponential' ? think() : random.next() * layer.think.meanS;
  }

  return {
    begin() {
      if (layer.arrivals === 'stream') return events.schedule(streamId, exponential(random) / ratePerS);
      for (let client = 0; client < layer.count; client += 1) events.schedule(client, firstThinkS());
    },
    act(id, atS) {
      if (id === streamId) return stream(atS);
      if (id >= layer.count && crowds.some(({ first, end, untilS }) => id >= first && id < end && atS >= untilS)) return;
      let left = records[id * recordWords + pagesLeftAt] as number;
      const newSession = left === 0;
      if (newSession) {
        left = sessionLength();
        recorder.session();
      }
      records[id * recordWords + pagesLeftAt] = left - 1;
      const servedS = request(id, atS, newSession);
      if (open) events.schedule(id, atS + think());
      else if (servedS === servedS) events.schedule(id, servedS + think()); // not NaN
    },
    served(client, atS, extraS) {
      if (layer.arrivals === 'closed') events.schedule(client, atS + extraS + think());
    },
    lost(client, atS) {
      // First come first served has planned the next request long since: as if the response had come in time.
      if (layer.arrivals === 'closed' && scenario.workers.discipline !== 'fcfs') events.schedule(client, atS + think());
    },
    crowd(count, factor, resolver, atS, untilS) {
      if (layer.arrivals === 'stream') return void (ratePerS *= factor);
      const first = present;
      present += count;
      crowds.push({ first, end: present, untilS });
      for (let client = first; client < present; client += 1) {
        records[client * recordWords + resolverAt] = resolver ?? (records[random.below(layer.count) * recordWords + resolverAt] as number);
        events.schedule(client, atS + firstThinkS());
      }
    },
    crowdGoes(factor) {
      if (layer.arrivals === 'stream') ratePerS /= factor;
    },
  };
}

/**
 * What is known of each client: a record of four numbers, so that a client costs one access to memory and not four. With a
 * million of them that is what a request costs.
 */
const recordWords = 4;
const resolverAt = 0;
/** Requests to come in this session. */
const pagesLeftAt = 1;
/** The worker it is connected to or pinned to, or `nobody`. */
const workerAt = 2;
/** The epoch of the answer that it acts on, and its kind above that. */
const epochAndKindAt = 3;
const epochBits = 16;
const epochMask = 2 ** epochBits - 1;

function createRecords({ scenario: { clients: layer }, perResolver, random }: ClientOptions, count: number): Int32Array {
  const records = new Int32Array(count * recordWords);
  const kinds = drawKinds(layer.kinds, count, random);
  let first = 0;
  perResolver.forEach((size, resolver) => {
    for (let client = first; client < first + size; client += 1) records[client * recordWords + resolverAt] = resolver;
    first += size;
  });
  for (let client = 0; client < count; client += 1) {
    records[client * recordWords + workerAt] = nobody;
    records[client * recordWords + epochAndKindAt] = (kinds[client] as number) << epochBits;
  }
  return records;
}

interface Connecting {
  /** The worker that takes the client's request, or −1. */
  connect(client: number, atS: number, newSession: boolean): number;
  /** What failed attempts of the last call cost. */
  extraS(): number;
}

/** From a client's need of a connection to a worker that serves: reuse, own cache, look-up, choice, next address. */
function createConnecting(options: ClientOptions, records: Int32Array): Connecting {
  const { scenario, resolvers, workers, recorder, random, mortal, addressBits, answersMax } = options;
  const { kinds, connect: costs, count } = scenario.clients;
  const { perClient } = scenario.resolvers;
  const total = records.length / recordWords;
  const others = perClient.length < 2 ? undefined : drawKinds(perClient.map((share) => ({ share })), total, random);
  const remembers = kinds.some(({ cache }) => cache === 'ttl');
  const listed = mortal || remembers;
  const lists = new Uint16Array(listed ? total * answersMax : answersMax);
  const sizes = new Uint16Array(listed ? total : 1);
  const expiresS = new Float64Array(remembers ? total : 0).fill(-Infinity);
  const usedS = new Float64Array(remembers ? total : 0).fill(-Infinity);
  let extraS = 0;

  function resolverFor(client: number): number {
    const more = others === undefined ? 0 : random.below((others[client] as number) + 1);
    // The second and further resolvers of a client are those of other clients, so they are as popular as they are there.
    return records[(more === 0 ? client : mix(Math.imul(client, 4) + more) % count) * recordWords + resolverAt] as number;
  }

  function lookup(client: number, slot: number, kind: ClientKind, atS: number): void {
    const size = resolvers.lookup(resolverFor(client), atS);
    const at = slot * answersMax;
    for (let place = 0; place < size; place += 1) lists[at + place] = resolvers.answer[place] as number;
    sizes[slot] = size;
    const record = client * recordWords;
    records[record + epochAndKindAt] = ((records[record + epochAndKindAt] as number) & ~epochMask) | resolvers.epoch();
    if (kind.choice === 'sort') sortByPrefix(lists, at, size, mix(client + 1), addressBits);
    if (remembers) expiresS[client] = atS + Math.max(kind.cacheFloorS, Math.min(kind.cacheCeilingS, resolvers.ttlLeftS()));
  }

  /** Takes one address of the list in this slot. */
  function choose(slot: number, { choice }: ClientKind, current: number): number {
    const size = sizes[slot] as number;
    if (size === 0) return nobody;
    const at = slot * answersMax;
    if (choice === 'shuffle') shuffle(lists, size, random, at);
    if (choice === 'sticky' && lists.subarray(at, at + size).includes(current)) return current;
    return lists[at] as number;
  }

  function needsConnection(client: number, kind: ClientKind, atS: number, newSession: boolean, current: number): boolean {
    if (kind.cache === 'session') return newSession || current === nobody;
    return current === nobody || atS - (usedS[client] as number) >= kind.reuseS;
  }

  /** The addresses behind the one that failed, round to it. */
  function nextOf(slot: number, failed: number): number {
    const size = sizes[slot] as number;
    const at = slot * answersMax;
    let place = lists.subarray(at, at + size).indexOf(failed); // −1: it is not in the list any more, so from the head
    let worker = failed;
    for (let tries = 0; workers.liveness[worker] !== 'serves'; tries += 1) {
      const costS = workers.liveness[worker] === 'silent' ? costs.blackHoledS : costs.refusedS;
      recorder.attemptFailed(worker, costS);
      extraS += costS;
      if (tries >= size - (place < 0 ? 0 : 1)) return nobody;
      place = (place + 1) % size;
      worker = lists[at + place] as number;
    }
    return worker;
  }

  return {
    extraS: () => extraS,
    connect(client, atS, newSession) {
      const record = client * recordWords;
      const kind = kinds[(records[record + epochAndKindAt] as number) >> epochBits] as ClientKind;
      const slot = listed ? client : 0;
      extraS = 0;
      let worker = records[record + workerAt] as number;
      if (needsConnection(client, kind, atS, newSession, worker)) {
        if (kind.cache === 'session' || atS >= (expiresS[client] as number)) lookup(client, slot, kind, atS);
        worker = choose(slot, kind, worker);
      }
      if (worker !== nobody && workers.liveness[worker] !== 'serves') worker = nextOf(slot, worker);
      records[record + workerAt] = worker;
      if (remembers) usedS[client] = atS;
      return worker;
    },
  };
}

/** RFC 6724 rule 9: the longest prefix in common with the client's own address first; else as it was. */
function sortByPrefix(list: Uint16Array, at: number, size: number, own: number, addressBits: Uint32Array): void {
  const common = (member: number): number => Math.clz32((addressBits[member] as number) ^ own); // lists hold members
  for (let place = at + 1; place < at + size; place += 1) {
    const member = list[place] as number;
    const length = common(member);
    let to = place;
    for (; to > at && common(list[to - 1] as number) < length; to -= 1) list[to] = list[to - 1] as number;
    list[to] = member;
  }
}
