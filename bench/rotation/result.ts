/**
 * What a benchmark of rotations found, as `--json` prints it; tables, CSV and the page are made of it.
 */
import type { Estimate } from '../../src/sim/statistics.js';
import type { Summary } from '../../src/sim/summary.js';
import type { FailureReason } from '../users/measurements.js';
import type { Verdict } from '../verdict/verdict.js';
import type { Facts } from '../harness/machine.js';
import type { MeasureName } from './measures.js';

export interface RotationResult {
  /** Fewer rounds than asked for. */
  readonly partial: boolean;
  readonly about: About;
  readonly contenders: readonly ContenderResult[];
  /** By the measure that decides first, then by all others. */
  readonly verdicts: readonly Verdict[];
  readonly expectations: readonly ExpectationResult[];
  /** Of `--simulate-too`. */
  readonly simulated: readonly SimulatedResult[] | null;
  /** What a reader should know before believing a number. */
  readonly warnings: readonly string[];
}

/** What every number depends on. */
export interface About {
  readonly scenario: string;
  readonly description: string;
  /** Machine, commit, command and versions. */
  readonly facts: Facts;
  readonly seed: number;
  readonly speed: number;
  readonly rounds: number;
  /** Scenario seconds, of a round. */
  readonly warmupS: number;
  readonly measuredS: number;
  readonly intervalS: number;
  readonly ttl: string;
  readonly alarm: number | null;
  readonly arrivals: string;
  readonly users: number;
  readonly resolvers: string;
  /** Which address users take, relative shares. */
  readonly choices: string;
  readonly keepAlive: boolean;
  readonly path: string;
  readonly tier: string;
  readonly beganAt: string;
  readonly tookS: number;
}

export interface ContenderResult {
  readonly name: string;
  readonly policy: string;
  /** One value a round, by measure. */
  readonly rounds: Readonly<Record<MeasureName, readonly number[]>>;
  /** Mean over the rounds with its 95 % interval, by measure. */
  readonly means: Readonly<Record<MeasureName, Estimate>>;
  readonly workers: readonly WorkerResult[];
  readonly hiddenLoad: HiddenLoad;
  readonly generator: GeneratorResult;
  readonly latency: { readonly lookup: Latency; readonly connect: Latency };
  readonly failures: Readonly<Record<FailureReason, number>>;
  /** All rounds together, in the words of the simulator; utilisation is that of the event loop. */
  readonly summary: Summary;
  /** By worker, interval after interval, the rounds one after the other. */
  readonly series: {
    readonly requests: readonly (readonly number[])[];
    readonly utilisation: readonly (readonly number[])[];
    readonly inFlight: readonly (readonly number[])[];
  };
}

export interface WorkerResult {
  readonly name: string;
  /** Of all requests, from the workers' own metrics. */
  readonly share: Estimate;
  /** Of first places in answers, from the DNS process's metrics; null when that is not ours. */
  readonly firstPlaces: Estimate | null;
  readonly utilisation: Estimate;
  readonly requests: number;
  /** CPU seconds per request, of the worker's process. */
  readonly cpuPerRequestS: number;
  readonly response: Latency;
}

/** Seconds. */
export interface Latency {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** How many requests each answer was good for: what the authority decides without being asked. */
export interface HiddenLoad {
  readonly requestsPerAnswer: number;
  /** The largest, by requests. */
  readonly resolvers: readonly ResolverResult[];
  /** How many resolvers sent requests. */
  readonly active: number;
  /** What that means, in a sentence. */
  readonly meaning: string;
}

export interface ResolverResult {
  /** Rank in the population, from 1. */
  readonly resolver: number;
  readonly share: number;
  readonly requests: number;
  readonly answers: number;
}

/** Of the load generator: is it what was measured? */
export interface GeneratorResult {
  /** Requests a real second, begun; and as the scenario asks for, null where that follows the responses. */
  readonly offeredPerS: number;
  readonly intendedPerS: number | null;
  /** From when requests were due to when they began. */
  readonly lateness: Latency;
  readonly utilisation: number;
  readonly cpuPerRequestS: number;
  readonly memoryBytes: number;
  /** Open at the same time, in the round that had most. */
  readonly connectionsMax: number;
  readonly machineBusy: number;
}

export interface ExpectationResult {
  readonly text: string;
  readonly holds: boolean;
  readonly left: number;
  readonly right: number;
  /** In which part of the resampled rounds it holds. */
  readonly resampled: number;
}

/** Measured beside simulated. */
export interface SimulatedResult {
  readonly contender: string;
  readonly summary: Summary;
  readonly rows: readonly SimulatedRow[];
  /** No difference is outside its interval; null: there are too few rounds for intervals. */
  readonly agrees: boolean | null;
}

export interface SimulatedRow {
  /** `share of w1`, `max/mean`. */
  readonly what: string;
  readonly measured: Estimate;
  readonly simulated: Estimate;
  readonly difference: number;
  /** Half the width of the interval of the difference, all rows of all contenders together at `confidence`. */
  readonly halfWidth: number | null;
  readonly agrees: boolean | null;
}
