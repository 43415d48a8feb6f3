/**
 * In which order a worker serves what it has in hand. First come first served knows the departure at the arrival. Processor
 * sharing does not: there a departure is an event of its own, in the time that each job's received service measures.
 */
import { ServiceError } from '../service.js';
import { createEarliest } from './earliest.js';
import { createJobHeap, type JobHeap } from './job-heap.js';
import { arrivedAt, clientAt, createJobRing, extraAt, firstJob, pushJob, servedAt, shiftJob, type JobRing } from './job-ring.js';
import type { WorkLeft } from './work-left.js';

/** Told of each request that was served to the end. */
export type OnDeparture = (client: number, arrivedS: number, departedS: number, extraS: number) => void;

export interface Discipline {
  /** A request of `work` hits arrives. Returns when it will be served; NaN: a departure will tell. */
  take(worker: number, client: number, atS: number, work: number, extraS: number): number;
  /** The next departure that is an event; Infinity when none is. */
  nextDepartureS(): number;
  depart(): void;
  /** Tells of this worker's departures up to `atS`. */
  settle(worker: number, atS: number): void;
  backlog(worker: number): number;
  /** Takes everything out of its hands. */
  empty(worker: number, visit: (client: number, arrivedS: number) => void): void;
}

/** So many requests in one queue are 600 MB, and no result worth waiting for. */
const backlogMax = 20_000_000;

function refuseFlood(backlog: number): void {
  if (backlog < backlogMax) return;
  throw new ServiceError(`simulate: more than ${backlogMax} requests wait at one worker; the clients ask for more than it can serve`);
}

export function createFcfs(capacities: readonly number[], left: WorkLeft, onDeparture: OnDeparture): Discipline {
  const rings = capacities.map(createJobRing);

  function settle(worker: number, atS: number): void {
    const ring = rings[worker] as JobRing; // callers know the workers, here and below
    while (ring.size > 0) {
      const { jobs } = ring;
      const first = firstJob(ring);
      const servedS = jobs[first + servedAt] as number; // a job has all four
      if (servedS > atS) return;
      shiftJob(ring);
      onDeparture(jobs[first + clientAt] as number, jobs[first + arrivedAt] as number, servedS, jobs[first + extraAt] as number);
    }
  }

  return {
    take(worker, client, atS, work, extraS) {
      settle(worker, atS);
      const servedS = left.add(worker, atS, work / (capacities[worker] as number));
      const ring = rings[worker] as JobRing;
      refuseFlood(ring.size);
      pushJob(ring, servedS, atS, extraS, client);
      return servedS;
    },
    nextDepartureS: () => Infinity,
    depart: () => undefined,
    settle,
    backlog: (worker) => (rings[worker] as JobRing).size,
    empty(worker, visit) {
      const ring = rings[worker] as JobRing;
      for (; ring.size > 0; shiftJob(ring)) {
        const first = firstJob(ring);
        visit(ring.jobs[first + clientAt] as number, ring.jobs[first + arrivedAt] as number);
      }
    },
  };
}

/** First come first served by several slots: who came later may be done sooner. */
export function createSlots(capacities: readonly number[], left: WorkLeft, onDeparture: OnDeparture): Discipline {
  const heaps = capacities.map(createJobHeap);

  function settle(worker: number, atS: number): void {
    const heap = heaps[worker] as JobHeap;
    for (let servedS = heap.firstKey(); servedS <= atS; servedS = heap.firstKey()) leave(heap, servedS, onDeparture);
  }

  return {
    take(worker, client, atS, work, extraS) {
      settle(worker, atS);
      const servedS = left.add(worker, atS, work / (capacities[worker] as number));
      const heap = heaps[worker] as JobHeap;
      refuseFlood(heap.size());
      heap.push(servedS, atS, extraS, client);
      return servedS;
    },
    nextDepartureS: () => Infinity,
    depart: () => undefined,
    settle,
    backlog: (worker) => (heaps[worker] as JobHeap).size(),
    empty: (worker, visit) => emptyHeap(heaps[worker] as JobHeap, visit),
  };
}

/** Each of n jobs gets capacity/n; `received` is what a job that was there from the start would have got by now. */
export function createSharing(capacities: readonly number[], left: WorkLeft, onDeparture: OnDeparture): Discipline {
  const heaps = capacities.map(createJobHeap);
  const received = new Float64Array(heaps.length);
  const receivedAtS = new Float64Array(heaps.length);
  const departures = createEarliest(heaps.length);

  function plan(worker: number): void {
    const heap = heaps[worker] as JobHeap;
    if (heap.size() === 0) return departures.set(worker, Infinity);
    const toGo = heap.firstKey() - (received[worker] as number);
    departures.set(worker, (receivedAtS[worker] as number) + (Math.max(0, toGo) * heap.size()) / (capacities[worker] as number));
  }

  function serve(worker: number, atS: number): void {
    const size = (heaps[worker] as JobHeap).size();
    const elapsedS = atS - (receivedAtS[worker] as number);
    received[worker] = size === 0 ? 0 : (received[worker] as number) + (elapsedS * (capacities[worker] as number)) / size;
    receivedAtS[worker] = atS;
  }

  return {
    take(worker, client, atS, work, extraS) {
      left.add(worker, atS, work / (capacities[worker] as number));
      const heap = heaps[worker] as JobHeap;
      refuseFlood(heap.size());
      serve(worker, atS);
      heap.push((received[worker] as number) + work, atS, extraS, client);
      plan(worker);
      return Number.NaN;
    },
    nextDepartureS: departures.timeS,
    depart() {
      const worker = departures.index();
      const atS = departures.timeS();
      serve(worker, atS);
      const heap = heaps[worker] as JobHeap;
      received[worker] = heap.firstKey(); // exactly, whatever the divisions left
      leave(heap, atS, (...departure) => {
        plan(worker); // first, since the client that is told may come again at once
        onDeparture(...departure);
      });
    },
    settle: () => undefined, // departures are events here, so all up to now have been told
    backlog: (worker) => (heaps[worker] as JobHeap).size(),
    empty(worker, visit) {
      emptyHeap(heaps[worker] as JobHeap, visit);
      plan(worker);
    },
  };
}

/** The first job goes at `departedS`. */
function leave(heap: JobHeap, departedS: number, onDeparture: OnDeparture): void {
  const client = heap.firstClient();
  const arrivedS = heap.firstArrivedS();
  const extraS = heap.firstExtraS();
  heap.pop();
  onDeparture(client, arrivedS, departedS, extraS);
}

function emptyHeap(heap: JobHeap, visit: (client: number, arrivedS: number) => void): void {
  for (; heap.size() > 0; heap.pop()) visit(heap.firstClient(), heap.firstArrivedS());
}
