/**
 * What the study and its threads say to each other. Progress and the wish to stop go through shared memory, because a thread
 * that simulates reads no messages.
 */
import type { Run } from '../sim/run.js';
import type { Scenario } from '../sim/scenario.js';

export interface ThreadData {
  /** 32-bit numbers: first the wish to stop (0 or 1), then the progress of each thread in millionths. */
  readonly shared: SharedArrayBuffer;
  /** Which of them is this thread's. */
  readonly slot: number;
}

export const stopSlot = 0;
export const wholeProgress = 1_000_000;

export interface RunMessage {
  readonly scenario: Scenario;
  readonly seed: number;
}

export type FromThread =
  | { readonly kind: 'done'; readonly run: Run }
  | { readonly kind: 'warning'; readonly text: string }
  /** @property expected: a person can mend it, so that the message is enough. */
  | { readonly kind: 'failed'; readonly expected: boolean; readonly text: string };
