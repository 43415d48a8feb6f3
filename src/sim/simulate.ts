/**
 * One repetition: builds the four layers, lets their events happen in order of time, and hands back what was counted.
 *
 * Two queues of events merge here: the virtual clock has the few that are anybody's (probes, intervals, events of the scenario),
 * the event queue the millions that are clients'. Pure: the same scenario and seed give the same digits everywhere.
 */
import { createVirtualClock } from '../clock.js';
import { policyNames, policyNeeds, type PolicyName, type RotationOptions } from '../pool/policies.js';
import { createRotation } from '../pool/rotations.js';
import type { PoolMember } from '../pool/pool.js';
import type { Rotation } from '../pool/rotation.js';
import { createRandom, type Random } from '../random.js';
import { createSimulatedAuthority, type MakeRotation, type Network, type OnAnswer } from './authority-layer.js';
import { scheduleChanges, type Changes, type Parts } from './changes.js';
import { createClients } from './client-layer.js';
import { createClientRecords } from './client-records.js';
import { createConnecting } from './connecting.js';
import { createEventQueue, type EventQueue } from './event-queue.js';
import { createWorkSampler } from './laws.js';
import { addressBitsOf, membersOf } from './members.js';
import { clientsPerResolver, resolverAddress } from './population.js';
import { createRecorder } from './recorder.js';
import { createRequests } from './requests.js';
import { createResolvers } from './resolver-layer.js';
import type { Run } from './run.js';
import { clientsMax, type Scenario } from './scenario.js';
import { createWorkers, isEventful } from './worker-layer.js';

export interface SimulateOptions {
  /** Any whole number; the lower 32 bits count. */
  readonly seed: number;
  /** Makes rotations by policy name; without it those of `policyNames`. */
  readonly makeRotation?: MakeRotation | undefined;
  /** Part of the simulated time that has passed, 0 to 1; at each interval. */
  readonly onProgress?: ((part: number) => void) | undefined;
  /** Asked at each interval; true ends the run there. */
  readonly shouldStop?: (() => boolean) | undefined;
  /** Sees each answer of the authority. */
  readonly onAnswer?: OnAnswer | undefined;
}

/** What additions may leave between the end and the last interval's; without it that interval would be lost. */
const rounding = 1e-12;

export function simulate(scenario: Scenario, options: SimulateOptions): Run {
  const world = createWorld(scenario, options);
  const { clock, events, clients, workers, recorder, authority } = world.parts;
  const endS = scenario.warmupS + scenario.durationS;
  let stopped = false;
  let count = 0;
  const addressRequestsBefore = startIntervals(world, options, endS, () => (stopped = true));
  clients.begin();
  while (!stopped) {
    const timerMs = clock.nextMs();
    const departureS = workers.nextDepartureS();
    const untilS = Math.min(timerMs / 1000, departureS, endS);
    let id = events.next(untilS);
    if (id >= 0) {
      // Of many events in a row only those of clients need to be looked at, unless one of them brings a departure forward.
      do {
        clients.act(id, events.timeS());
        count += 1;
        id = workers.eventful ? -1 : events.next(untilS);
      } while (id >= 0);
      continue;
    }
    count += 1;
    if (departureS <= timerMs / 1000 && departureS < endS) workers.depart();
    else if (timerMs <= endS * 1000 * (1 + rounding)) clock.advanceTo(timerMs);
    else break;
  }
  const atS = Math.min(endS, clock.monotonicMs() / 1000);
  let unfinishedRequests = 0;
  workers.end(atS, (_, arrivedS) => (unfinishedRequests += arrivedS >= scenario.warmupS ? 1 : 0));
  return recorder.finish({
    seed: options.seed,
    atS: stopped ? atS : endS,
    stopped,
    addressRequests: authority.questions() - addressRequestsBefore(),
    unfinishedRequests,
    names: world.members.map(({ name }) => name),
    capacities: workers.capacities,
    events: count,
  });
}

interface World {
  readonly parts: Parts & { readonly events: EventQueue };
  readonly members: readonly PoolMember[];
}

