/**
 * The workers: capacity, queue, death. Work is conserved, so a worker's busy time needs no events: what is left to do falls
 * by one second a second and rises with what arrives (Lindley 1952), whatever the order of service.
 *
 * First come first served knows the departure at the arrival. Processor sharing does not: there a departure is an event of
 * its own, in the time that each job's received service measures.
 */
import { ServiceError } from '../service.js';
import { createEarliest } from './earliest.js';
import { createJobHeap, type JobHeap } from './job-heap.js';
import type { WorkerLayer } from './scenario.js';

/** Told of each request that was served to the end. */
export type OnDeparture = (worker: number, client: number, arrivedS: number, departedS: number, extraS: number) => void;

export type Liveness = 'serves' | 'refuses' | 'silent';

export interface Workers {
  readonly count: number;
  /** Hits a second. */
  readonly capacities: readonly number[];
  readonly liveness: Liveness[];
  /**
   * A request of `work` hits arrives. Returns when it will be served, or NaN when only a departure will tell (processor
   * sharing). `extraS` is what connecting cost; it is handed back with the departure.
   */
  take(worker: number, client: number, atS: number, work: number, extraS: number): number;
  /** The next departure that is an event; Infinity when none is. */
  nextDepartureS(): number;
  depart(): void;
  /** Tells of all departures up to `atS`. */
  settle(atS: number): void;
  /** Requests in service and waiting. */
  backlog(worker: number, atS: number): number;
  /** Busy part of the time since the last call, by worker, into `to`. */
  utilisations(atS: number, to: Float64Array): void;
  /** Drops what it has in hand, and tells of each request that is lost with it. */
  die(worker: number, atS: number, how: 'refuses' | 'silent', onLost: (client: number, arrivedS: number) => void): void;
  returns(worker: number): void;
  /** Nothing more will come: tells of all that is in hand. */
  end(onUnfinished: (client: number, arrivedS: number) => void): void;
}

/** So many requests in one queue are 500 MB, and no result worth waiting for. */
const backlogMax = 20_000_000;

export function capacitiesOf({ count, capacity, relative, capacities }: WorkerLayer): number[] {
  if (capacities.length > 0) return [...capacities];
  const parts = Array.from({ length: count }, (_, index) => (relative.length === 0 ? 1 : (relative[index % relative.length] as number)));
  const sum = parts.reduce((total, part) => total + part, 0);
  return parts.map((part) => (capacity * part) / sum);
}

export function createWorkers(layer: WorkerLayer, onDeparture: OnDeparture): Workers {
  const capacities = capacitiesOf(layer);
  const jobs = capacities.map(() => createJobHeap());
  const loads = createWorkLeft(capacities.length, layer.slots);
  const discipline = layer.discipline === 'fcfs' ? createFcfs(jobs, onDeparture) : createSharing(jobs, capacities, onDeparture);
  const liveness: Liveness[] = capacities.map(() => 'serves');

  return {
    count: capacities.length,
    capacities,
    liveness,
    take(worker, client, atS, work, extraS) {
      const serviceS = work / (capacities[worker] as number); // callers know the workers, here and below
      const servedS = loads.add(worker, atS, serviceS);
      return discipline.take(worker, client, atS, work, servedS, extraS);
    },
    nextDepartureS: discipline.nextDepartureS,
    depart: discipline.depart,
    settle: discipline.settle,
    backlog(worker, atS) {
      discipline.settleOne(worker, atS);
      return (jobs[worker] as JobHeap).size();
    },
    utilisations: loads.utilisations,
    die(worker, atS, how, onLost) {
      discipline.settleOne(worker, atS);
      liveness[worker] = how;
      empty(jobs[worker] as JobHeap, onLost);
      discipline.dropped(worker);
      loads.drop(worker, atS);
    },
    returns: (worker) => void (liveness[worker] = 'serves'),
    end: (onUnfinished) => jobs.forEach((heap) => empty(heap, onUnfinished)),
  };
}

function empty(heap: JobHeap, visit: (client: number, arrivedS: number) => void): void {
  for (; heap.size() > 0; heap.pop()) visit(heap.firstClient(), heap.firstArrivedS());
}

interface Discipline {
  take(worker: number, client: number, atS: number, work: number, servedS: number, extraS: number): number;
  nextDepartureS(): number;
  depart(): void;
  settle(atS: number): void;
  settleOne(worker: number, atS: number): void;
  dropped(worker: number): void;
}

