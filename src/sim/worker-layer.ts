/**
 * Layer 4: the workers. Capacity, a queue each, death and return.
 */
import { createFcfs, createSharing, createSlots, type OnDeparture } from './disciplines.js';
import type { WorkerLayer } from './scenario.js';
import { createWorkLeft } from './work-left.js';

export type Liveness = 'serves' | 'refuses' | 'silent';

export interface Workers {
  readonly count: number;
  /** Hits a second. */
  readonly capacities: readonly number[];
  readonly liveness: readonly Liveness[];
  /**
   * A request of `work` hits arrives. Returns when it will be served, or NaN when only a departure will tell (processor
   * sharing). `extraS` is what connecting cost; it is handed back with the departure.
   */
  take(worker: number, client: number, atS: number, work: number, extraS: number): number;
  /** Departures are events: processor sharing. */
  readonly eventful: boolean;
  /** The next departure that is an event; Infinity when none is. */
  nextDepartureS(): number;
  depart(): void;
  /** Requests in service and waiting. */
  backlog(worker: number, atS: number): number;
  /** Busy part of the time since the last call, by worker, into `to`. */
  utilisations(atS: number, to: Float64Array): void;
  /** Drops what it has in hand, and tells of each request that is lost with it. */
  die(worker: number, atS: number, how: 'refuses' | 'silent', onLost: (client: number, arrivedS: number) => void): void;
  returns(worker: number): void;
  /** Nothing more will come: tells of all departures up to `atS`, and of what is in hand then. */
  end(atS: number, onUnfinished: (client: number, arrivedS: number) => void): void;
}

export function capacitiesOf({ count, capacity, relative, capacities }: WorkerLayer): number[] {
  if (capacities.length > 0) return [...capacities];
  const parts = Array.from({ length: count }, (_, index) => (relative.length === 0 ? 1 : (relative[index % relative.length] as number)));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => (capacity * part) / sum);
}

/** Are departures events? */
export const isEventful = ({ discipline }: WorkerLayer): boolean => discipline === 'processor-sharing';

export function createWorkers(layer: WorkerLayer, onDeparture: OnDeparture): Workers {
  const capacities = capacitiesOf(layer);
  const left = createWorkLeft(capacities.length, layer.slots);
  const eventful = isEventful(layer);
  const createDiscipline = eventful ? createSharing : layer.slots === 1 ? createFcfs : createSlots;
  const discipline = createDiscipline(capacities, left, onDeparture);
  const liveness: Liveness[] = capacities.map(() => 'serves');

  return {
    count: capacities.length,
    capacities,
    liveness,
    eventful,
    take: discipline.take,
    nextDepartureS: discipline.nextDepartureS,
    depart: discipline.depart,
    backlog(worker, atS) {
      discipline.settle(worker, atS);
      return discipline.backlog(worker);
    },
    utilisations: left.utilisations,
    die(worker, atS, how, onLost) {
      discipline.settle(worker, atS);
      liveness[worker] = how;
      discipline.empty(worker, onLost);
      left.drop(worker, atS);
    },
    returns: (worker) => void (liveness[worker] = 'serves'),
    end(atS, onUnfinished) {
      capacities.forEach((_, worker) => {
        discipline.settle(worker, atS);
        discipline.empty(worker, onUnfinished);
      });
    },
  };
}
