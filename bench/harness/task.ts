/**
 * What a run asks of its contenders: DNS answers, or requests forwarded. Everything else about a run is the same for all tasks.
 */
import type { Measure } from '../verdict/comparison.js';
import type { Contender, Place } from './contender.js';
import type { Driver } from './driver.js';

/** What is measured in a turn, by its name in `Measurement` and in results. */
export const figureNames = ['cpuUs', 'perS', 'p50Ms', 'p99Ms', 'p999Ms'] as const;
export type FigureName = (typeof figureNames)[number];

export type TaskMeasure = Measure & { readonly name: FigureName };

export interface Task {
  readonly name: 'dns' | 'proxy';
  /** One of several ways to ask; none where there is one alone. */
  readonly case?: string;
  readonly title: string;
  /** What is counted. */
  readonly unit: string;
  readonly units: string;
  /** What of the load is bounded: so many of these at a time. */
  readonly lanes: readonly [one: string, several: string];
  /** What contenders are compared by, in the order of the table. */
  readonly measures: readonly TaskMeasure[];
  /** Asked for by HTTP; `/` by default. */
  readonly path?: string;
  /** Requests come at a rate, the same for all, and not as fast as they are answered. */
  readonly isOpenLoop?: boolean;
  readonly contenders: readonly Contender[];
  /** The first that is installed is taken; ours, the last, always is. */
  readonly drivers: readonly Driver[];
  /** What all contenders forward to; runs beside the load generator. */
  readonly origin: Contender | undefined;
  /** The same of the origin, where that cannot do what is asked of contenders. */
  readonly checkOrigin?: (place: Place) => Promise<void>;
  /** Asks the server once. @throws Error when it does not answer as it must */
  check(place: Place): Promise<void>;
}

/** Nobody chooses a server for less. */
const margin = 0.02;
/** Latency is noisier, and of interest in larger steps. */
const latencyMargin = 0.05;

/** As fast as it goes: what it costs, how much there is of it. */
export const closedLoopMeasures = (unit: string, units: string): readonly TaskMeasure[] => [
  { name: 'cpuUs', label: `µs of CPU per ${unit}`, better: 'lower', by: 'ratio', margin },
  { name: 'perS', label: `${units}/s`, better: 'higher', by: 'ratio', margin },
];

/** At a rate: how long it takes, what it costs. */
export const openLoopMeasures = (unit: string): readonly TaskMeasure[] => [
  { name: 'p50Ms', label: 'ms, half of all', better: 'lower', by: 'ratio', margin: latencyMargin },
  { name: 'p99Ms', label: 'ms, 99 %', better: 'lower', by: 'ratio', margin: latencyMargin },
  { name: 'p999Ms', label: 'ms, 99.9 %', better: 'lower', by: 'ratio', margin: latencyMargin },
  { name: 'cpuUs', label: `µs of CPU per ${unit}`, better: 'lower', by: 'ratio', margin },
];
