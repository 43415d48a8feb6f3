/**
 * What the process of the virtual users is told, and what it tells. Times that two processes must agree on are real ones.
 */
import type { SocketAddress } from '../../src/service.js';
import type { Run } from '../../src/sim/run.js';
import type { Scenario } from '../../src/sim/scenario.js';
import type { Measurements } from './measurements.js';

/** One round. */
export interface Order {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Seconds of the scenario in a real one. */
  readonly speed: number;
  /** Real time of second 0 of the scenario. */
  readonly beginsMs: number;
  /** Whom to ask, and for what. */
  readonly dns: SocketAddress;
  readonly name: string;
  /** Is `dns` a resolver with a cache of its own, which takes the place of the emulated ones? */
  readonly dnsIsResolver: boolean;
  /** By member index; answers name them by their addresses. */
  readonly workers: readonly SocketAddress[];
  /** Of the request: target and Host. */
  readonly path: string;
  readonly host: string;
  readonly keepAlive: boolean;
  readonly requestMs: number;
}

export type ToUsers =
  | { readonly kind: 'begin'; readonly order: Order }
  /** The scenario's event of that number has been made to happen. */
  | { readonly kind: 'happened'; readonly event: number }
  /** Answers show its effect from now on. */
  | { readonly kind: 'noticed'; readonly event: number }
  /** Ends the round now. */
  | { readonly kind: 'stop' };

/** What a person wants to see while it runs. Since the round began. */
export interface Tick {
  readonly requests: number;
  readonly failed: number;
  readonly pending: number;
  readonly connections: number;
}

export interface UsersResult {
  /** What clients saw; what is read off the workers (their load) is still missing. */
  readonly run: Run;
  readonly measurements: Measurements;
  readonly generator: GeneratorLoad;
}

/** Of the process of the virtual users, in the measured time. */
export interface GeneratorLoad {
  /** Busy part of its event loop. */
  readonly utilisation: number;
  readonly cpuS: number;
  readonly memoryBytes: number;
  /** Answers with addresses that belong to no worker. */
  readonly strangers: number;
}

export type FromUsers =
  | { readonly kind: 'ready' }
  | { readonly kind: 'tick'; readonly tick: Tick }
  | { readonly kind: 'over'; readonly result: UsersResult }
  | { readonly kind: 'failed'; readonly expected: boolean; readonly text: string };