function createWorld(scenario: Scenario, options: SimulateOptions): World {
  const clock = createVirtualClock();
  const seeds = createRandom(options.seed);
  // A generator for each purpose: a change in one layer leaves the draws of the others as they were.
  const newRandom = (): Random => createRandom(seeds.below(2 ** 32));
  const authorityRandom = newRandom();
  const demandRandom = newRandom();
  const resolverRandom = newRandom();
  const clientRandom = newRandom();
  const workRandom = newRandom();
  const members = membersOf(scenario.workers);
  const recorder = createRecorder(scenario, members.length);
  const workers = createWorkers(scenario.workers, isEventful(scenario.workers) ? served : recorder.departure);
  function served(client: number, arrivedS: number, departedS: number, extraS: number): void {
    recorder.departure(client, arrivedS, departedS, extraS);
    clients.over(client, departedS + extraS);
  }
  const mortal = scenario.events.some(({ kind }) => kind === 'worker-dies');
  const perResolver = clientsPerResolver(scenario.resolvers.population, scenario.clients.count);
  const addresses = Array.from(perResolver, (_, rank) => resolverAddress(rank));
  const authority = createSimulatedAuthority({
    layer: scenario.authority,
    members,
    networks: weighsDemand(scenario) ? networksOf(scenario, addresses, perResolver) : undefined,
    workers,
    probed: mortal,
    makeRotation: options.makeRotation ?? builtIn,
    clock,
    random: authorityRandom,
    demandRandom,
    onVerdict: (worker, health) => changes.noticed(worker, health),
    onAnswer: options.onAnswer,
  });
  members.slice(members.length - scenario.workers.absent).forEach(({ name }) => authority.pool.setAdmin(name, 'disabled'));
  const answersMax = Math.min(scenario.authority.answersMax, members.length);
  const resolvers = createResolvers(scenario.resolvers, addresses, answersMax, authority, resolverRandom);
  const pending = scenario.clients.arrivals === 'stream' ? 1 : clientsMax(scenario);
  const events = createEventQueue(pending, spacingS(scenario));
  const addressBits = Uint32Array.from(members, ({ index }) => addressBitsOf(index));
  const records = createClientRecords(scenario.clients, perResolver, clientsMax(scenario), clientRandom);
  const found = { resolvers, workers, addressBits, answersMax, mortal };
  const connecting = createConnecting({ scenario, records, recorder, random: clientRandom, ...found });
  const work = createWorkSampler(scenario.clients.hits, scenario.workers.service, workRandom);
  const request = createRequests({ records, connecting, workers, recorder, work });
  const clients = createClients({ scenario, records, events, random: clientRandom, onSession: recorder.session, request });
  const parts = { scenario, clock, authority, clients, workers, recorder, events };
  const changes: Changes = scheduleChanges(parts);
  return { parts, members };
}

/** Ticks at the end of each interval, one of which is the end of the warm-up. Returns the questions of the warm-up. */
function startIntervals({ parts, members }: World, options: SimulateOptions, endS: number, stop: () => void): () => number {
  const { scenario, clock, authority, workers, recorder } = parts;
  const { warmupS, intervalS } = scenario;
  const busy = new Float64Array(members.length);
  const warmupTicks = Math.floor(warmupS / intervalS);
  const firstS = warmupS - warmupTicks * intervalS;
  let questions = 0;
  let measuring = false;
  let ticks = 0;
  function tick(): void {
    const atS = firstS + ticks * intervalS;
    workers.utilisations(atS, busy);
    authority.observed(busy);
    recorder.interval(busy);
    if (ticks === warmupTicks) begin();
    options.onProgress?.(Math.min(1, atS / endS));
    if (options.shouldStop?.() === true) return stop();
    ticks += 1;
    clock.after((firstS + ticks * intervalS) * 1000 - clock.monotonicMs(), tick);
  }
  function begin(): void {
    measuring = true;
    recorder.begin();
    questions = authority.questions();
  }
  clock.after(firstS * 1000, tick);
  return () => (measuring ? questions : authority.questions());
}

function weighsDemand({ authority, events }: Scenario): boolean {
  const policies = [authority.policy, ...events.map((event) => (event.kind === 'policy' ? event.policy : 'fixed'))];
  const ttls = [authority.ttl, ...events.map((event) => (event.kind === 'ttl' ? event.ttl : 0))];
  const needs: Readonly<Record<string, { readonly demand?: true }>> = policyNeeds;
  // Of a module of the user's own nobody knows what it weighs.
  return policies.some((policy) => needs[policy]?.demand ?? !(policy in needs)) || ttls.some((ttl) => String(ttl).includes('per-domain'));
}

function networksOf({ clients }: Scenario, addresses: readonly string[], perResolver: Int32Array): Network[] {
  const perClient = lookupsPerClientS(clients);
  return addresses.map((address, rank) => ({ address, lookupsPerS: (perResolver[rank] as number) * perClient }));
}

/** How often a client would look up; caches and reused connections of `ttl` clients make it less, alike for all. */
function lookupsPerClientS({ arrivals, ratePerS, count, think, session, kinds }: Scenario['clients']): number {
  const requestsPerS = arrivals === 'stream' ? ratePerS / count : 1 / think.meanS;
  return kinds.every(({ cache }) => cache === 'session') && arrivals !== 'stream' ? requestsPerS / session.requestsMean : requestsPerS;
}

/** The mean distance of two events of clients, as a hint to the queue. */
function spacingS({ clients }: Scenario): number {
  return clients.arrivals === 'stream' ? 1 / clients.ratePerS : clients.think.meanS / Math.max(1, clients.count);
}

function builtIn(policy: string): (options: RotationOptions) => Rotation {
  const name = policyNames.find((known) => known === policy) as PolicyName; // the scenario has been checked
  return (options) => createRotation(name, options);
}
