/**
 * One request of a simulated client: it connects, brings its work to the worker, and is counted.
 *
 * What connecting costs is added to the response; the request stands in the worker's queue as of its first attempt.
 */
import { epochAndKindAt, epochMask, nobody, recordWords } from './client-records.js';
import type { Connecting } from './connecting.js';
import type { Recorder } from './recorder.js';
import type { Workers } from './worker-layer.js';

export interface RequestOptions {
  readonly records: Int32Array;
  readonly connecting: Connecting;
  readonly workers: Workers;
  readonly recorder: Recorder;
  /** Draws the hits of one request. */
  readonly work: () => number;
}

/** @returns what makes a request, as `ClientOptions.request` asks. */
export function createRequests({ records, connecting, workers, recorder, work }: RequestOptions) {
  return (client: number, atS: number, newSession: boolean): number => {
    const worker = connecting.connect(client, atS, newSession);
    const extraS = connecting.extraS();
    const epoch = (records[client * recordWords + epochAndKindAt] as number) & epochMask; // callers know the clients
    if (worker === nobody) {
      recorder.failed(atS, epoch);
      return atS + extraS;
    }
    recorder.request(worker, atS, epoch);
    return workers.take(worker, client, atS, work(), extraS) + extraS;
  };
}
