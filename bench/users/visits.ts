/**
 * What came of requests, counted: by the simulator's recorder, so that a real round and a simulated one are told in the same
 * words, and by the measurements that only a real one has. Those of the warm-up are made and not counted.
 */
import { epochAndKindAt, epochMask, recordWords } from '../../src/sim/client-records.js';
import { record, type Histogram } from '../../src/sim/histogram.js';
import type { Recorder } from '../../src/sim/recorder.js';
import type { Scenario } from '../../src/sim/scenario.js';
import type { Connection, ConnectFailure } from './connection.js';
import type { FailureReason, Measurements } from './measurements.js';
import type { ScenarioClock } from './scenario-clock.js';

/** One request of one client. */
export interface Visit {
  readonly client: number;
  /** When it was due, in scenario time. */
  readonly atS: number;
  /** In the measured time? */
  readonly counts: boolean;
  /** Addresses that are still to be tried after the present one. */
  left: number;
  /** A worker had it: what fails from here on was under way. */
  begun: boolean;
  /** It was sent once more, because a connection that had been idle turned out to be closed. */
  repeated: boolean;
}

export interface Visits {
  /** A request is due, and begins now. */
  make(client: number, atS: number): Visit;
  lookedUp(visit: Visit, tookS: number): void;
  connected(visit: Visit, tookS: number): void;
  attemptFailed(visit: Visit, worker: number, why: ConnectFailure, costS: number): void;
  /** A worker has it, thanks to an answer that this resolver gave. */
  begun(visit: Visit, worker: number, resolver: number): void;
  answered(visit: Visit, worker: number, connection: Connection): void;
  failed(visit: Visit, reason: FailureReason): void;
  /** Since the beginning, in the measured time or not. */
  readonly total: { readonly made: number; readonly failed: number };
}

export interface VisitOptions {
  readonly scenario: Scenario;
  readonly records: Int32Array;
  readonly recorder: Recorder;
  readonly measurements: Measurements;
  readonly time: ScenarioClock;
}

export function createVisits({ scenario, records, recorder, measurements, time }: VisitOptions): Visits {
  const endS = scenario.warmupS + scenario.durationS;
  const total = { made: 0, failed: 0 };
  // Callers know the clients.
  const epochOf = (client: number): number => (records[client * recordWords + epochAndKindAt] as number) & epochMask;

  return {
    total,
    make(client, atS) {
      total.made += 1;
      const counts = atS >= scenario.warmupS && atS < endS;
      if (counts) {
        record(measurements.lateness, Math.max(0, time.sinceS(atS)));
        measurements.lastBegunS = time.sinceS(scenario.warmupS);
      }
      return { client, atS, counts, left: 0, begun: false, repeated: false };
    },
    lookedUp: ({ counts }, tookS) => (counts ? record(measurements.lookup, tookS) : undefined),
    connected({ counts }, tookS) {
      if (!counts) return;
      measurements.connectionsOpened += 1;
      record(measurements.connect, tookS);
    },
    attemptFailed({ counts }, worker, why, costS) {
      if (!counts) return;
      measurements.connectFailures[why] += 1;
      recorder.attemptFailed(worker, costS);
    },
    begun(visit, worker, resolver) {
      visit.begun = true;
      if (!visit.counts) return;
      recorder.request(worker, visit.atS, epochOf(visit.client));
      measurements.requestsOf[resolver] = (measurements.requestsOf[resolver] as number) + 1; // one each
    },
    answered({ client, atS, counts }, worker, connection) {
      if (!counts) return;
      const tookS = Math.max(0, time.sinceS(atS));
      record(measurements.responseOf[worker] as Histogram, tookS); // one a worker
      recorder.departure(client, atS, atS + tookS, 0);
      measurements.bodyBytes += connection.reader.bodyBytes();
    },
    failed({ client, atS, counts, begun }, reason) {
      total.failed += 1;
      if (!counts) return;
      measurements.failures[reason] += 1;
      if (begun) recorder.lost(atS);
      else recorder.failed(atS, epochOf(client));
    },
  };
}
