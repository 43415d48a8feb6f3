/**
 * A study: all repetitions of all points, spread over worker threads.
 *
 * Which thread runs what decides nothing: seeds come from the repetition's number, and runs are handed on in the order of
 * points and repetitions. So the digits are the same for any number of threads. A point's runs are handed on as soon as they
 * are complete and then let go of, because those of a thousand points would fill the memory.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock.js';
import { ServiceError } from '../service.js';
import type { Run } from '../sim/run.js';
import type { Scenario } from '../sim/scenario.js';
import { stopSlot, wholeProgress, type FromThread, type RunMessage, type ThreadData } from './protocol.js';
import { createLedger } from './ledger.js';
import { seedOf } from './seeds.js';

export interface StudyOptions {
  readonly seed: number;
  /** At most so many threads. */
  readonly threads: number;
  readonly clock: Clock;
  /** Called in order of points; a point of which nothing was measured, because of a stop, is left out. */
  readonly onPoint: (point: number, runs: readonly Run[], wallSeconds: number) => void;
  /** What a person should know and need not mend. Each text once. */
  readonly onWarning: (text: string) => void;
}

export interface Study {
  /** Settles when all threads are gone. @throws ServiceError for what a person can mend */
  readonly finished: Promise<void>;
  /** Repetitions in all. */
  readonly repetitions: number;
  /** Repetitions done, with the parts done of those under way. */
  progress(): number;
  /** What is under way ends at its next interval, what has not begun does not begin. A thread that does not heed it is ended. */
  stop(): void;
}

interface Job {
  readonly point: number;
  readonly scenario: Scenario;
  readonly repetition: number;
}

/** An interval of the largest world takes a second or two; who has not stopped by then never will (a module that loads for ever). */
const stopMsMax = 15_000;

const program = new URL('./thread.js', import.meta.url);

export function startStudy(points: readonly Scenario[], options: StudyOptions): Study {
  const jobs = points.flatMap(jobsOf);
  const threads = Math.min(options.threads, jobs.length);
  const cells = new Int32Array(new SharedArrayBuffer(4 * (threads + 1)));
  const ledger = createLedger(points.map(({ repetitions }) => repetitions), options.clock, options.onPoint);
  const warnings = new Set<string>();
  const warn = (text: string): void => {
    if (!warnings.has(text)) options.onWarning(text);
    warnings.add(text);
  };
  let next = 0;
  let done = 0;
  const take = (): Job | undefined => (Atomics.load(cells, stopSlot) === 1 ? undefined : jobs[next++]);

  async function serve(thread: Thread): Promise<void> {
    for (let job = take(); job !== undefined; job = take()) {
      const { point, scenario, repetition } = job;
      ledger.begun(point);
      const run = await thread.run({ scenario, seed: seedOf(options.seed, repetition) });
      thread.idle();
      done += 1;
      ledger.enter(point, repetition, run);
    }
  }

  let patience: Timer | undefined;
  const crew = Array.from({ length: threads }, (_, index) => startThread(cells, index + 1, warn));
  return {
    finished: Promise.all(crew.map(serve))
      .then(() => ledger.close())
      .finally(() => {
        patience?.cancel();
        return Promise.all(crew.map((thread) => thread.end()));
      }),
    repetitions: jobs.length,
    progress: () => done + cells.subarray(1).reduce((sum, part) => sum + part, 0) / wholeProgress,
    stop() {
      Atomics.store(cells, stopSlot, 1);
      patience ??= options.clock.after(stopMsMax, () => crew.forEach((thread) => void thread.end()));
    },
  };
}

function jobsOf(scenario: Scenario, point: number): Job[] {
  return Array.from({ length: scenario.repetitions }, (_, repetition) => ({ point, scenario, repetition }));
}

interface Thread {
  run(message: RunMessage): Promise<Run>;
  /** Its progress counts no more. */
  idle(): void;
  end(): Promise<unknown>;
}

function startThread(cells: Int32Array<SharedArrayBuffer>, slot: number, onWarning: (text: string) => void): Thread {
  const workerData: ThreadData = { shared: cells.buffer, slot };
  const worker = new Worker(program, { workerData });
  let settle: { resolve(run: Run): void; reject(error: Error): void } | undefined;
  worker.on('message', (message: FromThread) => {
    if (message.kind === 'done') settle?.resolve(message.run);
    else if (message.kind === 'warning') onWarning(message.text);
    else settle?.reject(message.expected ? new ServiceError(message.text) : unexpected(message.text));
  });
  worker.on('error', (error: unknown) => settle?.reject(ofThread(error)));
  worker.on('exit', (code) => settle?.reject(new ServiceError(`simulate: a thread ended before its repetition was done (exit code ${code})`))); // a module called process.exit
  return {
    run: (message) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        worker.postMessage(message);
      }),
    idle: () => void Atomics.store(cells, slot, 0),
    end: () => worker.terminate(),
  };
}

/** A bug of ours: the stack of the thread is what helps. */
function unexpected(stack: string): Error {
  const error = new Error(stack.split('\n', 1)[0]);
  error.stack = stack;
  return error;
}

function ofThread(error: unknown): Error {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new ServiceError('simulate: a thread ran out of memory; take fewer threads (--threads), clients or intervals');
  }
  return error instanceof Error ? error : new Error(String(error));
}
