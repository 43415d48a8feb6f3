/**
 * `two-tier` (RR2 of Colajanni, Yu and Dias 1998): round-robin with two cursors, one for hot networks and one for the rest.
 *
 * With one cursor, hot networks that ask one after another at the wrong moments fall on the same member, and their many
 * clients with them; with a cursor of their own they are dealt out evenly. Hot is a share of more than 1/networks.
 */
import type { Demand } from '../demand.js';
import type { Requestor, Rotation } from '../rotation.js';

/** @param newTier makes the rotation of one tier. */
export function createTwoTier(demand: Demand, newTier: () => Rotation): Rotation {
  const hot = newTier();
  const rest = newTier();
  // Shares of equal networks may differ by their last digit.
  const isHot = (requestor: Requestor): boolean => demand.share(requestor) * demand.networks > 1 + 1e-9;
  return {
    order: (eligible, requestor, maxAnswers, order) => (isHot(requestor) ? hot : rest).order(eligible, requestor, maxAnswers, order),
  };
}
