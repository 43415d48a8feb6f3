/**
 * From a client's need of a worker to one that serves: an open connection, its own cache, a look-up, its choice among the
 * addresses, and the next address when one does not work.
 */
import { mix } from '../pool/policies/prefix.js';
import type { Random } from '../random.js';
import { createAddressLists, type AddressLists } from './address-lists.js';
import { epochAndKindAt, epochBits, epochMask, nobody, recordWords, resolverAt, workerAt } from './client-records.js';
import { drawKinds } from './kinds.js';
import type { Recorder } from './recorder.js';
import type { Resolvers } from './resolver-layer.js';
import type { ClientKind, Scenario } from './scenario.js';
import type { Workers } from './worker-layer.js';

export interface Connecting {
  /** The worker that takes the client's request, or `nobody`. */
  connect(client: number, atS: number, newSession: boolean): number;
  /** What failed attempts of the last call cost. */
  extraS(): number;
}

export interface ConnectingOptions {
  readonly scenario: Scenario;
  readonly records: Int32Array;
  readonly resolvers: Resolvers;
  readonly workers: Workers;
  readonly recorder: Recorder;
  /** Does anybody die? If not, nobody needs a second address. */
  readonly mortal: boolean;
  readonly addressBits: Uint32Array;
  readonly answersMax: number;
  readonly random: Random;
}

/** Until when a client's own cache holds its answer, and when it was connected last: side by side, by client. */
const expiresAt = 0;
const usedAt = 1;

export function createConnecting(options: ConnectingOptions): Connecting {
  const { scenario, records, resolvers, mortal, addressBits, answersMax, random } = options;
  const { kinds } = scenario.clients;
  const clients = records.length / recordWords;
  const remembers = kinds.some(({ cache }) => cache === 'ttl');
  const times = new Float64Array(remembers ? 2 * clients : 0).fill(-Infinity);
  const lists = createAddressLists(mortal || remembers ? clients : 0, answersMax, addressBits, random);
  const resolverFor = createResolverChoice(options);
  const walk = createWalk(options, lists);

  function lookup(client: number, kind: ClientKind, atS: number): void {
    const size = resolvers.lookup(resolverFor(client), atS);
    lists.store(client, resolvers.answer, size, kind.choice, mix(client + 1));
    const at = client * recordWords + epochAndKindAt;
    records[at] = ((records[at] as number) & ~epochMask) | resolvers.epoch(); // callers know the clients, here and below
    if (!remembers) return;
    times[2 * client + expiresAt] = atS + Math.max(kind.cacheFloorS, Math.min(kind.cacheCeilingS, resolvers.ttlLeftS()));
  }

  function isConnected(client: number, kind: ClientKind, atS: number, newSession: boolean, worker: number): boolean {
    if (worker === nobody) return false;
    return kind.cache === 'session' ? !newSession : atS - (times[2 * client + usedAt] as number) < kind.reuseS;
  }

  return {
    extraS: walk.extraS,
    connect(client, atS, newSession) {
      const record = client * recordWords;
      const kind = kinds[(records[record + epochAndKindAt] as number) >> epochBits] as ClientKind;
      let worker = records[record + workerAt] as number;
      if (!isConnected(client, kind, atS, newSession, worker)) {
        if (kind.cache === 'session' || atS >= (times[2 * client + expiresAt] as number)) lookup(client, kind, atS);
        worker = lists.first(client, kind.choice, worker);
      }
      worker = walk.from(client, worker);
      records[record + workerAt] = worker;
      if (remembers) times[2 * client + usedAt] = atS;
      return worker;
    },
  };
}

/** Which resolver a look-up goes to: the client's own, or one of the few that it uses besides. */
function createResolverChoice({ scenario, records, random }: ConnectingOptions): (client: number) => number {
  const { perClient } = scenario.resolvers;
  const { count } = scenario.clients;
  if (perClient.length < 2) return (client) => records[client * recordWords + resolverAt] as number;
  const others = drawKinds(perClient.map((share) => ({ share })), records.length / recordWords, random);
  return (client) => {
    const other = random.below((others[client] as number) + 1);
    // The second and further resolvers of a client are those of other clients, so they are as popular as they are there.
    const like = other === 0 ? client : mix(Math.imul(client, 4) + other) % count;
    return records[like * recordWords + resolverAt] as number;
  };
}

interface Walk {
  /** This worker if it serves, or the next in the client's list that does; `nobody` when none does. */
  from(client: number, worker: number): number;
  extraS(): number;
}

function createWalk({ scenario, workers, recorder }: ConnectingOptions, lists: AddressLists): Walk {
  const { refusedS, blackHoledS } = scenario.clients.connect;
  const { liveness } = workers;
  let extraS = 0;

  function next(client: number, first: number): number {
    const size = lists.size(client);
    let place = lists.placeOf(client, first); // −1: it is not in the list any more, so from the head
    let worker = first;
    for (let left = place < 0 ? size : size - 1; liveness[worker] !== 'serves'; left -= 1) {
      const costS = liveness[worker] === 'silent' ? blackHoledS : refusedS;
      recorder.attemptFailed(worker, costS);
      extraS += costS;
      if (left === 0) return nobody;
      place = (place + 1) % size;
      worker = lists.at(client, place);
    }
    return worker;
  }

  return {
    extraS: () => extraS,
    from(client, worker) {
      extraS = 0;
      return worker === nobody || liveness[worker] === 'serves' ? worker : next(client, worker);
    },
  };
}
