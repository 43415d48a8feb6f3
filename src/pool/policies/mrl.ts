/**
 * `mrl` (minimum residual load, Colajanni, Yu and Dias 1998): an answer gives a member the share of the network that asked,
 * fading evenly to nothing over its TTL, as the clients of that network move on. The member with the smallest sum of what
 * is left, divided by its weight, stands first.
 *
 * The papers have one resolver a network, which does not ask before its answer expires. A network that does has another
 * one, so both answers count.
 */
import type { Clock } from '../../clock.js';
import type { Demand } from '../demand.js';
import type { Rotation } from '../rotation.js';
import { createLeast } from './least.js';
import { createResidualLoads } from './residual-loads.js';

/** @param freshAnswersMax fresh answers remembered; beyond them the one that expires first is forgotten. */
export function createMrl(demand: Demand, clock: Clock, freshAnswersMax: number): Rotation {
  const residual = createResidualLoads(freshAnswersMax);
  const least = createLeast(({ index, weight }) => residual.of(index) / weight);
  return {
    get evictionsTotal() {
      return residual.evictionsTotal;
    },
    order(eligible, requestor, maxAnswers, order) {
      residual.advanceTo(clock.monotonicMs());
      return least.order(eligible, requestor, maxAnswers, order);
    },
    answered(requestor, first, ttlS) {
      if (ttlS > 0) residual.add(first.index, demand.share(requestor), ttlS * 1000);
    },
  };
}
