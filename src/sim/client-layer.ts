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
  const state = createState(options, streamId);
  const connect = createConnecting(options, state);
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
    recorder.request(worker, atS, state.epochs[client] as number);
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
      const { pagesLeft } = state;
      let left = pagesLeft[id] as number;
      const newSession = left === 0;
      if (newSession) {
        left = sessionLength();
        recorder.session();
      }
      pagesLeft[id] = left - 1;
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
        state.resolverOf[client] = resolver ?? (state.resolverOf[random.below(layer.count)] as number);
        events.schedule(client, atS + firstThinkS());
      }
    },
    crowdGoes(factor) {
      if (layer.arrivals === 'stream') ratePerS /= factor;
    },
  };
}

/** What is known of each client, by its number. */
interface State {
  readonly resolverOf: Int32Array;
  readonly kindOf: Uint8Array;
  /** Requests to come in this session. */
  readonly pagesLeft: Int32Array;
  /** The worker it is connected to or pinned to; −1: none. */
  readonly current: Int16Array;
  /** Of the answer that it acts on. */
  readonly epochs: Uint16Array;
}

function createState({ scenario: { clients: layer }, perResolver, random }: ClientOptions, count: number): State {
  const resolverOf = new Int32Array(count);
  let client = 0;
  perResolver.forEach((size, resolver) => resolverOf.fill(resolver, client, (client += size)));
  return {
    resolverOf,
    kindOf: drawKinds(layer.kinds, count, random),
    pagesLeft: new Int32Array(count),
    current: new Int16Array(count).fill(nobody),
    epochs: new Uint16Array(count),
  };
}

interface Connecting {
  /** The worker that takes the client's request, or −1. */
  connect(client: number, atS: number, newSession: boolean): number;
  /** What failed attempts of the last call cost. */
  extraS(): number;
}

/** From a client's need of a connection to a worker that serves: reuse, own cache, look-up, choice, next address. */
function createConnecting(options: ClientOptions, { resolverOf, kindOf, current, epochs }: State): Connecting {
  const { scenario, resolvers, workers, recorder, random, mortal, addressBits, answersMax } = options;
  const { kinds, connect: costs, count } = scenario.clients;
  const { perClient } = scenario.resolvers;
  const total = resolverOf.length;
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
    return resolverOf[more === 0 ? client : mix(Math.imul(client, 4) + more) % count] as number;
  }

  function lookup(client: number, slot: number, kind: ClientKind, atS: number): void {
    const size = resolvers.lookup(resolverFor(client), atS);
    const at = slot * answersMax;
    for (let place = 0; place < size; place += 1) lists[at + place] = resolvers.answer[place] as number;
    sizes[slot] = size;
    epochs[client] = resolvers.epoch();
    if (kind.choice === 'sort') sortByPrefix(lists, at, size, mix(client + 1), addressBits);
    if (remembers) expiresS[client] = atS + Math.max(kind.cacheFloorS, Math.min(kind.cacheCeilingS, resolvers.ttlLeftS()));
  }

  /** Takes one address of the list in this slot. */
  function choose(client: number, slot: number, { choice }: ClientKind): number {
    const size = sizes[slot] as number;
    if (size === 0) return nobody;
    const at = slot * answersMax;
    if (choice === 'shuffle') shuffle(lists, size, random, at);
    if (choice === 'sticky' && lists.subarray(at, at + size).includes(current[client] as number)) return current[client] as number;
    return lists[at] as number;
  }

  function needsConnection(client: number, kind: ClientKind, atS: number, newSession: boolean): boolean {
    if (kind.cache === 'session') return newSession || current[client] === nobody;
    return current[client] === nobody || atS - (usedS[client] as number) >= kind.reuseS;
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
      const kind = kinds[kindOf[client] as number] as ClientKind;
      const slot = listed ? client : 0;
      extraS = 0;
      let worker = current[client] as number;
      if (needsConnection(client, kind, atS, newSession)) {
        if (kind.cache === 'session' || atS >= (expiresS[client] as number)) lookup(client, slot, kind, atS);
        worker = choose(client, slot, kind);
      }
      if (worker !== nobody && workers.liveness[worker] !== 'serves') worker = nextOf(slot, worker);
      current[client] = worker;
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
