// One worker's life with a store on disk, from the build: node kill-worker.mjs ORIGIN DIRECTORY. It says its port when it serves.
import { systemClock } from '../../dist/src/clock.js';
import { silentLog } from '../../dist/src/log.js';
import { createRandom } from '../../dist/src/random.js';
import { createRotation } from '../../dist/src/pool/rotations.js';
import { engines } from '../../dist/src/proxy/engines/engines.js';
import { newDiskStore } from '../../dist/src/proxy/cache/disk/disk-store.js';
import { createWorker } from '../../dist/src/proxy/worker.js';

const [origin, directory, settings] = process.argv.slice(2);
const random = createRandom(1);
const worker = createWorker({
  ...JSON.parse(settings),
  origins: [{ name: 'o1', url: origin, weight: 1 }],
  newRotation: () => createRotation('fixed', { tail: 'cyclic', random }),
  newDiskStore,
  accessLogger: silentLog,
  log: silentLog,
  clock: systemClock,
  random,
  createEngine: engines.native,
});
await worker.start();
await worker.warm();
process.stdout.write(`${worker.address().port} ${worker.cache.disk.entries} ${directory}\n`);
