/**
 * Runs the suite on the other Node versions that we promise, each taken from the registry's `node` package: nearly all of it on the newest,
 * and on the others what meets Node itself: sockets, processes, files, clocks.
 * `npm run test:nodes` for all, `npm run test:nodes -- 24` for one.
 */
import { spawnSync } from 'node:child_process';

const asked = process.argv.slice(2);
const majors = asked.length > 0 ? asked : ['22', '24', '26'];
const newest = '26';
const vitest = 'node_modules/vitest/vitest.mjs';
// What these find by a minute of simulation follows on every version from digits that are the same: test/sim/digits.test.ts.
const simulations = ['known-answers', 'orderings', 'equality'].map((name) => `test/sim/${name}.test.ts`);
// Minutes of whole benchmarks, whose parts (a tier as child processes, users on real sockets, rounds) have tests that are not left out.
const benchmarks = ['bench-rotation', 'benchmark-page'].map((name) => `test/e2e/${name}.test.ts`);
// Half a minute and more of simulating, or of waiting for things to happen that happen on every version.
const patient = ['e2e/bad-days', 'e2e/simulator-page', 'cli/simulate', 'bench/harness/own-load'].map((name) => `test/${name}.test.ts`);
const settled = [...simulations, ...benchmarks, ...patient].flatMap((file) => ['--exclude', file]);
const rooms = ['control', 'dns', 'metrics', 'origin', 'pool', 'proxy'].map((room) => `test/${room}/`);
const meetsNode = [...rooms, 'test/sim/digits', 'test/e2e/tier', 'test/e2e/locations'];

for (const major of majors) {
  console.log(`\n== Node ${major}`);
  const program = ['--yes', '--package', `node@${major}`, '--', 'node'];
  for (const args of [['--version'], [vitest, 'run', ...(major === newest ? settled : meetsNode)]]) {
    const { status, error } = spawnSync('npx', [...program, ...args], { stdio: 'inherit' });
    if (error !== undefined || status !== 0) {
      console.error(`Node ${major}: \`node ${args.join(' ')}\` failed (${error?.message ?? `exit code ${status}`})`);
      process.exit(1);
    }
  }
}
