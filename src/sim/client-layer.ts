/**
 * Layer 3: clients. Who makes a request when: sessions, think times, streams, crowds. What a request is comes from outside, a
 * model (`requests.ts`) or a real one, so that the virtual users of `bench rotation` are these clients on another clock.
 *
 * A client is a few numbers in typed arrays and at most one pending event, so that a million of them cost some 30 MB.
 */
import type { Random } from '../random.js';
import { pagesLeftAt, recordWords, resolverAt } from './client-records.js';
import type { EventQueue } from './event-queue.js';
import { createSampler, createSessionLengths, exponential } from './laws.js';
import { clientsMax, type ClientLayer, type Scenario } from './scenario.js';

export interface Clients {
  /** Plans the first request of everybody who is there from the start. */
  begin(): void;
  /** The event of this id, which is a client's or the stream's. */
  act(id: number, atS: number): void;
  /** A request is over whose end could not be told when it was made: the client may think of the next. */
  over(client: number, atS: number): void;
  /** A crowd comes: the next clients in line, who stay until `untilS`; or the stream runs `factor` times as fast. */
  crowd(count: number, factor: number, resolver: number | undefined, atS: number, untilS: number): void;
  crowdGoes(factor: number, atS: number): void;
}

export interface ClientOptions {
  readonly scenario: Scenario;
  readonly records: Int32Array;
  readonly events: EventQueue;
  readonly random: Random;
  readonly onSession: () => void;
  /** Makes one request of a client, due at `atS`. Returns when the client will have its response; NaN when only `over` will tell. */
  readonly request: (client: number, atS: number, newSession: boolean) => number;
}

export function createClients({ scenario, records, events, random, onSession, request }: ClientOptions): Clients {
  const { clients: layer } = scenario;
  const streamId = clientsMax(scenario);
  events.readAhead(records, recordWords);
  const sessionLength = createSessionLengths(layer.session, random);
  const { think, restOfThink } = createThinking(layer.think, random);
  const crowds = createCrowds(layer.count);
  const stream = createStream(layer.ratePerS, (atS) => events.schedule(streamId, atS), random);

  return {
    begin() {
      if (layer.arrivals === 'stream') return stream.plan(0);
      for (let client = 0; client < layer.count; client += 1) events.schedule(client, restOfThink());
    },
    act(id, atS) {
      if (id === streamId) {
        if (!stream.isDue(atS)) return;
        onSession();
        request(random.below(layer.count), atS, true);
        return stream.plan(atS);
      }
      if (crowds.hasGone(id, atS)) return;
      let left = records[id * recordWords + pagesLeftAt] as number;
      const newSession = left === 0;
      if (newSession) {
        left = sessionLength();
        onSession();
      }
      records[id * recordWords + pagesLeftAt] = left - 1;
      const servedS = request(id, atS, newSession);
      if (layer.arrivals === 'open') events.schedule(id, atS + think());
      else if (servedS === servedS) events.schedule(id, servedS + think()); // not NaN
    },
    over(client, atS) {
      if (layer.arrivals === 'closed') events.schedule(client, atS + think());
    },
    crowd(count, factor, resolver, atS, untilS) {
      if (layer.arrivals === 'stream') return stream.crowd(factor, atS);
      const first = crowds.come(count, untilS);
      for (let client = first; client < first + count; client += 1) {
        records[client * recordWords + resolverAt] = resolver ?? (records[random.below(layer.count) * recordWords + resolverAt] as number);
        events.schedule(client, atS + restOfThink());
      }
    },
    crowdGoes(factor, atS) {
      if (layer.arrivals === 'stream') stream.crowdGoes(factor, atS);
    },
  };
}

/** Think times in seconds, whole ones and what is left of one at a moment that somebody else chose. */
function createThinking({ meanS, ...law }: ClientLayer['think'], random: Random) {
  const sample = createSampler(law, random);
  const think = (): number => sample() * meanS;
  // Of an exponential one the rest is as long as the whole.
  return { think, restOfThink: law.law === 'exponential' ? think : () => random.next() * meanS };
}

interface Stream {
  /** Is the event of this time the next request? If not it was planned at a rate that has changed since. */
  isDue(atS: number): boolean;
  /** Plans the next request after `atS`. */
  plan(atS: number): void;
  crowd(factor: number, atS: number): void;
  crowdGoes(factor: number, atS: number): void;
}

function createStream(baseRatePerS: number, schedule: (atS: number) => void, random: Random): Stream {
  /** Of the crowds that are here now. */
  const factors: number[] = [];
  let ratePerS = baseRatePerS;
  let dueS = 0;

  function plan(atS: number): void {
    dueS = ratePerS === 0 ? Infinity : atS + exponential(random) / ratePerS;
    if (dueS < Infinity) schedule(dueS);
  }

  /** The wait for the next request is drawn anew: an exponential one has no memory, and the old one was for another rate. */
  function change(atS: number): void {
    ratePerS = factors.reduce((rate, factor) => rate * factor, baseRatePerS); // not divided back: a factor may be 0
    plan(atS);
  }

  return {
    isDue: (atS) => atS === dueS,
    plan,
    crowd(factor, atS) {
      factors.push(factor);
      change(atS);
    },
    crowdGoes(factor, atS) {
      factors.splice(factors.indexOf(factor), 1);
      change(atS);
    },
  };
}

interface Crowds {
  /** So many more clients, who stay until `untilS`; returns the first one's number. */
  come(count: number, untilS: number): number;
  hasGone(client: number, atS: number): boolean;
}

/** @param base clients who never go. */
function createCrowds(base: number): Crowds {
  const crowds: { readonly first: number; readonly end: number; readonly untilS: number }[] = [];
  let present = base;
  return {
    come(count, untilS) {
      const first = present;
      present += count;
      crowds.push({ first, end: present, untilS });
      return first;
    },
    hasGone: (client, atS) => client >= base && crowds.some(({ first, end, untilS }) => client >= first && client < end && atS >= untilS),
  };
}
