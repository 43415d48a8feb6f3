import { defineConfig } from 'vitest/config';

// Whole tiers, benchmarks and programs: they share the default ports, measure, or wait for each other in real time.
const alone = ['test/e2e/**/*.test.ts', 'test/bench/**/*.test.ts', 'test/cli/**/*.test.ts'];

// What needs only Node: pure files, real sockets on loopback, and the tier as child processes.
export default defineConfig({
  test: {
    pool: 'forks',
    // Real sockets and processes on a shared machine: on CI what fails once is run once more and shown as retried, so that
    // one lost race in thousands of tests does not stop a release; what fails twice is broken. At a desk nothing is retried.
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: [...alone, 'test/system/**', 'node_modules/**'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
