/**
 * What a run asks of its contenders: DNS answers, or requests forwarded. Everything else about a run is the same for both.
 */
import type { Contender, Place } from './contender.js';
import type { Driver } from './driver.js';

export interface Task {
  readonly name: 'dns' | 'proxy';
  readonly title: string;
  /** What is counted. */
  readonly unit: string;
  readonly units: string;
  readonly contenders: readonly Contender[];
  /** The one that is preferred when it is installed, and ours, which always is. */
  readonly drivers: readonly [preferred: Driver, own: Driver];
  /** What all contenders forward to; runs beside the load generator. */
  readonly origin: Contender | undefined;
  /** Asks the server once. @throws Error when it does not answer as it must */
  check(place: Place): Promise<void>;
}
