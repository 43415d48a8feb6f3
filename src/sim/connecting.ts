/**
 * From a client's need of a worker to one that serves: an open connection, its own cache, a look-up, its choice among the
 * addresses, and the next address when one does not work.
 */
import type { Random } from '../random.js';
import type { AddressLists } from './address-lists.js';
import { createClientAddresses } from './client-addresses.js';
import { nobody } from './client-records.js';
import type { Recorder } from './recorder.js';
import { createResolverChoice } from './resolver-choice.js';
import type { Resolvers } from './resolver-layer.js';
import type { Scenario } from './scenario.js';
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

export function createConnecting(options: ConnectingOptions): Connecting {
  const { scenario, records, resolvers, mortal, addressBits, answersMax, random } = options;
  const { kinds } = scenario.clients;
  const addresses = createClientAddresses({ kinds, records, ownLists: mortal, answersMax, addressBits, random });
  const resolverFor = createResolverChoice(scenario, records, random);
  const walk = createWalk(options, addresses.lists);

  function lookup(client: number, atS: number): void {
    const size = resolvers.lookup(resolverFor(client), atS);
    addresses.store(client, resolvers.answer, size, resolvers.epoch(), resolvers.ttlLeftS(), atS);
  }

  return {
    extraS: walk.extraS,
    connect(client, atS, newSession) {
      let worker = addresses.current(client, atS, newSession);
      if (worker === nobody) {
        if (addresses.needsLookup(client, atS)) lookup(client, atS);
        worker = addresses.first(client);
      }
      worker = walk.from(client, worker);
      addresses.used(client, worker, atS);
      return worker;
    },
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
