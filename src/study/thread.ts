/**
 * The program of a worker thread: one repetition after the other, as the study hands them out.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { inlineMore } from './inlining.js';
import { stopSlot, wholeProgress, type FromThread, type RunMessage, type ThreadData } from './protocol.js';
import { repetition } from './repetition.js';

inlineMore();

const { shared, slot } = workerData as ThreadData; // the study is the only one who starts this
const cells = new Int32Array(shared);

const say = (message: FromThread): void => parentPort?.postMessage(message);

async function run({ scenario, seed }: RunMessage): Promise<void> {
  const done = await repetition(scenario, {
    seed,
    onProgress: (part) => void Atomics.store(cells, slot, Math.round(part * wholeProgress)),
    shouldStop: () => Atomics.load(cells, stopSlot) === 1,
    onWarning: (text) => say({ kind: 'warning', text }),
  });
  say({ kind: 'done', run: done });
}

parentPort?.on('message', (message: RunMessage) => {
  run(message).catch((error: unknown) => {
    const expected = error instanceof Error && error.name === 'ServiceError';
    const text = error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error);
    say({ kind: 'failed', expected, text });
  });
});
