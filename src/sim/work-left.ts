/**
 * How much each worker still has to do, and how busy it was. Work is conserved, so this needs no events: what is left falls by
 * a second a second and rises with what arrives (Lindley 1952), whatever the order of service.
 */

export interface WorkLeft {
  /** `serviceS` of work arrives. Returns when it is done if it is served in the order of arrival. */
  add(worker: number, atS: number, serviceS: number): number;
  /** Busy part of the time since the last call, by worker, into `to`. */
  utilisations(atS: number, to: Float64Array): void;
  /** What is left of this worker's will not be done. */
  drop(worker: number, atS: number): void;
}

/** @param slots requests that a worker serves at a time, each at 1/slots of its speed. */
export function createWorkLeft(count: number, slots: number): WorkLeft {
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
      const doneS = Math.max(atS, freeS[slot] as number) + serviceS * slots; // callers know the workers, here and below
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
