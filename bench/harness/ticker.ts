/**
 * Ticks finer than a timer of Node, whose smallest step is a millisecond: a thread that sleeps for parts of one, and wakes this one.
 * Each costs some 50 µs of CPU on both sides together.
 */
import { Worker } from 'node:worker_threads';

export interface Ticker {
  stop(): Promise<unknown>;
}

/** As text, so that it runs from sources and from builds alike. Ticks that are missed are not made up for. */
const program = `
const { parentPort, workerData: { stopped, everyMs } } = require('node:worker_threads');
for (let next = performance.now(); Atomics.load(stopped, 0) === 0; ) {
  next = Math.max(next + everyMs, performance.now());
  Atomics.wait(stopped, 0, 0, next - performance.now());
  parentPort.postMessage(0);
}`;

export function startTicker(everyMs: number, onTick: () => void): Ticker {
  const stopped = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const thread = new Worker(program, { eval: true, workerData: { stopped, everyMs } });
  thread.on('message', onTick);
  return {
    stop() {
      Atomics.store(stopped, 0, 1);
      Atomics.notify(stopped, 0);
      return thread.terminate();
    },
  };
}