function createFcfs(jobs: readonly JobHeap[], onDeparture: OnDeparture): Discipline {
  function settleOne(worker: number, atS: number): void {
    const heap = jobs[worker] as JobHeap;
    for (let servedS = heap.firstKey(); servedS <= atS; servedS = heap.firstKey()) {
      const client = heap.firstClient();
      const arrivedS = heap.firstArrivedS();
      const extraS = heap.firstExtraS();
      heap.pop();
      onDeparture(worker, client, arrivedS, servedS, extraS);
    }
  }
  return {
    take(worker, client, atS, _work, servedS, extraS) {
      settleOne(worker, atS);
      const heap = jobs[worker] as JobHeap;
      refuseFlood(heap);
      heap.push(servedS, atS, extraS, client);
      return servedS;
    },
    nextDepartureS: () => Infinity,
    depart: () => undefined,
    settle: (atS) => jobs.forEach((_, worker) => settleOne(worker, atS)),
    settleOne,
    dropped: () => undefined,
  };
}

/** Each of n jobs gets capacity/n; `received` is what a job that was there from the start would have got by now. */
function createSharing(jobs: readonly JobHeap[], capacities: readonly number[], onDeparture: OnDeparture): Discipline {
  const received = new Float64Array(jobs.length);
  const receivedAtS = new Float64Array(jobs.length);
  const departures = createEarliest(jobs.length);

  function plan(worker: number): void {
    const heap = jobs[worker] as JobHeap;
    if (heap.size() === 0) return departures.set(worker, Infinity);
    const toGo = heap.firstKey() - (received[worker] as number);
    departures.set(worker, (receivedAtS[worker] as number) + (Math.max(0, toGo) * heap.size()) / (capacities[worker] as number));
  }

  function serve(worker: number, atS: number): void {
    const size = (jobs[worker] as JobHeap).size();
    const elapsedS = atS - (receivedAtS[worker] as number);
    received[worker] = size === 0 ? 0 : (received[worker] as number) + (elapsedS * (capacities[worker] as number)) / size;
    receivedAtS[worker] = atS;
  }

  return {
    take(worker, client, atS, work, _servedS, extraS) {
      const heap = jobs[worker] as JobHeap;
      refuseFlood(heap);
      serve(worker, atS);
      heap.push((received[worker] as number) + work, atS, extraS, client);
      plan(worker);
      return Number.NaN;
    },
    nextDepartureS: departures.timeS,
    depart() {
      const worker = departures.index();
      const atS = departures.timeS();
      const heap = jobs[worker] as JobHeap;
      serve(worker, atS);
      received[worker] = heap.firstKey(); // exactly, whatever the divisions left
      const client = heap.firstClient();
      const arrivedS = heap.firstArrivedS();
      const extraS = heap.firstExtraS();
      heap.pop();
      plan(worker);
      onDeparture(worker, client, arrivedS, atS, extraS);
    },
    settle: () => undefined, // departures are events here, so all up to now have been told
    settleOne: () => undefined,
    dropped: plan,
  };
}

function refuseFlood(heap: JobHeap): void {
  if (heap.size() < backlogMax) return;
  throw new ServiceError(`simulate: more than ${backlogMax} requests wait at one worker; the clients ask for more than it can serve`);
}

interface WorkLeft {
  /** Returns when this work is done if it is served in the order of arrival. */
  add(worker: number, atS: number, serviceS: number): number;
  utilisations(atS: number, to: Float64Array): void;
  drop(worker: number, atS: number): void;
}

/** Work in seconds of the whole worker; with several slots each has 1/slots of its speed. */
function createWorkLeft(count: number, slots: number): WorkLeft {
  const freeS = new Float64Array(count * slots);
  const arrived = new Float64Array(count);
  const leftBefore = new Float64Array(count);
  let sinceS = 0;

  function left(worker: number, atS: number): number {
    let sum = 0;
    for (let slot = worker * slots; slot < (worker + 1) * slots; slot += 1) sum += Math.max(0, (freeS[slot] as number) - atS);
    return sum / slots;
  }

  function earliestSlot(worker: number): number {
    let best = worker * slots;
    for (let slot = best + 1; slot < (worker + 1) * slots; slot += 1) if ((freeS[slot] as number) < (freeS[best] as number)) best = slot;
    return best;
  }

  return {
    add(worker, atS, serviceS) {
      const slot = slots === 1 ? worker : earliestSlot(worker);
      const doneS = Math.max(atS, freeS[slot] as number) + serviceS * slots;
      freeS[slot] = doneS;
      arrived[worker] = (arrived[worker] as number) + serviceS;
      return doneS;
    },
    utilisations(atS, to) {
      const elapsedS = atS - sinceS;
      for (let worker = 0; worker < count; worker += 1) {
        const now = left(worker, atS);
        const busyS = (leftBefore[worker] as number) + (arrived[worker] as number) - now;
        to[worker] = elapsedS > 0 ? Math.min(1, Math.max(0, busyS / elapsedS)) : 0; // the sums leave a last digit
        leftBefore[worker] = now;
        arrived[worker] = 0;
      }
      sinceS = atS;
    },
    drop(worker, atS) {
      arrived[worker] = (arrived[worker] as number) - left(worker, atS); // what was not served did not keep it busy
      freeS.fill(0, worker * slots, (worker + 1) * slots);
    },
  };
}
