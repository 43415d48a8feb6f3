/**
 * What a round is made of: the simulator's clients, caches and counters, with real look-ups and requests between them. Random
 * numbers come from one generator for each purpose, as in `sim/simulate.ts`.
 */
import type { Clock } from '../../src/clock.js';
import { encodeQuery } from '../../src/dns/client-message.js';
import { createRandom, type Random } from '../../src/random.js';
import { createClientAddresses } from '../../src/sim/client-addresses.js';
import { createClients, type Clients } from '../../src/sim/client-layer.js';
import { createClientRecords } from '../../src/sim/client-records.js';
import { createEventQueue, type EventQueue } from '../../src/sim/event-queue.js';
import { addressBitsOf } from '../../src/sim/members.js';
import { clientsPerResolver } from '../../src/sim/population.js';
import { createRecorder, type Recorder } from '../../src/sim/recorder.js';
import { createResolverCaches } from '../../src/sim/resolver-caches.js';
import { createResolverChoice } from '../../src/sim/resolver-choice.js';
import { clientsMax, type Scenario } from '../../src/sim/scenario.js';
import { createAnswerReader, type AnswerReader } from './answer-members.js';
import { createAskers, type Askers } from './askers.js';
import { createLiveRequests, type LiveRequests } from './live-requests.js';
import { createEmulatedResolvers, createRealResolver, type LiveResolverOptions, type LiveResolvers } from './live-resolvers.js';
import { createMeasurements, type Measurements } from './measurements.js';
import type { Order } from './protocol.js';
import { sourceOf } from './resolver-sources.js';
import { createScenarioClock, type ScenarioClock } from './scenario-clock.js';

export interface World {
  readonly order: Order;
  readonly time: ScenarioClock;
  readonly events: EventQueue;
  readonly clients: Clients;
  readonly requests: LiveRequests;
  readonly recorder: Recorder;
  readonly measurements: Measurements;
  readonly askers: Askers;
  readonly reader: AnswerReader;
  /** Set for workers that hang. */
  readonly silent: boolean[];
  /** The state of the members to which answers belong; grows with each change of it. */
  epoch: number;
}

/** A resolver answers from its cache or asks on: both within this. */
const dnsTimeoutMs = 2000;
/** Before a client gives an address up that says nothing: RFC 8305 §5, unless the scenario says otherwise. */
const connectMsMin = 50;

export function createWorld(order: Order, clock: Clock): World {
  const { scenario, workers } = order;
  const seeds = createRandom(order.seed);
  const newRandom = (): Random => createRandom(seeds.below(2 ** 32));
  const resolverRandom = newRandom();
  const clientRandom = newRandom();
  const time = createScenarioClock(clock, clock.monotonicMs() + order.beginsMs - clock.realtimeMs(), order.speed);
  const { count } = scenario.clients;
  const perResolver = order.dnsIsResolver ? Int32Array.of(count) : clientsPerResolver(scenario.resolvers.population, count);
  const measurements = createMeasurements(workers.length, perResolver.length);
  const recorder = createRecorder(scenario, workers.length);
  const askers = createAskers({ server: order.dns, timeoutMs: dnsTimeoutMs, clock });
  const reader = createAnswerReader(workers.map(({ address }) => address));
  const silent = workers.map(() => false);
  const answersMax = Math.min(scenario.authority.answersMax, workers.length);
  const onExhausted = (): void => void (measurements.exhausted += 1);
  const lookups: LiveResolverOptions = {
    ...{ askers, reader, answersMax, onExhausted },
    query: encodeQuery(order.name, 'A'),
    nowS: time.nowS,
    currentEpoch: () => world.epoch,
    onAnswer: (resolver, atS, answer, count) => countAnswer(world, resolver, atS, answer, count),
  };
  const resolvers = createResolversOf(order, lookups, perResolver.length, resolverRandom);
  const records = createClientRecords(scenario.clients, perResolver, clientsMax(scenario), clientRandom);
  const addressBits = Uint32Array.from(workers, (_, index) => addressBitsOf(index));
  const { kinds } = scenario.clients;
  const addresses = createClientAddresses({ kinds, records, ownLists: true, answersMax, addressBits, random: clientRandom });
  const chosen = createResolverChoice(scenario, records, clientRandom);
  const requests = createLiveRequests({
    ...{ scenario, records, addresses, resolvers, workers, silent, recorder, measurements, time, clock, onExhausted },
    resolverFor: order.dnsIsResolver ? () => 0 : chosen,
    bytes: requestBytes(order),
    keepAlive: order.keepAlive,
    connectMs: Math.max(connectMsMin, (scenario.clients.connect.blackHoledS / order.speed) * 1000),
    requestMs: order.requestMs,
    onOver: (client, atS) => clients.over(client, atS),
  });
  const events = createEventQueue(scenario.clients.arrivals === 'stream' ? 1 : clientsMax(scenario), spacingS(scenario));
  const onSession = (): void => (isMeasured(scenario, events.timeS()) ? recorder.session() : undefined);
  const clients: Clients = createClients({ scenario, records, events, random: clientRandom, onSession, request: requests.request });
  const world: World = { order, time, events, clients, requests, recorder, measurements, askers, reader, silent, epoch: 1 };
  return world;
}

function createResolversOf({ scenario, dnsIsResolver }: Order, lookups: LiveResolverOptions, count: number, random: Random): LiveResolvers {
  if (dnsIsResolver) return createRealResolver(lookups);
  const caches = createResolverCaches(scenario.resolvers, count, lookups.answersMax, random);
  return createEmulatedResolvers({ ...lookups, caches, addressOf: sourceOf });
}

export const isMeasured = ({ warmupS, durationS }: Scenario, atS: number): boolean => atS >= warmupS && atS < warmupS + durationS;

/** It counts with the request that asked for it. */
function countAnswer(world: World, resolver: number, atS: number, answer: Uint16Array, count: number): void {
  if (!isMeasured(world.order.scenario, atS)) return;
  const { answersOf, firstPlaces } = world.measurements;
  answersOf[resolver] = (answersOf[resolver] as number) + 1; // one each, as below
  const first = answer[0];
  if (count > 0 && first !== undefined) firstPlaces[first] = (firstPlaces[first] as number) + 1;
}

function requestBytes({ path, host }: Order): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: roundhouse-bench\r\nAccept: */*\r\n\r\n`, 'latin1');
}

/** The mean distance of two events of clients, as a hint to the queue. */
function spacingS({ clients }: Scenario): number {
  return clients.arrivals === 'stream' ? 1 / clients.ratePerS : clients.think.meanS / Math.max(1, clients.count);
}
