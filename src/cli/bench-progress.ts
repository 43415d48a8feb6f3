/**
 * How far `bench dns` and `bench proxy` have come: which round it is, and how long the others will take.
 */
import { span } from '../text/table.js';

export interface Turns {
  readonly rounds: number;
  /** In one round. */
  readonly turns: number;
}

/** @param done how many turns, of all rounds, are over */
export function roundLine(round: number, done: number, { rounds, turns }: Turns, elapsedMs: number): string {
  const left = done === 0 ? '' : ` · ${span((elapsedMs * (rounds * turns - done)) / done)} left`;
  return `round ${round + 1} of ${rounds}${left}`;
}
